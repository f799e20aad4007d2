"""What an operator hears when Slack takes nothing any more, and that limits hold up nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.slack.findings import slack_findings
from handlers.slack.trouble import OF_THE_CHANNEL, REMEDIES
from tests.handlers.slack.fake import Scripted, refusal
from tests.handlers.slack.office import Office


def ready(desk: Office) -> str:
    answer = desk.client.get("/readyz")
    assert answer.status_code == 200
    return str((answer.json or {})["slack"])


def found(desk: Office) -> str:
    return " ".join(one.what for one in slack_findings(desk.parts))


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_a_card_that_cannot_be_posted_says_why_and_what_to_do(desk: Office, code: str) -> None:
    assert ready(desk) == "ok"
    desk.slack.script("chat.postMessage", refusal(code))
    desk.event("dm-unclear")
    desk.work()
    assert ready(desk) == code
    assert REMEDIES[code] in found(desk)
    assert desk.review().card_ts == ""


def test_when_a_post_succeeds_again_all_is_well(desk: Office) -> None:
    desk.slack.script("chat.postMessage", refusal("is_archived"))
    desk.event("dm-unclear")
    desk.work()
    desk.says("help", ts="1795608060.000200")  # in the person's own messages: proves nothing
    desk.work()
    assert ready(desk) == "is_archived"
    desk.says("really dunno", ts="1795608061.000200")
    desk.work()
    assert ready(desk) == "ok"


@pytest.mark.parametrize("code", sorted(OF_THE_CHANNEL))
def test_a_person_who_cannot_be_reached_is_no_trouble_of_ours(desk: Office, code: str) -> None:
    desk.slack.script("chat.postMessage", refusal(code))
    desk.says("stop")
    desk.work()
    assert ready(desk) == "ok"


@pytest.mark.parametrize("event", ["app_uninstalled", "tokens_revoked"])
def test_slacks_own_word_that_the_app_is_gone_is_kept(desk: Office, event: str) -> None:
    assert event in REMEDIES
    payload = {
        "type": "event_callback",
        "team_id": "T0HOME",
        "api_app_id": "A0HEED",
        "event_id": "Ev0GONE",
        "event": {"type": event},
    }
    assert desk.event(payload).status_code == 200
    assert ready(desk) == event


def test_a_limit_in_one_channel_holds_up_no_other(desk: Office) -> None:
    desk.slack.script("chat.postMessage", Scripted(status=429, body=None, retry_after="60"))
    desk.event("dm-unclear")  # its card is limited
    desk.work()
    assert desk.review().card_ts == ""
    desk.bench.clock.forward(seconds=10)
    calls = len(desk.slack.of("chat.postMessage"))
    desk.says("still dunno", ts="1795608060.000200")  # waits with the other
    desk.says("help", ts="1795608061.000200")  # does not
    desk.work()
    sent = desk.slack.of("chat.postMessage")[calls:]
    assert [one["channel"] for one in sent] == ["D0ANN"]
    desk.bench.clock.forward(seconds=50)
    desk.work()
    sent = desk.slack.of("chat.postMessage")[calls:]
    assert [one["channel"] for one in sent] == ["D0ANN", "C0REVIEW", "C0REVIEW"]


def test_what_waits_for_a_limit_waits_as_long_as_slack_said(desk: Office) -> None:
    desk.slack.script("chat.postMessage", Scripted(status=429, body=None, retry_after="600"))
    desk.event("dm-unclear")
    desk.work()
    until = desk.bench.clock.now + timedelta(seconds=600)
    while desk.bench.clock.now < until - timedelta(seconds=30):
        desk.bench.clock.forward(seconds=30)
        desk.work()
    assert len(desk.slack.of("chat.postMessage")) == 1
