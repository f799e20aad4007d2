"""The form from anywhere and from a message, its answer, and what one person may record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.model import Address, Channel
from tests.handlers.slack.fake import Scripted
from tests.handlers.slack.office import KIM, PHONE, POLICY, Office, fixture, office

MAIL = Address(channel=Channel.EMAIL, value="ann@example.com")
SENDER = """
[[programs]]
name = "acme"
title = "Acme"

[[senders]]
id = "+12025550199"
channel = "sms"
program = "acme"
provider = "slack"
"""


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Office]:
    """Two recordings in an hour are enough here."""
    with office(tmp_path, HEED_SLACK_RECORDINGS_AN_HOUR="2") as joined:
        yield joined


def form(desk: Office) -> dict[str, Any]:
    """The elements of the form that opened, by block."""
    (opened,) = desk.slack.wait_for("views.open")
    return {one["block_id"]: one["element"] for one in opened["view"]["blocks"]}


def test_the_global_shortcut_opens_an_empty_form(desk: Office) -> None:
    assert desk.interaction(fixture("shortcut")).status_code == 200
    assert "initial_value" not in form(desk)["addresses"]
    assert form(desk)["heard"]["initial_option"]["value"] == "phone"


def test_from_a_message_the_form_holds_what_it_names(desk: Office) -> None:
    assert desk.interaction(fixture("message-action")).status_code == 200
    filled = form(desk)
    assert filled["addresses"]["initial_value"] == "ann@example.com\n+12025550123"
    assert filled["note"]["initial_value"].endswith("no more texts & mails")
    assert filled["when"]["initial_date_time"] == 1795604400
    assert filled["heard"]["initial_option"]["value"] == "chat"
    assert desk.bench.kinds(MAIL) == []


def test_a_message_that_names_nobody_is_its_writers(desk: Office) -> None:
    payload = fixture("message-action")
    payload["message"] |= {"text": "stop messaging me", "user_team": "T0AWAY"}
    desk.interaction(payload)
    assert form(desk)["addresses"]["initial_value"] == "slack:T0AWAY/U0BOB"


@pytest.mark.parametrize("text", ["", "x" * 5_000, "\u202e\u0000" * 40, "\n" * 400 + "hi"])
def test_any_message_opens_a_valid_form(desk: Office, text: str) -> None:
    payload = fixture("message-action")
    payload["message"]["text"] = text
    assert desk.interaction(payload).status_code == 200
    assert len(form(desk)["note"].get("initial_value", "")) <= 500


def test_a_form_that_does_not_open_does_no_harm(desk: Office) -> None:
    desk.slack.script("views.open", Scripted(status=500, body=None))
    assert desk.interaction(fixture("message-action")).status_code == 200


def test_the_confirmation_goes_out_in_the_language_that_was_chosen(tmp_path: Path) -> None:
    with office(tmp_path, policy=POLICY + SENDER) as desk:
        answer = desk.submit(
            "f1",
            "+1 202 555 0123",
            confirm={"selected_options": [{"value": "confirm"}]},
            lang={"selected_option": {"value": "de"}},
            when={"selected_date_time": int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp())},
        )
        assert "one confirmation" in str(answer.json)
        (item,) = [one for one in desk.bench.outbox(PHONE) if one.confirmation]
        assert item.payload["lang"] == "de"


def test_where_nobody_can_write_to_them_the_form_says_so_and_records_nothing(desk: Office) -> None:
    answer = desk.submit(
        "f1", "+1 202 555 0123", confirm={"selected_options": [{"value": "confirm"}]}
    )
    assert "no sender of yours" in str((answer.json or {})["errors"]["confirm"])
    assert desk.bench.kinds(PHONE) == []


def test_a_look_up_is_recorded_with_whoever_looked(desk: Office) -> None:
    desk.command("+1 202 555 0123 rang")
    told = desk.command("lookup +1 202 555 0123", user_id=KIM).json
    assert "looked up" not in str(told)
    looked = desk.bench.history(PHONE)[-1]
    assert str(looked.kind) == "looked_up"
    assert looked.facts["actor"] == "slack:T0HOME/U0KIM"


def test_looking_at_somebody_unknown_keeps_nothing_of_them(desk: Office) -> None:
    assert "Nothing was ever heard" in str(desk.command("lookup +1 202 555 0123").json)
    assert desk.bench.kinds(PHONE) == []


def test_beyond_the_cap_nothing_is_recorded_and_the_channel_is_told_once(few: Office) -> None:
    for number in range(5):
        few.command(f"+1 202 555 010{number} rang", trigger_id=f"t{number}")
    refused = few.command("+1 202 555 0123 rang", trigger_id="t9").json
    assert "the most one person may" in str(refused)
    assert few.bench.kinds(PHONE) == []
    few.work()
    (alert,) = few.slack.of("chat.postMessage")
    assert alert["channel"] == "C0REVIEW"
    assert "<@U0LEE> has reached the cap of 2" in alert["text"]


def test_the_cap_is_each_persons_own_and_ends_with_the_hour(few: Office) -> None:
    for number in range(3):
        few.command(f"+1 202 555 010{number} rang", trigger_id=f"t{number}")
    assert "Recorded" in str(few.command("+1 202 555 0123 rang", user_id=KIM, trigger_id="k").json)
    few.bench.clock.forward(minutes=61)
    assert "Recorded" in str(few.command("+1 202 555 0105 rang", trigger_id="t7").json)


def test_a_form_of_many_counts_as_many(few: Office) -> None:
    answer = few.submit("f1", "+1 202 555 0123\n+1 202 555 0124\n+1 202 555 0125")
    assert "the most one person may" in str((answer.json or {})["errors"])
    assert few.bench.kinds(PHONE) == []


def test_the_cap_never_touches_what_a_customer_says(few: Office) -> None:
    for number in range(4):
        assert few.says("stop", ts=f"179560799{number}.000100").status_code == 200
