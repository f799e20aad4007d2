"""Who somebody is: remembered, asked behind the answer, and never waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model import Verdict
from handlers.slack.buttons import ACTIONS, More
from handlers.slack.findings import slack_findings
from handlers.slack.people import ASK_AGAIN, GOOD_FOR
from handlers.slack.roster import ASKED_EVERY, Roster
from tests.handlers.slack.fake import Scripted
from tests.handlers.slack.office import (
    ANN_IN_SLACK,
    GUEST,
    KIM,
    LEE,
    PHONE,
    Answer,
    Office,
    fixture,
    office,
)

OPT_OUT, KEEP = ACTIONS[Verdict.OPT_OUT], ACTIONS[Verdict.NOT_OPT_OUT]
PROMPT_S = 1.5
"""Half of Slack's budget; whoever waits for a hanging call waits two seconds at least."""


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Office]:
    """Slack was asked about nobody yet, and nobody is named as a decider."""
    with office(tmp_path, met=False, HEED_SLACK_DECIDERS="") as desk:
        asked(desk)
        yield desk


def asked(desk: Office) -> None:
    """A message that may be a stop waits."""
    desk.event("dm-unclear")
    desk.work()
    desk.slack.calls.clear()


def value(desk: Office) -> str:
    return f"{desk.review().id}.{desk.review().version}"


def told(answer: Answer) -> str:
    return str((answer.json or {}).get("text", ""))


def whispered(desk: Office, count: int = 1) -> str:
    return str(desk.slack.wait_for("chat.postEphemeral", count)[-1]["text"])


SENT: dict[str, Callable[[Office], Answer]] = {
    "a direct message": lambda desk: desk.event("dm-stop"),
    "a mention": lambda desk: desk.event("mention-from-connect"),
    "a click": lambda desk: desk.click(OPT_OUT, value(desk)),
    "a decider's click": lambda desk: desk.click(KEEP, value(desk), user=KIM),
    "the menu's window": lambda desk: desk.pick(More.SCOPE, value(desk)),
    "the address": lambda desk: desk.pick(More.SHOW, value(desk)),
    "a recording": lambda desk: desk.command("+1 202 555 0123 rang"),
    "a mentioned person": lambda desk: desk.command("<@U0FAR|far> rang"),
    "a look-up": lambda desk: desk.command("lookup +1 202 555 0123"),
    "a form": lambda desk: desk.command(""),
    "a form's answer": lambda desk: desk.submit("form", "+12025550123"),
    "a shortcut": lambda desk: desk.interaction(fixture("shortcut")),
    "a message's shortcut": lambda desk: desk.interaction(fixture("message-action")),
    "the Home": lambda desk: desk.event("app-home-opened"),
}


@pytest.mark.parametrize("what", SENT)
@pytest.mark.parametrize("met", [True, False])
def test_while_slack_hangs_every_answer_comes_at_once(
    tmp_path: Path, what: str, *, met: bool
) -> None:
    with office(tmp_path, met=met) as desk:
        asked(desk)
        desk.slack.hanging = True
        begun = time.monotonic()
        answer = SENT[what](desk)
        assert time.monotonic() - begun < PROMPT_S
        assert answer.status_code == 200


def test_whom_slack_was_never_asked_about_may_nothing_yet_and_is_told(strange: Office) -> None:
    assert "has not met you yet" in told(strange.command("+12025550123 rang", user_id=KIM))
    assert "has not met you yet" in told(strange.command("lookup +12025550123", user_id=KIM))
    strange.click(OPT_OUT, value(strange), user=KIM)
    assert "has not met you yet" in whispered(strange)
    assert strange.bench.kinds(PHONE) == []
    assert strange.bench.holds(ANN_IN_SLACK) == {"channel": "held"}
    assert strange.slack.of("users.info") == []


def test_a_few_seconds_later_they_are_known(strange: Office) -> None:
    for _ in range(3):
        strange.command("+12025550123 rang", user_id=KIM)
    strange.work()
    assert [one["user"] for one in strange.slack.of("users.info")] == [KIM]
    strange.click(KEEP, value(strange), user=KIM)
    assert strange.bench.holds(ANN_IN_SLACK) == {}
    assert "Recorded" in told(strange.command("+12025550123 rang", user_id=KIM))
    assert len(strange.slack.of("users.info")) == 1


def test_opening_the_form_is_enough_to_be_known_when_it_is_sent(strange: Office) -> None:
    strange.command("")
    strange.slack.wait_for("views.open")
    strange.until(lambda: bool(strange.slack.of("users.info")))
    assert (strange.submit("f", "+12025550123").json or {})["response_action"] == "update"


def test_a_guest_is_a_guest_from_the_first_answer_of_slack(strange: Office) -> None:
    strange.command("+12025550123 rang", user_id=GUEST)
    strange.work()
    assert "guests" in told(strange.command("+12025550123 rang", user_id=GUEST))
    strange.bench.clock.forward(days=2)
    assert "guests" in told(strange.command("+12025550123 rang", user_id=GUEST))
    assert strange.bench.kinds(PHONE) == []


