"""Slack's block reference as far as an app like ours may use it, for the fake to refuse by.

docs.slack.dev/reference/block-kit: blocks, block elements, composition objects; and
docs.slack.dev/reference/views. Fields and types that are not here are refused: whoever uses a new
one looks its limits up first.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.handlers.slack.shapes import Shape, fields, flag, items, number, one_of, string, typed

IN_A_MESSAGE, IN_A_VIEW = 50, 100
TOTAL = 13_000
"""Characters of all blocks of a message: `msg_blocks_too_long` (slackapi/bolt-js#2509)."""


def plain(most: int) -> Shape:
    return typed({"plain_text": fields({"text": string(most)}, {"emoji": flag})})


def text(most: int) -> Shape:
    mrkdwn = fields({"text": string(most)}, {"verbatim": flag})
    return typed({"mrkdwn": mrkdwn, "plain_text": fields({"text": string(most)}, {"emoji": flag})})


IDENTIFIER = string(255)
URL = string(3000)
CONFIRM = fields(
    {"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = fields({"text": text(75), "value": string(150)}, {"description": text(75), "url": URL})
CHOSEN = items(OPTION, 1, 100)
ACTION = {"action_id": IDENTIFIER}
LATER = {"confirm": CONFIRM, "focus_on_load": flag}
HINTED = {"placeholder": plain(150), **LATER}
FILTER = fields(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
)

BUTTON = fields(
    {"text": plain(75), **ACTION},
    {
        "value": string(2000),
        "url": URL,
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
CHOICES: Mapping[str, Shape] = {
    "static_select": fields({"options": CHOSEN, **ACTION}, {"initial_option": OPTION, **HINTED}),
    "radio_buttons": fields(
        {"options": items(OPTION, 1, 10), **ACTION}, {"initial_option": OPTION, **LATER}
    ),
    "checkboxes": fields(
        {"options": items(OPTION, 1, 10), **ACTION},
        {"initial_options": items(OPTION, 1, 10), **LATER},
    ),
    "users_select": fields(ACTION, {"initial_user": IDENTIFIER, **HINTED}),
    "conversations_select": fields(
        ACTION,
        {
            "initial_conversation": IDENTIFIER,
            "default_to_current_conversation": flag,
            "filter": FILTER,
            **HINTED,
        },
    ),
    "datepicker": fields(ACTION, {"initial_date": string(10, least=10), **HINTED}),
    "timepicker": fields(
        ACTION, {"initial_time": string(5, least=5), "timezone": IDENTIFIER, **HINTED}
    ),
    "datetimepicker": fields(ACTION, {"initial_date_time": number(10**9), **LATER}),
}
ELEMENTS: Mapping[str, Shape] = {
    **CHOICES,
    "button": BUTTON,
    "overflow": fields({"options": items(OPTION, 1, 5), **ACTION}, {"confirm": CONFIRM}),
}
INPUTS: Mapping[str, Shape] = {
    **CHOICES,
    "plain_text_input": fields(
        ACTION,
        {
            "initial_value": string(3000, least=0),
            "multiline": flag,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
            "placeholder": plain(150),
            "focus_on_load": flag,
        },
    ),
}
IMAGE = {"image_url": URL, "alt_text": string(2000)}

STYLE = fields({}, {"bold": flag, "italic": flag, "strike": flag, "code": flag})
STYLED = {"style": STYLE}
PIECES: Mapping[str, Shape] = {
    "text": fields({"text": string(TOTAL)}, STYLED),
    "link": fields({"url": URL}, {"text": string(TOTAL), "unsafe": flag, **STYLED}),
    "user": fields({"user_id": IDENTIFIER}, STYLED),
    "channel": fields({"channel_id": IDENTIFIER}, STYLED),
    "emoji": fields({"name": IDENTIFIER}, STYLED),
    "date": fields(
        {"timestamp": number(), "format": string(300), "fallback": string(300)}, {"url": URL}
    ),
}
RUN = fields({"elements": items(typed(PIECES), 1, 1000)}, {"border": number(0, 1)})
LINES = typed({"rich_text_section": RUN})
RICH: Mapping[str, Shape] = {
    "rich_text_section": RUN,
    "rich_text_quote": RUN,
    "rich_text_preformatted": RUN,
    "rich_text_list": fields(
        {"style": one_of("bullet", "ordered"), "elements": items(LINES, 1, 1000)},
        {"indent": number(0, 8), "offset": number(), "border": number(0, 1)},
    ),
}

ID = {"block_id": IDENTIFIER}
BLOCKS: Mapping[str, Shape] = {
    "header": fields({"text": plain(150)}, ID),
    "divider": fields({}, ID),
    "section": fields(
        {},
        {
            "text": text(3000),
            "fields": items(text(2000), 1, 10),
            "accessory": typed({**ELEMENTS, "image": fields(IMAGE)}),
            "expand": flag,
            **ID,
        },
    ),
    "context": fields(
        {
            "elements": items(
                typed(
                    {
                        "image": fields(IMAGE),
                        "mrkdwn": fields({"text": string(3000)}, {"verbatim": flag}),
                        "plain_text": fields({"text": string(3000)}, {"emoji": flag}),
                    }
                ),
                1,
                10,
            )
        },
        ID,
    ),
    "actions": fields({"elements": items(typed(ELEMENTS), 1, 25)}, ID),
    "image": fields(IMAGE, {"title": plain(2000), **ID}),
    "rich_text": fields({"elements": items(typed(RICH), 1, 1000)}, ID),
    "input": fields(
        {"label": plain(2000), "element": typed(INPUTS)},
        {"hint": plain(2000), "optional": flag, "dispatch_action": flag, **ID},
    ),
}

ANY_BLOCKS: Shape = lambda found, where: iter(())  # noqa: E731 - looked at one by one below
VIEW: Mapping[str, Shape] = {
    "modal": fields(
        {"title": plain(24), "blocks": ANY_BLOCKS},
        {
            "submit": plain(24),
            "close": plain(24),
            "private_metadata": string(3000, least=0),
            "callback_id": string(255, least=0),
            "external_id": string(255),
            "clear_on_close": flag,
            "notify_on_close": flag,
        },
    ),
    "home": fields(
        {"blocks": ANY_BLOCKS},
        {"private_metadata": string(3000, least=0), "callback_id": string(255, least=0)},
    ),
}


def view_faults(view: Any, *kinds: str) -> list[str]:
    """What Slack refuses in a view; `kinds` are those that the method takes."""
    return list(_view(view, kinds or tuple(VIEW)))


def message_faults(blocks: Any) -> list[str]:
    """What Slack refuses in the blocks of a message."""
    found = list(_blocks(blocks, "/blocks", IN_A_MESSAGE))
    if len(json.dumps(blocks, ensure_ascii=False)) > TOTAL:
        found.append(f"/blocks: over {TOTAL} characters")
    return found


def _view(view: Any, kinds: tuple[str, ...]) -> Iterator[str]:
    yield from typed({kind: VIEW[kind] for kind in kinds})(view, "/view")
    if not isinstance(view, dict):
        return
    blocks = view.get("blocks", [])
    yield from _blocks(blocks, "/view/blocks", IN_A_VIEW)
    asks = any(isinstance(one, dict) and one.get("type") == "input" for one in blocks)
    if asks and view.get("type") == "modal" and "submit" not in view:
        yield "/view: missing required field: submit"


def _blocks(blocks: Any, where: str, most: int) -> Iterator[str]:
    yield from items(typed(BLOCKS), 0, most)(blocks, where)
    given = (
        [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    )
    ids = Counter(block["block_id"] for block in given if "block_id" in block)
    yield from (f"{where}: block_id {name} already exists" for name in ids if ids[name] > 1)
    for place, block in enumerate(given):
        if block.get("type") == "section" and "text" not in block and "fields" not in block:
            yield f"{where}/{place}: missing required field: text or fields"
        yield from _elements(block, f"{where}/{place}")


def _elements(block: dict[str, Any], where: str) -> Iterator[str]:
    """What one element's fields say of each other."""
    inside = block.get("elements", []) if block.get("type") == "actions" else []
    elements = [*inside, block.get("element"), block.get("accessory")]
    given = [one for one in elements if isinstance(one, dict)]
    actions = Counter(str(one.get("action_id")) for one in given)
    yield from (
        f"{where}: action_id {name} already exists" for name in actions if actions[name] > 1
    )
    for one in given:
        options = one.get("options", [])
        chosen = [one["initial_option"]] if "initial_option" in one else []
        if any(first not in options for first in (*chosen, *one.get("initial_options", []))):
            yield f"{where}: an initial option is none of the options"
        values = [option.get("value") for option in options if isinstance(option, dict)]
        if len(values) != len(set(values)):
            yield f"{where}: two options of one value"
        length = len(one.get("initial_value", ""))
        if not one.get("min_length", 0) <= length <= one.get("max_length", 3000) and length:
            yield f"{where}: initial_value has another length than the field takes"
