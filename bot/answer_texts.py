"""Reads and checks the texts of the answers: `bot/data/answers/<lang>.toml`, and an operator's own.

A text is found by a key such as `opted_out.sms`. What a rule demands of it (who speaks, what
stops, how to get help: FCC, CTIA 5.1.2 and the short code handbook) is checked when it is loaded,
so that no answer can go out without it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType

from bot.model import AnswerKind, Channel, Reason

Table = Mapping[str, str]

NO_CONTACT = "_no_contact"
SLOT = re.compile(r"\{([a-z_]+)\}")
REASON_MENU = (
    Reason.TOO_MANY,
    Reason.NOT_RELEVANT,
    Reason.NEVER_SIGNED_UP,
    Reason.NO_LONGER_CUSTOMER,
)
"""The reasons in the order of their numbers in our question."""

_SAYS = ("text", *(channel.value for channel in Channel))
_STOPPED = ("{who}", "{what}", "{contact}")
_STOPPABLE = ("{who}", "{contact}", "STOP")
_DEMANDED: Mapping[AnswerKind, tuple[str, ...]] = {
    AnswerKind.OPTED_OUT: _STOPPED,
    AnswerKind.OPTED_OUT_ALL: _STOPPED,
    AnswerKind.OPTED_OUT_SCOPE: _STOPPED,
    AnswerKind.WRONG_NUMBER: ("{who}", "{contact}"),
    AnswerKind.ERASURE: _STOPPED,
    AnswerKind.OPTED_IN: _STOPPABLE,
    AnswerKind.NOT_SUBSCRIBED: _STOPPABLE,
    AnswerKind.HELP: _STOPPABLE,
    AnswerKind.THANKS: ("{who}",),
    AnswerKind.CLARIFY: ("{who}", "STOP", "{start_word}"),
}
_PLACES = tuple(channel.value for channel in Channel)
_WORDS = {  # texts without slots
    "words": ("who", "everything"),
    "stopped": (*_PLACES, "all"),
    "started": _PLACES,
    "reasons": tuple(reason.value for reason in REASON_MENU),
}
_KINDS = {kind.value: kind for kind in AnswerKind}
_PARTS = {
    "still": ("{still}",),
    "rates": (),
    "scope": ("{choices}",),
    "reason": ("{choices}",),
}


class AnswerTextError(ValueError):
    """A text is missing or unfit; the message names its file and key."""


def tables(overrides: Mapping[str, Table], *, source: str) -> Mapping[str, Table]:
    """All texts by language and key, the operator's in place of ours, checked.

    `source` is what an error calls the operator's texts. A language of the operator's own must
    come complete.

    Raises:
        AnswerTextError: a key is unknown, a text is missing, or one lacks what it must say.
    """
    merged = dict(BUILT_IN)
    for lang, own in overrides.items():
        where = f"{source}: {lang}"
        for key in own:
            if not _demands(key):
                raise AnswerTextError(f"{where}: {key}: there is no such text")
        merged[lang] = _checked({**BUILT_IN.get(lang, {}), **own}, where)
    return MappingProxyType(merged)


def _checked(table: Table, where: str) -> Table:
    for key in _required(table):
        if key not in table:
            raise AnswerTextError(f"{where}: {key}: the text is missing")
    for key, text in table.items():
        fault = _fault(key, text)
        if fault:
            raise AnswerTextError(f"{where}: {key}: {fault}")
    return MappingProxyType(dict(table))


def _required(table: Table) -> Iterator[str]:
    yield from (f"{group}.{name}" for group, names in _WORDS.items() for name in names)
    yield from (f"parts.{name}" for name in _PARTS)
    for kind in AnswerKind:
        yield from (f"{kind}.{say}" for say in ("subject", "text", "sms"))
        for say in _SAYS:
            if "{contact}" in table.get(f"{kind}.{say}", ""):
                yield f"{kind}.{say}{NO_CONTACT}"


def _demands(key: str) -> tuple[tuple[str, ...], frozenset[str]] | None:
    """What a text must hold and which slots it may have; None for an unknown key."""
    group, _, name = key.partition(".")
    if group in _KINDS:
        return _demands_of_answer(_KINDS[group], name)
    name = name.removesuffix("_sms")
    if group == "parts" and name in _PARTS:
        return _PARTS[name], frozenset(one.strip("{}") for one in _PARTS[name])
    return ((), frozenset()) if name in _WORDS.get(group, ()) else None


def _demands_of_answer(
    kind: AnswerKind, name: str
) -> tuple[tuple[str, ...], frozenset[str]] | None:
    if name == "subject":
        return (), frozenset({"who"})
    if name.removesuffix(NO_CONTACT) not in _SAYS:
        return None
    demanded, allowed = _DEMANDED[kind], {"who", "what", "contact", "start_word"}
    if name.endswith(NO_CONTACT):
        demanded = tuple(one for one in demanded if one != "{contact}")
        allowed.discard("contact")
    if kind is AnswerKind.WRONG_NUMBER:  # nothing about whoever was meant
        allowed.discard("what")
    return demanded, frozenset(allowed)


def _fault(key: str, text: str) -> str:
    """What is wrong with a text, or nothing."""
    known = _demands(key)
    if known is None:
        return "there is no such text"
    demanded, allowed = known
    missing = [one for one in demanded if one not in text]
    if missing:
        return f"lacks {' and '.join(missing)}"
    unknown = set(SLOT.findall(text)) - allowed
    if unknown:
        return f"has the slot {{{min(unknown)}}}, which is never filled here"
    return _misspelt(text, one_line=key.endswith(".subject"))


def _misspelt(text: str, *, one_line: bool) -> str:
    if re.search(r"[{}]", SLOT.sub("", text)):
        return "has a brace that belongs to no slot"
    if not text or text != text.strip():
        return "is empty, or begins or ends with a space"
    if not (text if one_line else text.replace("\n", "")).isprintable():
        return "holds a control character"
    return ""


def _built_in() -> Mapping[str, Table]:
    found: dict[str, Table] = {}
    for file in files("bot").joinpath("data", "answers").iterdir():
        if file.name.endswith(".toml"):
            groups = tomllib.loads(file.read_text("utf-8"))
            flat = {
                f"{group}.{key}": str(text)
                for group, texts in groups.items()
                for key, text in texts.items()
            }
            found[file.name.removesuffix(".toml")] = _checked(flat, file.name)
    return MappingProxyType(dict(sorted(found.items())))


BUILT_IN = _built_in()