@pytest.mark.parametrize("failure", [Scripted(status=500, body=None), Scripted(drop=True)])
def test_where_slack_was_asked_and_cannot_say_blocking_goes_on_and_nothing_else(
    strange: Office, failure: Scripted
) -> None:
    strange.command("+12025550123 rang", user_id=KIM)
    strange.slack.script("users.info", failure)
    strange.work()
    assert "Recorded" in told(strange.command("+12025550123 rang", user_id=KIM))
    strange.click(KEEP, value(strange), user=KIM)
    assert "Slack has not said lately who you are" in whispered(strange)
    assert "has not said lately" in told(strange.command("lookup +12025550123", user_id=KIM))
    assert strange.bench.holds(ANN_IN_SLACK) == {"channel": "held"}
    strange.click(OPT_OUT, value(strange), user=KIM)
    assert strange.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}


def test_slack_is_asked_again_but_not_at_every_click(strange: Office) -> None:
    strange.slack.script("users.info", *[Scripted(status=500, body=None)] * 9)
    for _ in range(3):
        strange.command("lookup +12025550123", user_id=KIM)
        strange.work()
    assert len(strange.slack.of("users.info")) == 1
    strange.bench.clock.forward(seconds=ASK_AGAIN.total_seconds())
    strange.command("lookup +12025550123", user_id=KIM)
    strange.work()
    assert len(strange.slack.of("users.info")) == 2


def test_what_slack_said_too_long_ago_decides_nothing(desk: Office) -> None:
    desk.event("dm-unclear")
    desk.work()
    desk.bench.clock.forward(seconds=GOOD_FOR.total_seconds())
    desk.pick(More.SHOW, value(desk), user=KIM)
    assert "has not said lately" in whispered(desk)
    desk.work()
    desk.pick(More.SHOW, value(desk), user=KIM)
    desk.slack.wait_for("views.open")


def test_a_named_decider_decides_even_if_slack_never_answered(tmp_path: Path) -> None:
    with office(tmp_path, met=False) as desk:
        desk.event("dm-unclear")
        desk.work()
        desk.click(KEEP, value(desk), user=LEE)
        assert desk.bench.holds(ANN_IN_SLACK) == {}


def test_whoever_is_in_the_review_channel_is_known_at_the_first_click(strange: Office) -> None:
    chore = Roster(strange.parts)
    assert chore(strange.bench.clock.now) == 3
    assert chore(strange.bench.clock.now) == 0
    strange.click(KEEP, value(strange), user=KIM)
    assert strange.bench.holds(ANN_IN_SLACK) == {}


def test_staff_are_asked_about_in_time_and_customers_and_guests_never_again(
    strange: Office,
) -> None:
    chore = Roster(strange.parts)
    chore(strange.bench.clock.now)
    strange.event("app-home-opened")
    strange.work()
    strange.slack.calls.clear()
    strange.bench.clock.forward(seconds=ASKED_EVERY.total_seconds())
    assert chore(strange.bench.clock.now) == 2
    assert {one["user"] for one in strange.slack.of("users.info")} == {LEE, KIM}


def test_who_became_a_guest_is_one_soon(strange: Office) -> None:
    chore = Roster(strange.parts)
    chore(strange.bench.clock.now)
    strange.slack.users[KIM] = {"is_restricted": True}
    strange.bench.clock.forward(minutes=10)
    chore(strange.bench.clock.now)
    assert "guests" in told(strange.command("+12025550123 rang", user_id=KIM))


def test_a_slack_that_is_away_is_not_asked_for_ever_nor_forgotten(strange: Office) -> None:
    chore = Roster(strange.parts)
    chore(strange.bench.clock.now)
    strange.slack.script("users.info", *[Scripted(status=500, body=None)] * 2)
    strange.bench.clock.forward(minutes=10)
    chore(strange.bench.clock.now)
    strange.click(KEEP, value(strange), user=KIM)  # what Slack said ten minutes ago still holds
    assert strange.bench.holds(ANN_IN_SLACK) == {}


def test_no_id_of_a_customer_or_a_guest_is_kept_in_plain(strange: Office) -> None:
    strange.slack.users["U0FAR"] = {"team_id": "T0AWAY", "is_stranger": True}
    strange.slack.users["U0ANN"] = {"is_restricted": True}
    strange.command("<@U0FAR|far> rang")
    payload: dict[str, Any] = fixture("app-home-opened")
    payload["event"]["user"] = "U0ANN"
    strange.event(payload)
    strange.work()
    strange.command("<@U0FAR|far> rang", trigger_id="again")
    strange.parts.store.shred()
    kept = b"".join(path.read_bytes() for path in strange.bench.folder.glob("heed*.db*"))
    assert b"U0FAR" not in kept
    assert b"U0ANN" not in kept


def test_whoever_was_not_about_for_long_is_forgotten(strange: Office) -> None:
    strange.slack.groups = {"C0REVIEW": []}
    strange.command("+12025550123 rang", user_id=KIM)
    strange.work()
    strange.bench.clock.forward(seconds=timedelta(days=91).total_seconds())
    Roster(strange.parts)(strange.bench.clock.now)
    assert "has not met you yet" in told(strange.command("+12025550123 rang", user_id=KIM))


def test_the_doctor_says_when_the_team_was_not_asked_about_for_long(desk: Office) -> None:
    told = {one.what: str(one.mark) for one in slack_findings(desk.parts)}
    assert any("said lately who belongs to the team" in one for one in told)
    desk.bench.clock.forward(seconds=GOOD_FOR.total_seconds())
    told = {one.what: str(one.mark) for one in slack_findings(desk.parts)}
    assert next(mark for one, mark in told.items() if "who 2 of the team are" in one) == "warn"
