"""The form behind `/optout`: one or more addresses, what is to stop, where and when it was heard.

`private_metadata` holds a random id alone: whoever submits twice records once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot import addresses
from bot.addresses import AddressError
from bot.model import CHANNEL_SCOPE, EVERYTHING, Address, Scope
from bot.policy import Policy
from handlers.slack.payload import Payload, at, text_at
from handlers.slack.rich import Block, plain
from handlers.slack.text import unescaped

CALLBACK = "heed_record_v1"
ADDRESSES, SCOPE, HEARD, WHEN, NOTE = "addresses", "scope", "heard", "when", "note"
CONFIRM, LANG = "confirm", "lang"
ADDRESSES_MAX, NOTE_MAX, MOST = 3000, 500, 20
PLACES = {
    "phone": "on the phone",
    "in_person": "in person",
    "letter": "in a letter",
    "chat": "in a chat",
    "other": "elsewhere",
}


class FormError(Exception):
    """`faults` are shown under the fields: block id to what is wrong, without repeating it."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("a field of the form is wrong")
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    form_id: str
    addresses: tuple[Address, ...] = field(repr=False)
    scope: Scope
    words: str = field(repr=False)
    heard_at: datetime
    confirm: bool
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What stands in the form when it opens."""

    when: datetime
    addresses: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    heard: str = "phone"


def form(form_id: str, policy: Policy, langs: Iterable[str], filled: Filled) -> Block:
    """The view to open. `langs` are those that a confirmation can be written in."""
    scopes = scope_options(policy)
    places = [_option(value, title.capitalize()) for value, title in PLACES.items()]
    heard = next(one for one in places if one["value"] == filled.heard)
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": form_id,
        "title": plain("Record an opt-out"),
        "submit": plain("Record"),
        "close": plain("Cancel"),
        "blocks": [
            _typed(
                ADDRESSES,
                "Phone number, mail address or @person",
                ADDRESSES_MAX,
                filled.addresses,
                hint="One on each line",
            ),
            _picked(SCOPE, "What is to stop", "radio_buttons", scopes, scopes[0]),
            _picked(HEARD, "Where it was heard", "static_select", places, heard),
            _input(
                WHEN,
                "When it was heard",
                {
                    "type": "datetimepicker",
                    "action_id": WHEN,
                    "initial_date_time": int(filled.when.timestamp()),
                },
                "The legal clocks start here",
            ),
            _typed(NOTE, "In their own words", NOTE_MAX, filled.note, optional=True),
            _picked(
                CONFIRM,
                "Answer",
                "checkboxes",
                [_option(CONFIRM, "Send the one confirmation, without any question")],
            ),
            _picked(
                LANG, "In which language", "static_select", [_option(one, one) for one in langs]
            ),
        ],
    }


def scope_options(policy: Policy) -> list[Block]:
    """What may stop, the usual first; radio buttons hold ten."""
    return [
        _option(str(CHANNEL_SCOPE), "This channel: all marketing"),
        _option(str(EVERYTHING), "Everything, on every channel of the person"),
        *(
            _option(f"topic:{topic.name}", f"Only: {topic.title}")
            for topic in list(policy.topics.values())[:8]
        ),
    ]


def submitted(body: Payload, *, region: str, team: str, now: datetime) -> Submitted:
    """What the form says.

    Raises:
        FormError: a field is wrong.
    """
    values = at(body, "view", "state", "values")
    faults: dict[str, str] = {}
    found = _addresses(text_at(values, ADDRESSES, ADDRESSES, "value"), region, team, faults)
    picked = at(values, WHEN, WHEN, "selected_date_time")
    heard_at = datetime.fromtimestamp(picked, UTC) if isinstance(picked, int) else now
    if heard_at > now.replace(second=59):  # the picker knows no seconds
        faults[WHEN] = "this lies in the future"
    place = text_at(values, HEARD, HEARD, "selected_option", "value")
    note = unescaped(text_at(values, NOTE, NOTE, "value")).strip()
    try:
        scope = Scope.parse(text_at(values, SCOPE, SCOPE, "selected_option", "value"))
    except ValueError:
        faults[SCOPE] = "choose what is to stop"
        scope = CHANNEL_SCOPE
    if faults:
        raise FormError(faults)
    heard = f"Heard {PLACES.get(place, PLACES['other'])}"
    return Submitted(
        form_id=text_at(body, "view", "private_metadata"),
        addresses=found,
        scope=scope,
        words=f"{heard}: {note}" if note else heard,
        heard_at=min(heard_at, now),
        confirm=text_at(values, CONFIRM, CONFIRM, "selected_options", 0, "value") == CONFIRM,
        lang=text_at(values, LANG, LANG, "selected_option", "value"),
    )


def receipt(lines: Sequence[str]) -> Block:
    """The view that takes the form's place. `lines` are mrkdwn, safe already."""
    return {
        "type": "modal",
        "title": plain("Recorded"),
        "close": plain("Close"),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": line, "verbatim": True}}
            for line in lines
        ],
    }


def _addresses(text: str, region: str, team: str, faults: dict[str, str]) -> tuple[Address, ...]:
    lines = [line for line in unescaped(text).splitlines() if line.strip()]
    found: dict[Address, None] = {}
    for number, line in enumerate(lines, 1):
        try:
            found[addresses.parse(line, region=region, team=team)] = None
        except AddressError as fault:
            faults[ADDRESSES] = f"line {number}: {fault}"
            return ()
    if not found:
        faults[ADDRESSES] = "there is no address"
    if len(found) > MOST:
        faults[ADDRESSES] = f"at most {MOST} at once; for more there is heed import"
    return tuple(found)


def _typed(
    block: str, label: str, most: int, filled: str, *, hint: str = "", optional: bool = False
) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": block,
        "multiline": True,
        "max_length": most,
    }
    if filled:
        element["initial_value"] = filled
    return _input(block, label, element, hint, optional=optional)


def _picked(
    block: str, label: str, kind: str, options: list[Block], first: Block | None = None
) -> Block:
    """A choice; optional where nothing is chosen beforehand."""
    element: Block = {"type": kind, "action_id": block, "options": options}
    if first is not None:
        element["initial_option"] = first
    return _input(block, label, element, optional=first is None)


def _input(
    block: str, label: str, element: Block, hint: str = "", *, optional: bool = False
) -> Block:
    made: Block = {
        "type": "input",
        "block_id": block,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }
    if hint:
        made["hint"] = plain(hint)
    return made


def _option(value: str, text: str) -> Block:
    return {"text": plain(text[:75]), "value": value}
