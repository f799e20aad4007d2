"""The worker: what was promised is sent, never twice to a person, and every clock runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.model import CHANNEL_SCOPE, Act, Actor, Recording, Role
from handlers.crew import Crew
from handlers.ports import OutcomeUnknown, SendError
from handlers.worker import LEASE, Worker
from storage import OutboxItem, OutboxState
from tests.kit import ANN, GB_ANN, MAIL_ANN, US, Bench, mail, sms


class Line:
    """A speaker that does what it is told and remembers what it was given."""

    def __init__(self, *outcomes: str | BaseException) -> None:
        self.outcomes = list(outcomes)
        self.heard: list[str] = []

    def send(self, item: OutboxItem) -> str:
        self.heard.append(item.kind)
        outcome = self.outcomes.pop(0) if self.outcomes else "ref"
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def worker(at_desk: Bench, line: Line, *, keep: bool = False) -> Worker:
    return Worker(
        store=at_desk.store,
        desk=at_desk.desk,
        speakers={"smtp": line, "twilio": line, "slack": line},
        clock=at_desk.clock,
        keep=keep,
        chance=lambda: 0.0,
    )


def confirmation(at_desk: Bench) -> OutboxItem:
    return next(item for item in at_desk.outbox(MAIL_ANN) if not item.repeatable)


def text_to_send(at_desk: Bench) -> None:
    """An opt-out heard on the phone, to be confirmed by text."""
    at_desk.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=GB_ANN,
            scope=CHANNEL_SCOPE,
            actor=Actor(name="api:crm", role=Role.RECORD),
            source="api",
            event_id="1",
            received_at=at_desk.clock.now,
            confirm=True,
            recipient=US,
        )
    )


def test_a_confirmation_is_sent_once_and_the_ledger_knows(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    line = Line("<ref@example.org>")
    worker(at_desk, line).step()
    worker(at_desk, line).step()
    assert line.heard == ["opted_out"]
    assert confirmation(at_desk).state is OutboxState.SENT
    assert confirmation(at_desk).provider_ref == "<ref@example.org>"
    assert at_desk.history(MAIL_ANN)[-1].facts["outcome"] == "sent"


def test_an_answer_given_in_the_response_is_not_sent_again(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    line = Line()
    worker(at_desk, line).step()
    assert line.heard == []


def test_a_passing_refusal_is_tried_again_later(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    line = Line(SendError("421", permanent=False))
    worker(at_desk, line).step()
    assert confirmation(at_desk).state is OutboxState.PENDING
    worker(at_desk, line).step()
    assert line.heard == ["opted_out"]
    at_desk.clock.forward(seconds=6)
    worker(at_desk, line).step()
    assert confirmation(at_desk).state is OutboxState.SENT


def test_what_the_other_side_asks_to_wait_is_waited(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    line = Line(SendError("429", permanent=False, retry_after=timedelta(minutes=3)))
    worker(at_desk, line).step()
    at_desk.clock.forward(minutes=2)
    worker(at_desk, line).step()
    assert len(line.heard) == 1
    at_desk.clock.forward(minutes=2)
    worker(at_desk, line).step()
    assert len(line.heard) == 2


def test_a_permanent_refusal_is_parked_and_visible(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    worker(at_desk, Line(SendError("smtp_550", permanent=True))).step()
    parked = at_desk.store.read(lambda session: session.parked())
    assert [(item.kind, item.error) for item in parked] == [("opted_out", "smtp_550")]
    assert at_desk.history(MAIL_ANN)[-1].facts["error"] == "smtp_550"


def test_a_text_that_finds_no_time_within_five_minutes_is_dropped_and_recorded(
    at_desk: Bench,
) -> None:
    at_desk.hears(sms("stop", answers_inline=False))
    line = Line(*[SendError("503", permanent=False)] * 9)
    for _ in range(12):
        worker(at_desk, line).step()
        at_desk.clock.forward(seconds=40)
    item = at_desk.outbox(ANN)[0]
    assert item.state is OutboxState.DROPPED
    assert at_desk.history(ANN)[-1].facts["outcome"] == "dropped"
    assert 1 <= len(line.heard) <= 4


def test_a_text_that_nobody_sent_in_time_is_not_sent_late(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", answers_inline=False))
    at_desk.clock.forward(minutes=5, seconds=1)
    line = Line()
    worker(at_desk, line).step()
    assert line.heard == []
    assert at_desk.outbox(ANN)[0].state is OutboxState.DROPPED


@pytest.mark.parametrize("error", [OutcomeUnknown("timeout"), RuntimeError("a bug")])
def test_a_confirmation_whose_outcome_is_lost_is_never_repeated(
    at_desk: Bench, error: Exception
) -> None:
    at_desk.hears(mail("stop"))
    line = Line(error)
    worker(at_desk, line).step()
    at_desk.clock.forward(hours=2)
    worker(at_desk, line).step()
    assert line.heard == ["opted_out"]
    assert confirmation(at_desk).state is OutboxState.UNKNOWN


def test_a_worker_that_died_in_mid_call_leaves_unknown_and_nobody_repeats(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    at_desk.store.write(lambda session: session.claim(at_desk.clock.now, 1, LEASE))
    at_desk.clock.forward(minutes=6)
    line = Line()
    worker(at_desk, line).step()
    assert line.heard == []
    assert confirmation(at_desk).state is OutboxState.UNKNOWN
    assert at_desk.history(MAIL_ANN)[-1].facts["outcome"] == "unknown"


def test_a_notice_whose_outcome_is_lost_is_sent_again(at_desk: Bench) -> None:
    at_desk.hears(mail("do you have it in blue?"))
    line = Line(OutcomeUnknown("timeout"))
    worker(at_desk, line).step()
    at_desk.clock.forward(minutes=1)
    worker(at_desk, line).step()
    assert line.heard == ["forward", "forward"]


def test_a_refusal_because_the_person_opted_out_there_becomes_a_block_here(
    at_desk: Bench,
) -> None:
    at_desk.hears(sms("help", answers_inline=False))
    line = Line(SendError("21610", permanent=True, block=True))
    worker(at_desk, line).step()
    assert at_desk.holds(ANN) == {"channel": "stopped"}
    assert "provider_block" in at_desk.kinds(ANN)


def test_in_the_demo_nothing_leaves_and_everything_can_be_read(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    line = Line()
    worker(at_desk, line, keep=True).step()
    assert line.heard == []
    assert confirmation(at_desk).state is OutboxState.KEPT
    assert "unsubscribed" in str(confirmation(at_desk).payload["text"])


def test_an_undecided_hold_becomes_an_opt_out_at_the_end_of_its_clock(at_desk: Bench) -> None:
    at_desk.hears(sms("hm"))
    at_desk.clock.forward(hours=23)
    worker(at_desk, Line()).step()
    assert at_desk.holds(ANN) == {"channel": "held"}
    at_desk.clock.forward(hours=2)
    worker(at_desk, Line()).step()
    assert at_desk.holds(ANN) == {"channel": "stopped"}
    assert at_desk.history(ANN)[-1].facts["actor"] == "clock"


def test_a_review_that_holds_nothing_waits_for_ever(at_desk: Bench) -> None:
    at_desk.hears(sms("yes"))
    at_desk.clock.forward(days=30)
    worker(at_desk, Line()).step()
    assert at_desk.holds(ANN) == {}


def test_the_threads_stop_when_they_are_told(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    line = Line()
    running = Crew(worker(at_desk, line), at_desk.store)
    running.start()
    wait_until(lambda: bool(line.heard))
    running.stop()
    assert confirmation(at_desk).state is OutboxState.SENT


def wait_until(true: Callable[[], bool]) -> None:
    import threading

    patience = threading.Event()
    for _ in range(500):
        if true():
            return
        patience.wait(0.02)
    raise AssertionError("it never happened")


def test_an_opt_out_heard_on_the_phone_is_confirmed_when_that_is_asked_for(
    at_desk: Bench,
) -> None:
    text_to_send(at_desk)
    line = Line("SM-ref")
    worker(at_desk, line).step()
    assert line.heard == ["opted_out"]
    assert at_desk.outbox(GB_ANN)[0].state is OutboxState.SENT


def test_a_worker_that_died_in_one_call_leaves_no_other_answer_in_doubt(at_desk: Bench) -> None:
    for number, text in enumerate(("stop", "start", "stop")):  # each to another list of ours
        now = at_desk.clock.forward(seconds=1)
        at_desk.hears(mail(text, at=now, recipient=f"list{number}@example.org"))
    dying = Line(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        worker(at_desk, dying).step()
    at_desk.clock.forward(minutes=6)
    line = Line()
    for _ in range(4):
        worker(at_desk, line).step()
    states = [item.state for item in at_desk.outbox(MAIL_ANN)]
    assert states.count(OutboxState.UNKNOWN) == 1
    assert states.count(OutboxState.SENT) == 2


def test_a_hold_of_an_erased_person_does_not_keep_the_worker_busy(at_desk: Bench) -> None:
    at_desk.hears(sms("hm"))
    at_desk.store.write(lambda session: session.erase(at_desk.addr()))
    at_desk.clock.forward(days=2)
    running = worker(at_desk, Line())
    running.step()
    assert running.step() == 0


def test_a_message_for_people_waits_where_no_mailbox_is_set(at_desk: Bench) -> None:
    at_desk.hears(sms("when do you open?"))
    line = Line(SendError("HEED_HUMAN_MAILBOX_missing", permanent=True))
    worker(at_desk, line).step()
    parked = at_desk.store.read(lambda session: session.parked())
    assert [item.kind for item in parked] == ["forward"]
    assert parked[0].payload["text"] == "when do you open?"
