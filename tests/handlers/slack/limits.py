"""What Slack refuses in messages and views, and what our own rules forbid there.

The numbers are those of Slack's block reference; `10 % spare` is not asked of constants.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

BLOCKS_MESSAGE, BLOCKS_VIEW, TOTAL = 50, 100, 13_000
RICH = ("rich_text_section", "rich_text_quote", "rich_text_preformatted")
FORBIDDEN = ("<!channel>", "<!here>", "<!everyone>")
# Whom the fixtures name; none of it may stand in what we post unmasked.
SECRETS = ("+12025550", "2025550", "202-555-01", "202 555 01", "bob@example.org", "ann@example.com")


def faults_of(method: str, args: Mapping[str, Any]) -> list[str]:
    return [f"{method}: {fault}" for fault in _faults(method, args)]


def _faults(method: str, args: Mapping[str, Any]) -> Iterator[str]:
    if method in ("views.open", "views.update"):
        yield from _view(args["view"])
        return
    if method == "views.publish":
        yield from _home(args["view"])
        return
    if not method.startswith("chat.") or method == "chat.getPermalink":
        return
    whole = json.dumps(args, ensure_ascii=False)
    yield from (f"names {word}" for word in (*FORBIDDEN, *SECRETS) if word in whole)
    if not args.get("text"):
        yield "has no text"
    if method == "chat.postMessage" and (args.get("unfurl_links"), args.get("unfurl_media")) != (
        False,
        False,
    ):
        yield "unfolds links"
    if args.get("link_names") or args.get("parse"):
        yield "parses"
    yield from _blocks(args.get("blocks", []), BLOCKS_MESSAGE)


def _home(view: Mapping[str, Any]) -> Iterator[str]:
    whole = json.dumps(view, ensure_ascii=False)
    yield from (f"names {word}" for word in (*FORBIDDEN, *SECRETS) if word in whole)
    if view["type"] != "home":
        yield "a Home of another type"
    yield from _blocks(view["blocks"], BLOCKS_VIEW)


def _view(view: Mapping[str, Any]) -> Iterator[str]:
    if len(view["title"]["text"]) > 24 or len(view.get("submit", view["title"])["text"]) > 24:
        yield "a title is over 24 characters"
    if len(view.get("private_metadata", "")) > 3000:
        yield "private_metadata is over 3000 characters"
    if any(word in view.get("private_metadata", "") for word in SECRETS):
        yield "private_metadata holds an address"
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    if inputs and "submit" not in view:
        yield "inputs without a submit"
    for block in inputs:
        yield from _input(block)
    yield from _blocks(view["blocks"], BLOCKS_VIEW)


def _input(block: Mapping[str, Any]) -> Iterator[str]:
    element = block["element"]
    if len(block["label"]["text"]) > 2000:
        yield "a label is over 2000 characters"
    options = element.get("options", [])
    if element["type"] == "radio_buttons" and not 1 <= len(options) <= 10:
        yield "radio buttons hold 1 to 10"
    for option in options:
        if len(option["text"]["text"]) > 75 or len(option["value"]) > 150:
            yield "an option is too long"
    if element["type"] in ("static_select", "checkboxes") and not 1 <= len(options) <= 100:
        yield "a choice is empty or over 100"
    if len(element.get("initial_value", "")) > element.get("max_length", 3000):
        yield "the initial value is longer than the field takes"
    if "initial_option" in element and element["initial_option"] not in options:
        yield "the initial option is none of the options"


def _blocks(blocks: list[dict[str, Any]], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"over {most} blocks"
    if len(json.dumps(blocks, ensure_ascii=False)) > TOTAL:
        yield f"over {TOTAL} characters"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id twice"
    for block in blocks:
        match block["type"]:
            case "header":
                if not 1 <= len(block["text"]["text"]) <= 150:
                    yield "a header is empty or over 150 characters"
            case "section":
                yield from _section(block)
            case "actions":
                yield from _actions(block["elements"])
            case "rich_text":
                yield from _rich(block["elements"])
            case "input":
                pass
            case other:
                yield f"a block of type {other}"


def _section(block: dict[str, Any]) -> Iterator[str]:
    if not 1 <= len(block["text"]["text"]) <= 3000:
        yield "a section is empty or over 3000 characters"
    if "accessory" in block:
        yield from _actions([block["accessory"]])


def _actions(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 25:
        yield "an actions block holds 1 to 25"
    ids = [element["action_id"] for element in elements]
    if len(ids) != len(set(ids)):
        yield "an action_id twice in a block"
    for element in elements:
        if element["type"] == "overflow":
            yield from _overflow(element["options"])
            continue
        if len(element["text"]["text"]) > 75 or len(element.get("value", "")) > 2000:
            yield "a button is too long"
        if len(element.get("accessibility_label", "")) > 75:
            yield "an accessibility_label is over 75 characters"
        if any(word in element.get("value", "") for word in SECRETS):
            yield "a button's value holds an address"
        confirm = element.get("confirm")
        if confirm and (
            len(confirm["title"]["text"]) > 100
            or len(confirm["text"]["text"]) > 300
            or len(confirm["confirm"]["text"]) > 30
            or len(confirm["deny"]["text"]) > 30
        ):
            yield "a confirmation is too long"


def _overflow(options: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(options) <= 5:
        yield "an overflow menu holds 1 to 5"
    for option in options:
        if len(option["text"]["text"]) > 75 or len(option["value"]) > 150:
            yield "an option is too long"
        if any(word in option["value"] for word in SECRETS):
            yield "an option's value holds an address"


def _rich(elements: list[dict[str, Any]]) -> Iterator[str]:
    for element in elements:
        if element["type"] not in RICH:
            yield f"rich text of type {element['type']}"
        for piece in element["elements"]:
            if piece["type"] == "text" and not piece["text"]:
                yield "an empty piece of rich text"
            if piece["type"] == "date" and not (piece["format"] and piece["fallback"]):
                yield "a date without a format or fallback"
