"""Every layout that Heed sends to Slack, made by the code itself: a desk at work, its calls kept.

A name is that of a picture in docs/pictures. What Slack would show around a layout (who posted it,
where) is not ours and is not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from bot.model import ReviewCause, Verdict
from handlers.slack import home, search
from handlers.slack.buttons import ACTIONS, MENU, TEACH, UNDO, More
from handlers.slack.cards import message
from handlers.slack.digest import digest
from tests.handlers.slack.office import GUEST, LEE, Office, fixture, office
from tests.handlers.slack.test_slack_rendering import card

POLICY = """
company = "Acme"
help_contact = "help@example.com"

[[topics]]
name = "surveys"
title = "Surveys"

[[topics]]
name = "newsletter"
title = "The newsletter"
"""
WORDS = "dunno if I still want these, ask me after the holidays"
Layout = Mapping[str, Any]
"""`blocks` of a message, or a `view`; a message without blocks has its `text`."""


def layouts(folder: Path) -> dict[str, Layout]:
    """By name, in the order in which docs/slack.md shows them."""
    with office(folder, policy=POLICY) as desk:
        return {**_cards(desk), **_windows(desk), **_homes(desk), **_said(desk)}


def _cards(desk: Office) -> dict[str, Layout]:
    found: dict[str, Layout] = {}
    desk.says(WORDS)
    desk.work()
    found["card"] = _last(desk, "chat.postMessage")
    _pick(desk, More.ASSIGN)
    desk.click(ACTIONS[Verdict.OPT_OUT], _value(desk))
    desk.work()
    found["card-decided"] = _last(desk, "chat.update")
    _click(desk, TEACH, "views.open")
    found["always-read-this-as"] = _filled(desk)
    desk.click(UNDO, _value(desk))
    desk.work()
    desk.bench.clock.forward(hours=13)
    desk.work()
    found["reminder"] = _last(desk, "chat.postMessage")
    blocked_already = card("delete everything you have", cause=ReviewCause.ERASURE, holds=None)
    found["card-follow-up"] = {"blocks": message(blocked_already).blocks}
    found["card-erased"] = {"blocks": message(card(None, address=None)).blocks}
    return found


def _windows(desk: Office) -> dict[str, Layout]:
    """Each window as it opens, and what takes its place when it was sent."""
    found: dict[str, Layout] = {}
    desk.command("", trigger_id="of the form")
    found["form"] = _opened(desk)
    answer = desk.submit("form", "+1 202 555 0123\nann@example.com").json
    assert answer is not None
    found["form-receipt"] = {"view": answer["view"]}
    found["choose-what-stops"] = _pick(desk, More.SCOPE, "views.open")
    found["the-address"] = _pick(desk, More.SHOW, "views.open")
    found["look-up"] = _click(desk, home.SEARCH, "views.open")
    found["look-up-result"] = {"view": _looked_up(desk)}
    found["settings"] = _click(desk, home.PERSONAL, "views.open")
    return found


def _homes(desk: Office) -> dict[str, Layout]:
    """Of the team, of everybody else, and of somebody who said stop."""
    found: dict[str, Layout] = {}
    for name, user in (("home-of-the-team", LEE), ("home-of-a-customer", GUEST)):
        payload = fixture("app-home-opened")
        payload["event"]["user"] = user
        payload["event_id"] = f"Ev{name}"
        desk.event(payload)
        desk.work()
        found[name] = {"view": _last(desk, "views.publish")["view"]}
    return found


def _said(desk: Office) -> dict[str, Layout]:
    """The digest, the answer to a command, and the confirmation in a direct message."""
    now = desk.bench.clock.now
    told = desk.parts.store.read(lambda session: digest(session, now, UTC))
    answer = desk.command("+1 202 555 0124 heard on the phone", trigger_id="of the command").json
    assert answer is not None
    desk.says("stop", ts="1795650000.000200", user="U0BEN", channel="D0BEN")
    desk.work()
    confirmed = _last(desk, "chat.postMessage")
    return {
        "digest": {"text": told},
        "command-answer": {"text": answer["text"]},
        "confirmation": {"text": confirmed["text"]},
    }


def _filled(desk: Office) -> Layout:
    """The window, once a worker has counted; it is told of the window behind the answer."""
    desk.until(lambda: bool(desk.slack.of("views.update")))
    return {"view": _last(desk, "views.update")["view"]}


def _value(desk: Office) -> str:
    return f"{desk.review().id}.{desk.review().version}"


def _last(desk: Office, method: str) -> Layout:
    return desk.slack.of(method)[-1]


def _opened(desk: Office) -> Layout:
    return {"view": desk.slack.wait_for("views.open")[-1]["view"]}


def _pick(desk: Office, entry: More, waits_for: str = "") -> Layout:
    option = {"value": f"{entry}.{_value(desk)}"}
    action = {"type": "overflow", "action_id": MENU, "selected_option": option}
    return _interact(desk, action, waits_for)


def _click(desk: Office, action_id: str, waits_for: str) -> Layout:
    action = {"type": "button", "action_id": action_id, "value": _value(desk)}
    return _interact(desk, action, waits_for)


def _interact(desk: Office, action: Mapping[str, Any], waits_for: str) -> Layout:
    """The window that it opened, where it opens one."""
    before = len(desk.slack.of(waits_for))
    payload = fixture("block-actions")
    payload["trigger_id"] = f"of {action['action_id']} {action.get('selected_option')}"
    payload["container"]["message_ts"] = desk.card_ts()
    payload["actions"] = [{"block_id": "b", "action_ts": "1795608000.839481", **action}]
    desk.interaction(payload)
    if not waits_for:
        return {}
    return {"view": desk.slack.wait_for(waits_for, before + 1)[-1]["view"]}


def _looked_up(desk: Office) -> Mapping[str, Any]:
    payload = fixture("view-submission")
    payload["view"]["callback_id"] = search.CALLBACK
    values = {search.ADDRESS: {search.ADDRESS: {"value": "+1 202 555 0123"}}}
    payload["view"]["state"]["values"] = values
    answer = desk.interaction(payload).json
    assert answer is not None
    view: Mapping[str, Any] = answer["view"]
    return view
