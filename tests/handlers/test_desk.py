"""The desk keeps its promises: durable, once, one confirmation, opt-out wins, nothing dropped."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import deadlines
from bot.errors import Conflict, NotAllowed, NotFound
from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    InboundMessage,
    Reading,
    Recording,
    ReviewDecision,
    Role,
    Verdict,
)
from handlers.desk import Desk
from storage import OutboxState, StoreUnavailable
from tests.kit import (
    ANN,
    GB_ANN,
    MAIL_ANN,
    NOW,
    ROUTES,
    US,
    Bench,
    bench,
    mail,
    plain_reader,
    sms,
    voice,
)

ADMIN = Actor(name="slack:T1/U1", role=Role.ADMIN)
STAFF = Actor(name="slack:T1/U2", role=Role.RECORD)
READER = Actor(name="api:shop", role=Role.CHECK)


def recording(act: Act, actor: Actor = STAFF, **more: object) -> Recording:
    values: dict[str, object] = {
        "act": act,
        "address": ANN,
        "scope": CHANNEL_SCOPE,
        "actor": actor,
        "source": "slack",
        "event_id": "trigger1",
        "received_at": NOW,
        **more,
    }
    return Recording(**values)  # type: ignore[arg-type]


def verdict(
    at_desk: Bench, review_id: str, verdict: Verdict, actor: Actor = ADMIN
) -> ReviewDecision:
    return ReviewDecision(
        review_id=review_id,
        address_hash=at_desk.addr(),
        verdict=verdict,
        actor=actor,
        received_at=at_desk.clock.now,
    )


def test_a_stop_is_in_the_ledger_blocks_and_is_answered_in_the_response(at_desk: Bench) -> None:
    receipt = at_desk.hears(sms("stop"))
    assert "Acme" in receipt.inline_text
    assert at_desk.kinds() == ["opted_out"]
    assert at_desk.history()[0].words == "stop"
    assert at_desk.holds() == {"channel": "stopped"}
    assert [item.state for item in at_desk.outbox()] == [OutboxState.INLINE]


def test_a_retry_has_no_second_effect_and_gets_the_same_answer(at_desk: Bench) -> None:
    message = sms("stop")
    first = at_desk.hears(message)
    again = at_desk.hears(message)
    assert again.duplicate
    assert again.inline_text == first.inline_text
    assert again.message_id == first.message_id
    assert at_desk.kinds() == ["opted_out"]


def test_a_retry_after_five_minutes_is_answered_nothing(at_desk: Bench) -> None:
    from dataclasses import replace

    message = sms("stop")
    at_desk.hears(message)
    late = replace(message, received_at=at_desk.clock.forward(minutes=5, seconds=1))
    assert at_desk.hears(late).inline_text == ""


def test_an_old_start_replayed_does_not_lift_a_later_stop(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    start = sms("start")
    at_desk.hears(start)
    at_desk.hears(sms("stop"))
    assert at_desk.hears(start).duplicate
    assert at_desk.holds() == {"channel": "stopped"}


def test_the_same_message_from_many_threads_is_one_opt_out(at_desk: Bench) -> None:
    message = sms("stop")
    receipts = []
    threads = [
        threading.Thread(target=lambda: receipts.append(at_desk.hears(message))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 8
    assert [receipt.duplicate for receipt in receipts].count(False) == 1
    assert at_desk.kinds() == ["opted_out"]
    assert at_desk.answers() == ["opted_out"]


def test_different_stops_at_once_are_confirmed_once(at_desk: Bench) -> None:
    messages = [sms("stop") for _ in range(8)]

    def say(message: InboundMessage) -> None:
        at_desk.hears(message)

    threads = [threading.Thread(target=say, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert at_desk.kinds() == ["opted_out"] * 8
    assert at_desk.answers() == ["opted_out"]


def test_the_reason_is_read_as_one_for_a_day_and_a_stop_is_still_a_stop(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", who=GB_ANN))
    at_desk.hears(sms("you write too much", who=GB_ANN))
    at_desk.hears(sms("start", who=GB_ANN))
    at_desk.hears(sms("stop", who=GB_ANN))
    at_desk.hears(sms("stop", who=GB_ANN))
    assert at_desk.kinds(GB_ANN) == [
        "opted_out",
        "reason_given",
        "opted_in",
        "opted_out",
        "opted_out",
    ]


def test_the_question_for_the_reason_closes_after_a_day(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", who=GB_ANN))
    later = at_desk.clock.forward(hours=25)
    receipt = at_desk.hears(sms("you write too much", who=GB_ANN, at=later))
    assert receipt.outcome == "other"


def test_mail_is_confirmed_through_the_outbox_and_forwarded_when_it_is_no_stop(
    at_desk: Bench,
) -> None:
    at_desk.hears(mail("do you have it in blue?"))
    at_desk.hears(mail("stop"))
    promised = {item.kind: item for item in at_desk.outbox(MAIL_ANN)}
    assert promised.keys() == {"forward", "opted_out"}
    assert {item.state for item in promised.values()} == {OutboxState.PENDING}
    assert b"in blue?" in (promised["forward"].raw or b"")


def test_a_store_that_is_away_says_so_and_keeps_nothing(
    at_desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_work: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(at_desk.store), "write", lambda _self, work, **_more: away(work))
        with pytest.raises(StoreUnavailable):
            at_desk.hears(sms("stop"))
    assert at_desk.kinds() == []


def test_one_line_is_logged_without_address_or_words(
    at_desk: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="heed"):
        receipt = at_desk.hears(sms("stop"))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1
    assert receipt.message_id in lines[0]
    assert at_desk.history()[0].message_id == receipt.message_id
    assert ANN.value not in lines[0]
    assert "2025550123" not in lines[0]


# --- reviews -------------------------------------------------------------------------------------


def test_an_unclear_message_is_held_and_the_first_decision_wins(at_desk: Bench) -> None:
    review_id = at_desk.hears(sms("hm")).review_id
    assert at_desk.holds() == {"channel": "held"}
    at_desk.desk.receive(verdict(at_desk, review_id, Verdict.NOT_OPT_OUT))
    assert at_desk.holds() == {}
    assert at_desk.kinds() == ["held", "review_decided", "hold_ended"]
    with pytest.raises(Conflict):
        at_desk.desk.receive(verdict(at_desk, review_id, Verdict.OPT_OUT))


def test_a_decision_never_lifts_a_stop_that_came_meanwhile(at_desk: Bench) -> None:
    first = at_desk.hears(sms("hm")).review_id
    at_desk.hears(sms("stop"))
    with pytest.raises(Conflict):  # the person's own word settled it
        at_desk.desk.receive(verdict(at_desk, first, Verdict.NOT_OPT_OUT))
    assert at_desk.holds() == {"channel": "stopped"}


def test_a_decided_opt_out_is_confirmed_only_while_it_is_soon(at_desk: Bench) -> None:
    soon = at_desk.hears(sms("hm")).review_id
    at_desk.desk.receive(verdict(at_desk, soon, Verdict.OPT_OUT))
    assert at_desk.answers() == ["opted_out"]
    at_desk.hears(sms("hm", who=GB_ANN))
    review = at_desk.store.read(lambda session: session.reviews_of(at_desk.addr(GB_ANN)))[0]
    at_desk.clock.forward(minutes=6)
    at_desk.desk.receive(verdict(at_desk, review.id, Verdict.OPT_OUT))
    assert at_desk.holds(GB_ANN) == {"channel": "stopped"}
    assert at_desk.answers(GB_ANN) == []


def test_deadlines_of_a_decided_opt_out_run_from_the_message(at_desk: Bench) -> None:
    review_id = at_desk.hears(sms("hm")).review_id
    at_desk.clock.forward(hours=3)
    at_desk.desk.receive(verdict(at_desk, review_id, Verdict.OPT_OUT))
    assert at_desk.history()[-1].effective_at == NOW
    assert at_desk.history()[-1].recorded_at == NOW + timedelta(hours=3)


def test_only_a_decider_ends_a_hold_and_staff_may_always_block(at_desk: Bench) -> None:
    review_id = at_desk.hears(sms("hm")).review_id
    with pytest.raises(NotAllowed):
        at_desk.desk.receive(verdict(at_desk, review_id, Verdict.NOT_OPT_OUT, STAFF))
    with pytest.raises(NotAllowed):
        at_desk.desk.receive(verdict(at_desk, review_id, Verdict.OPT_OUT, READER))
    at_desk.desk.receive(verdict(at_desk, review_id, Verdict.OPT_OUT, STAFF))
    assert at_desk.holds() == {"channel": "stopped"}


def test_a_customer_is_asked_once_and_never_by_text_to_plus_one(at_desk: Bench) -> None:
    american = at_desk.hears(sms("hm")).review_id
    with pytest.raises(NotAllowed):
        at_desk.desk.receive(verdict(at_desk, american, Verdict.ASK))
    at_desk.hears(sms("hm", who=GB_ANN))
    review = at_desk.store.read(lambda session: session.reviews_of(at_desk.addr(GB_ANN)))[0]
    at_desk.desk.receive(verdict(at_desk, review.id, Verdict.ASK))
    assert at_desk.answers(GB_ANN) == ["clarify"]
    assert at_desk.holds(GB_ANN) == {"channel": "held"}
    with pytest.raises(Conflict):
        at_desk.desk.receive(verdict(at_desk, review.id, Verdict.ASK))


def test_an_unknown_review_is_named_as_such(at_desk: Bench) -> None:
    with pytest.raises(NotFound):
        at_desk.desk.receive(verdict(at_desk, "NOPE", Verdict.OPT_OUT))


# --- what the company records --------------------------------------------------------------------


def test_staff_record_an_opt_out_heard_on_the_phone_with_who_did_it(at_desk: Bench) -> None:
    receipt = at_desk.desk.receive(recording(Act.OPT_OUT, words="heard on the phone"))
    assert receipt.outcome == "opted_out"
    entry = at_desk.history()[0]
    assert entry.facts["actor"] == "slack:T1/U2"
    assert entry.words == "heard on the phone"
    assert at_desk.holds() == {"channel": "stopped"}
    assert at_desk.desk.receive(recording(Act.OPT_OUT)).duplicate


def test_only_an_admin_with_evidence_records_an_opt_in(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    for refused in (
        recording(Act.OPT_IN, STAFF, evidence="form"),
        recording(Act.OPT_IN, ADMIN, evidence=" "),
    ):
        with pytest.raises(NotAllowed):
            at_desk.desk.receive(refused)
    at_desk.desk.receive(recording(Act.OPT_IN, ADMIN, evidence="signed form 12"))
    assert at_desk.holds() == {}


def test_a_providers_block_becomes_ours(at_desk: Bench) -> None:
    at_desk.desk.receive(recording(Act.PROVIDER_BLOCK, source="twilio", recipient=US))
    assert at_desk.kinds() == ["provider_block"]
    assert at_desk.holds() == {"channel": "stopped"}


def test_a_text_longer_than_is_read_goes_to_a_person(at_desk: Bench) -> None:
    receipt = at_desk.hears(sms("la " * 10_000))
    assert receipt.outcome == "review"
    assert receipt.review_id
    assert at_desk.history()[0].words == "la " * 10_000


def test_two_doubts_are_two_decisions(at_desk: Bench) -> None:
    first = at_desk.hears(sms("hm")).review_id
    second = at_desk.hears(sms("hm")).review_id
    at_desk.desk.receive(verdict(at_desk, first, Verdict.NOT_OPT_OUT))
    assert at_desk.holds() == {"channel": "held"}
    at_desk.desk.receive(verdict(at_desk, second, Verdict.NOT_OPT_OUT))
    assert at_desk.holds() == {}


def test_stop_and_start_racing_never_end_in_a_start_before_the_stop(at_desk: Bench) -> None:
    """Whatever the order of arrival, a START received before a stop's commit does not lift it."""
    clock = at_desk.clock
    messages = [sms(("stop", "start")[number % 2], at=clock.now) for number in range(16)]
    clock.forward(seconds=1)  # every commit is later than every receipt
    threads = [threading.Thread(target=at_desk.hears, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert at_desk.holds() == {"channel": "stopped"}
    assert "opted_in" not in at_desk.kinds()


def test_a_late_stop_to_another_number_of_ours_is_late_too(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    at_desk.hears(sms("start", at=at_desk.clock.forward(minutes=2)))
    late = sms("stop", occurred_at=NOW + timedelta(minutes=1), recipient="+12025550198")
    assert at_desk.hears(late).outcome == "held"


def test_a_start_received_before_a_repeated_stop_was_kept_lifts_nothing(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    received = at_desk.clock.forward(hours=1)
    again, start = sms("stop", at=received), sms("start", at=received)
    at_desk.clock.forward(seconds=1)
    at_desk.hears(again)
    assert at_desk.hears(start).outcome == "review"
    assert at_desk.holds() == {"channel": "stopped"}

    later = at_desk.clock.forward(seconds=1)
    assert at_desk.hears(sms("start", at=later)).outcome == "opted_in"
    assert at_desk.holds() == {}


def test_what_we_answered_is_in_the_ledger_word_for_word(at_desk: Bench) -> None:
    receipt = at_desk.hears(sms("stop", provider_keyword=True))
    at_desk.hears(mail("stop"))
    said = at_desk.history()[0].facts
    assert said["provider_keyword"] is True
    answer = said["answer"]
    assert isinstance(answer, dict)
    assert answer["text"] == receipt.inline_text != ""
    assert answer["in_response"] is True
    mailed = at_desk.history(MAIL_ANN)[0].facts["answer"]
    assert isinstance(mailed, dict)
    assert mailed["text"] == at_desk.outbox(MAIL_ANN)[0].payload["text"]
    assert mailed["in_response"] is False

    at_desk.hears(sms("stop"))  # adds nothing and is answered nothing
    assert "answer" not in at_desk.history()[1].facts


def test_an_opt_out_that_a_person_decided_counts_from_the_message(at_desk: Bench) -> None:
    sent = at_desk.clock.now - timedelta(minutes=3)
    at_desk.hears(sms("hm", occurred_at=sent))
    received = at_desk.history()[0].facts["received_at"]
    review = at_desk.store.read(lambda session: session.open_reviews())[0]
    at_desk.clock.forward(hours=5)
    at_desk.desk.receive(verdict(at_desk, review.id, Verdict.OPT_OUT))
    decided = at_desk.history()[-1]
    assert decided.facts["received_at"] == received
    assert decided.facts["occurred_at"] == sent.isoformat()
    assert deadlines.Act.of(decided) == deadlines.Act.of(at_desk.history()[0])


def test_monday_is_told_by_the_clock_where_the_customer_lives(tmp_path: Path) -> None:
    told: list[datetime | None] = []

    def listening(text: str, *, at: datetime | None = None, **more: Any) -> Reading:
        told.append(at)
        return plain_reader(text, at=at, **more)

    with bench(tmp_path) as at_desk:
        desk = Desk(
            store=at_desk.store,
            voice=voice(),
            reader=listening,
            clock=at_desk.clock,
            routes=ROUTES,
        )
        desk.receive(sms("less", occurred_at=NOW - timedelta(minutes=1)))
    [at] = told
    assert at == NOW - timedelta(minutes=1)
    assert isinstance(at.tzinfo, ZoneInfo)
    assert at.tzinfo.key == "America/New_York"  # +1 202
