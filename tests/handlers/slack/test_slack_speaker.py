"""What is posted, how often, and what follows when Slack does not take it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.ports import OutcomeUnknown, SendError
from handlers.slack import calling as module
from handlers.slack.speaker import SlackSpeaker
from storage import OutboxItem
from tests.handlers.slack.fake import Scripted, refusal
from tests.handlers.slack.office import ANN_IN_SLACK, Office


def promised(desk: Office, kind: str) -> OutboxItem:
    return next(item for item in desk.bench.outbox(ANN_IN_SLACK) if item.kind == kind)


def states(desk: Office) -> dict[str, str]:
    """By kind; what is promised for later is left out."""
    now = desk.bench.clock.now
    return {
        item.kind: str(item.state) for item in desk.bench.outbox(ANN_IN_SLACK) if item.due_at <= now
    }


def test_an_answer_that_was_limited_waits_as_long_as_slack_says(desk: Office) -> None:
    desk.slack.script("chat.postMessage", Scripted(status=429, body=None, retry_after="77"))
    desk.says("stop")
    desk.work()
    waiting = promised(desk, "opted_out")
    assert (str(waiting.state), waiting.error) == ("pending", "ratelimited")
    assert waiting.due_at == desk.bench.clock.now + timedelta(seconds=77)
    desk.work()
    assert len(desk.slack.of("chat.postMessage")) == 1
    desk.bench.clock.forward(seconds=78)
    desk.work()
    assert states(desk) == {"opted_out": "sent"}
    assert len(desk.slack.of("chat.postMessage")) == 2


@pytest.mark.parametrize(
    "broken",
    [
        Scripted(status=500, body={"ok": False, "error": "internal_error"}),
        Scripted(status=503, body=None),
        Scripted(drop=True),
        refusal("fatal_error"),
    ],
)
def test_an_answer_whose_end_is_lost_is_never_repeated(desk: Office, broken: Scripted) -> None:
    desk.slack.script("chat.postMessage", broken)
    desk.says("stop")
    desk.work()
    desk.bench.clock.forward(hours=1)
    desk.work()
    assert states(desk) == {"opted_out": "unknown"}
    assert len(desk.slack.of("chat.postMessage")) == 1
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}


def test_slack_that_does_not_answer_in_time_is_an_unknown_end(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OUTBOX_S", 0.2)
    desk.slack.script("chat.postMessage", Scripted(hang=True))
    desk.says("stop")
    with pytest.raises(OutcomeUnknown):
        SlackSpeaker(desk.parts).send(promised(desk, "opted_out"))


def test_slack_that_was_never_reached_is_tried_again(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.parts.slack is not None
    desk.says("stop")
    unreachable = SlackSpeaker(desk.parts)
    unreachable._call.client.base_url = "http://127.0.0.1:1/api/"
    with pytest.raises(SendError) as refused:
        unreachable.send(promised(desk, "opted_out"))
    assert not refused.value.permanent


@pytest.mark.parametrize(
    "code",
    ["channel_not_found", "not_in_channel", "is_archived", "token_revoked", "account_inactive"],
)
def test_a_refusal_for_good_parks_the_answer(desk: Office, code: str) -> None:
    desk.slack.script("chat.postMessage", refusal(code))
    desk.says("stop")
    desk.work()
    parked = promised(desk, "opted_out")
    assert (str(parked.state), parked.error) == ("parked", code)


def test_a_review_is_posted_as_one_card(desk: Office) -> None:
    desk.event("dm-unclear")
    desk.work()
    (card,) = desk.slack.of("chat.postMessage")
    review = desk.review()
    assert card["channel"] == "C0REVIEW"
    assert review.id in card["text"]
    assert (review.card_team, review.card_channel) == ("T0HOME", "C0REVIEW")
    assert review.card_ts
    desk.work()
    assert len(desk.slack.of("chat.postMessage")) == 1


def test_two_workers_post_one_card(desk: Office) -> None:
    """The second comes while the first is in the middle of its call."""
    desk.event("dm-unclear")
    item = promised(desk, "review_card")
    speaker = SlackSpeaker(desk.parts)
    claimed = desk.parts.store.write(lambda session: speaker._claim(session, item))
    assert not isinstance(claimed, str)
    with pytest.raises(SendError) as busy:
        SlackSpeaker(desk.parts).send(item)
    assert not busy.value.permanent
    assert desk.slack.of("chat.postMessage") == []


def test_the_card_of_a_worker_that_died_is_posted_by_another(desk: Office) -> None:
    desk.event("dm-unclear")
    item = promised(desk, "review_card")
    speaker = SlackSpeaker(desk.parts)
    desk.parts.store.write(lambda session: speaker._claim(session, item))
    desk.bench.clock.forward(seconds=61)
    assert speaker.send(item) == desk.review().card_ts
    assert len(desk.slack.of("chat.postMessage")) == 1


def test_a_card_that_slack_could_not_take_is_posted_later(desk: Office) -> None:
    desk.slack.script("chat.postMessage", Scripted(status=500, body=None), Scripted(drop=True))
    desk.event("dm-unclear")
    desk.work()
    for _ in range(2):
        desk.bench.clock.forward(minutes=5)
        desk.work()
    assert len(desk.slack.of("chat.postMessage")) == 3
    assert desk.review().card_ts
    assert states(desk)["review_card"] == "sent"


def test_a_channel_that_we_were_not_invited_to_leaves_the_review_workable(desk: Office) -> None:
    desk.slack.script("chat.postMessage", refusal("not_in_channel"))
    desk.event("dm-unclear")
    desk.work()
    review = desk.review()
    assert (str(review.state), review.card_ts) == ("open", "")
    assert review.card_state == "failed not_in_channel"
    assert states(desk)["review_card"] == "parked"


def test_a_card_whose_review_was_settled_meanwhile_is_not_posted(desk: Office) -> None:
    desk.event("dm-unclear")
    desk.says("stop", ts="1795607999.000100")
    desk.work()
    posted = desk.slack.of("chat.postMessage")
    assert [one["channel"] for one in posted] == ["D0ANN"]
    assert str(desk.review().state) == "decided"


def test_a_stop_that_settles_a_review_rewrites_its_card(desk: Office) -> None:
    desk.event("dm-unclear")
    desk.work()
    desk.says("stop", ts="1795607999.000100")
    desk.work()
    (update,) = desk.slack.of("chat.update")
    assert update["ts"] == desk.review().card_ts
    assert "opted out" in update["text"]
    assert "the customer's own words" in str(update["blocks"])


def test_a_card_that_somebody_deleted_is_let_go(desk: Office) -> None:
    desk.event("dm-unclear")
    desk.work()
    desk.slack.script("chat.update", refusal("message_not_found"))
    desk.says("stop", ts="1795607999.000100")
    desk.work()
    assert states(desk)["review_update"] == "parked"


def test_an_undecided_hold_becomes_an_opt_out_and_the_card_says_so(desk: Office) -> None:
    desk.event("dm-unclear")
    desk.work()
    desk.bench.clock.forward(days=1, minutes=1)
    desk.work()
    (update,) = desk.slack.of("chat.update")
    assert "the clock" in str(update["blocks"])
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
