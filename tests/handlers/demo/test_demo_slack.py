"""The page's Slack goes through Heed's own Slack door, and nothing of it reaches Slack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from handlers.demo.slack_api import PATH as SLACK_API
from handlers.parts import Parts
from handlers.settings import load_settings
from handlers.slack.settings import slack_settings
from handlers.worker import Worker
from tests.handlers.demo.conftest import Site, demo_environment

BRITISH = "+447700900123"


def said(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json or {}
    return body


def marketing(person: dict[str, Any]) -> dict[str, Any]:
    ruling: dict[str, Any] = person["standing"]["rulings"][0]
    return ruling


def unclear(live: Site, number: str = BRITISH) -> dict[str, Any]:
    """Somebody said something that may be a stop: the card of it."""
    said(live.post("/demo/sms", {"number": number, "text": "cancel my subscription please"}))
    (card,) = said(live.get("/demo/slack"))["cards"]
    assert isinstance(card, dict)
    return card


def buttons(card: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {
        one["text"]["text"]: {
            "review": card["id"],
            "ts": card["ts"],
            "block_id": block["block_id"],
            "action_id": one["action_id"],
            "value": one["value"],
        }
        for block in card["blocks"]
        if block["type"] == "actions"
        for one in block["elements"]
        if one["type"] == "button"
    }


def test_a_customer_who_tells_the_bot_to_stop_is_answered_there(live: Site, worker: Worker) -> None:
    body = said(live.post("/demo/slack/message", {"text": "stop"}))
    assert body["delivery"]["path"] == "POST /slack/events"
    assert [turn["who"] for turn in body["person"]["talk"]] == ["person", "heed"]
    assert marketing(body["person"])["allowed"] is False
    worker.step()
    again = said(live.get("/demo/slack"))["person"]["talk"]
    assert [turn["text"] for turn in again] == [turn["text"] for turn in body["person"]["talk"]]
    assert said(live.get("/demo/outgoing"))["messages"][0]["state"] == "kept here"


def test_what_was_heard_on_the_phone_blocks_the_number(live: Site) -> None:
    line = "/optout +1 202 555 0123 heard on the phone"
    body = said(live.post("/demo/slack/command", {"text": line}))
    assert body["answer"]["text"].startswith("Recorded")
    person = said(live.get("/demo/sms?number=%2B12025550123"))
    assert marketing(person)["allowed"] is False
    assert person["ledger"][0]["by"].startswith("slack:")
    assert person["talk"] == []


def test_another_command_is_not_ours(live: Site) -> None:
    assert live.post("/demo/slack/command", {"text": "/remind me"}).status_code == 502


def test_an_unclear_text_waits_as_a_card_with_four_buttons(live: Site) -> None:
    card = unclear(live)
    assert list(buttons(card)) == [
        "Opt out",
        "Not an opt-out",
        "Ask the customer",
        "Wrong number",
    ]
    person = said(live.get("/demo/sms?number=%2B447700900123"))
    assert marketing(person) == {
        "key": "marketing",
        "title": "Marketing",
        "allowed": False,
        "hold": "held",
    }


def test_a_number_in_the_us_cannot_be_asked(live: Site) -> None:
    assert "Ask the customer" not in buttons(unclear(live, "+12025550123"))


@pytest.mark.parametrize(
    ("label", "allowed", "shown"),
    [
        ("Opt out", False, "opted out"),
        ("Wrong number", False, "wrong number, blocked"),
        ("Not an opt-out", True, "not an opt-out"),
    ],
)
def test_each_button_decides(live: Site, label: str, allowed: bool, shown: str) -> None:  # noqa: FBT001 - a table's column
    body = said(live.post("/demo/slack/click", buttons(unclear(live))[label]))
    assert marketing(body["person"])["allowed"] is allowed
    (card,) = body["cards"]
    assert card["open"] is False
    assert shown in str(card["blocks"])
    assert said(live.get("/demo/slack"))["cards"] == []


def test_asking_the_customer_goes_to_the_phone_and_keeps_the_hold(live: Site) -> None:
    body = said(live.post("/demo/slack/click", buttons(unclear(live))["Ask the customer"]))
    assert marketing(body["person"])["hold"] == "held"
    assert body["person"]["talk"][-1]["who"] == "heed"
    (card,) = body["cards"]
    assert card["open"] is True
    assert "Ask the customer" not in buttons(card)


def test_a_second_click_changes_nothing(live: Site) -> None:
    card = unclear(live)
    said(live.post("/demo/slack/click", buttons(card)["Opt out"]))
    body = said(live.post("/demo/slack/click", buttons(card)["Not an opt-out"]))
    assert marketing(body["person"])["allowed"] is False


def test_the_stand_in_for_slack_answers_only_our_own_server(site: Site, parts: Parts) -> None:
    asked = {"user": "U0SUPPORT", "text": "hello"}
    path = f"{SLACK_API}/chat.postEphemeral"
    for headers in ({}, {"Authorization": "Bearer xoxb-guessed"}, {"Authorization": "é"}):
        answer = site.client.post(path, base_url=site.origin, data=asked, headers=headers)
        assert answer.json == {"ok": False, "error": "invalid_auth"}
    assert parts.slack is not None
    own = {"Authorization": f"Bearer {parts.slack.bot_token}"}
    answer = site.client.post(path, base_url=site.origin, data=asked, headers=own)
    assert answer.json is not None
    assert answer.json["ok"] is True
    elsewhere = site.client.post(path, base_url="http://evil.example.com", data=asked, headers=own)
    assert elsewhere.status_code == 403


def test_the_demo_never_calls_slack_itself(tmp_path: Path) -> None:
    environment = demo_environment(tmp_path)
    del environment["HEED_SLACK_API_URL"]
    settings = load_settings(environment)
    slack = slack_settings(settings)
    assert slack is not None
    assert slack.api_url == f"{settings.http_url}{SLACK_API}"
