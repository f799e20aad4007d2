"""The monthly proof sheet over a real history, on both databases; the numbers counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    Address,
    Channel,
    EntryKind,
    NewEntry,
    Recording,
    ReviewCause,
    ReviewDecision,
    Role,
    SentMessage,
    Verdict,
)
from bot.policy import ConfirmedBy, Policy, Sender, sender_key
from bot.sheet import ChannelSheet, Kept, Month, Reviews, Sheet
from bot.tally import Figure
from handlers.recorder import new_id
from handlers.reporting import report, tally
from handlers.worker import Worker
from storage import OutboxItem, OutboxState
from tests.kit import ANN, GB_ANN, MAIL_ANN, NOW, POLICY, US, Bench, mail, sms

BOB = Address(channel=Channel.SMS, value="+12025550124")
CAT = Address(channel=Channel.SMS, value="+12025550125")
NOVEMBER = Month(2026, 11)
OPS = Actor(name="api:ops", role=Role.ADMIN)


def sheet_of(at: Bench, month: Month = NOVEMBER, policy: Policy = POLICY) -> Sheet:
    return report(at.store, policy, month, at.clock.now)


def part(sheet: Sheet, name: str = "all") -> ChannelSheet:
    [found] = [one for one in sheet.channels if one.channel == name]
    return found


def nonzero(sheet: Sheet, name: str = "all") -> dict[str, int]:
    return {str(figure): count for figure, count in part(sheet, name).figures.items() if count}


def kept(sheet: Sheet, regime: str, name: str = "all") -> Kept:
    [found] = [one for one in part(sheet, name).deadlines if one.regime == regime]
    return found


def reviews(sheet: Sheet, cause: ReviewCause) -> Reviews:
    [found] = [one for one in part(sheet).reviews if one.cause is cause]
    return found


def tell_sent(at: Bench, who: Address, when: datetime, *, after_stop: bool = False) -> None:
    sent = SentMessage(sender=US, topic="promotions", lang="en", sent_at=when)
    at.store.write(
        lambda session: session.record_send(
            at.addr(who), sent, id=new_id(when), after_stop=after_stop
        )
    )


class Speaker:
    """Sends everything, the answers after a while."""

    def __init__(self, at: Bench, **delay: float) -> None:
        self._at = at
        self._delay = delay

    def send(self, item: OutboxItem) -> str:
        if not item.repeatable:
            self._at.clock.forward(**self._delay)
        return item.id


def send_out(at: Bench, **delay: float) -> None:
    speaker = Speaker(at, **delay)
    worker = Worker(
        store=at.store,
        desk=at.desk,
        speakers={"smtp": speaker, "twilio": speaker, "slack": speaker},
        clock=at.clock,
    )
    while worker.step():
        pass


def test_an_empty_month_is_an_empty_sheet(at_desk: Bench) -> None:
    sheet = sheet_of(at_desk)
    assert [one.channel for one in sheet.channels] == ["all"]
    assert nonzero(sheet) == {}
    assert part(sheet).to_suppression.worst is None
    assert sheet.waiting == ()


def test_a_month_of_stops_counted_by_hand(at_desk: Bench) -> None:
    """Three texts 1, 2 and 60 seconds under way inside Heed, one of them twice, and one mail."""
    clock = at_desk.clock
    for who, seconds in ((ANN, 1), (BOB, 2), (CAT, 60)):
        received = clock.now
        clock.forward(seconds=seconds)
        at_desk.hears(sms("stop", who=who, at=received))
    at_desk.hears(sms("stop", who=ANN, at=clock.now))
    received = clock.now
    clock.forward(seconds=4)
    at_desk.hears(mail("stop", at=received))

    sheet = sheet_of(at_desk)
    assert nonzero(sheet, "sms") == {"requests": 3, "repeats": 1, "confirmed_at_once": 3}
    assert nonzero(sheet, "email") == {"requests": 1, "confirmations_waiting": 1}
    texts = part(sheet, "sms").to_suppression
    assert (texts.count, texts.median, texts.p99, texts.worst) == (3, 2.0, 60.0, 60.0)
    assert part(sheet).to_suppression.median == 3.0
    assert sheet.versions.readings == {"1": 4}
    assert (kept(sheet, "us_tcpa").within, kept(sheet, "us_tcpa").share) == (3, 1.0)
    assert kept(sheet, "us_can_spam").within == 1
    assert kept(sheet, "eu_information").waiting == 1


def test_an_opt_out_recorded_too_late_shows_in_every_deadline_it_broke(at_desk: Bench) -> None:
    """Heard on the phone on 2 November, recorded on 25 November: ten business days were long over."""
    heard = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
    tell_sent(at_desk, ANN, heard + timedelta(days=3))
    tell_sent(at_desk, ANN, heard - timedelta(days=3))
    tell_sent(at_desk, ANN, NOW + timedelta(seconds=1))
    at_desk.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=ANN,
            scope=CHANNEL_SCOPE,
            actor=OPS,
            source="phone",
            event_id="call-1",
            received_at=at_desk.clock.now,
            occurred_at=heard,
        )
    )
    sheet = sheet_of(at_desk)
    assert nonzero(sheet) == {"requests": 1, "sends_before_effect": 1}
    assert part(sheet).to_suppression.worst == (NOW - heard).total_seconds()
    assert (kept(sheet, "us_tcpa").late, kept(sheet, "us_tcpa").share) == (1, 0.0)
    assert kept(sheet, "us_florida").late == 1


def test_canada_counts_the_time_a_mail_was_under_way(at_desk: Bench) -> None:
    sent = NOW - timedelta(days=20)
    at_desk.hears(mail("stop", at=NOW, occurred_at=sent))
    sheet = sheet_of(at_desk)
    assert (kept(sheet, "ca_casl").late, kept(sheet, "us_can_spam").within) == (1, 1)
    assert part(sheet).to_suppression.worst == 0.0
    assert part(sheet).since_acted.worst == 20 * 86_400


def test_a_confirmation_after_five_minutes_is_counted_as_late(at_desk: Bench) -> None:
    at_desk.hears(mail("stop", at=NOW))
    send_out(at_desk, minutes=6)
    figures = nonzero(sheet_of(at_desk), "email")
    assert figures["confirmed_later"] == figures["confirmed_late"] == 1
    assert part(sheet_of(at_desk), "email").to_confirmation.worst == 360.0
    assert kept(sheet_of(at_desk), "vn_confirmation").within == 1


def test_a_confirmation_after_five_minutes_to_the_second_is_not_late(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", who=ANN, answers_inline=False))
    send_out(at_desk, minutes=5)
    sheet = sheet_of(at_desk)
    assert nonzero(sheet) == {"requests": 1, "confirmed_later": 1}
    assert kept(sheet, "us_confirmation").within == 1


def test_a_confirmation_that_found_no_time_is_not_sent_and_said_so(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", who=ANN, answers_inline=False))
    at_desk.clock.forward(minutes=6)
    send_out(at_desk)
    assert nonzero(sheet_of(at_desk)) == {"requests": 1, "confirmations_unsent": 1}


@pytest.mark.parametrize(
    ("kind", "state", "over"),
    [
        ("help", OutboxState.SENT, 1),
        ("help", OutboxState.UNKNOWN, 1),
        ("help", OutboxState.DROPPED, 0),
        ("clarify", OutboxState.SENT, 0),  # a person had it asked
    ],
)
def test_a_second_reply_to_one_message_is_counted_if_it_may_have_left(
    at_desk: Bench, kind: str, state: OutboxState, over: int
) -> None:
    at_desk.hears(sms("stop"))
    [first] = at_desk.outbox()
    second = replace(
        first, id=new_id(NOW + timedelta(seconds=1)), kind=kind, confirmation=False, state=state
    )
    at_desk.store.write(lambda session: session.promise(second))
    assert nonzero(sheet_of(at_desk)).get("replies_over_one", 0) == over


@pytest.mark.parametrize("figure", [Figure.CONFIRMED_AT_ONCE, Figure.CONFIRMED_LATER])
def test_each_of_several_stops_of_one_person_has_its_own_confirmation(
    at_desk: Bench, figure: Figure
) -> None:
    inline = figure is Figure.CONFIRMED_AT_ONCE
    clock = at_desk.clock
    for seconds in (1, 7):
        received = clock.now
        clock.forward(seconds=seconds)
        at_desk.hears(sms("stop", at=received, answers_inline=inline))
        send_out(at_desk)
        clock.forward(minutes=10)
        at_desk.hears(sms("start", at=clock.now))
        clock.forward(minutes=10)
    sheet = sheet_of(at_desk)
    assert nonzero(sheet) == {"requests": 2, str(figure): 2}
    times = part(sheet).to_confirmation
    assert (times.count, times.median, times.worst) == (2, 4.0, 7.0)
    assert kept(sheet, "us_confirmation").within == 2


def test_the_question_that_a_person_had_asked_is_no_confirmation(at_desk: Bench) -> None:
    held = at_desk.hears(sms("hm", who=GB_ANN, answers_inline=False))
    decide(at_desk, held.review_id, Verdict.ASK, GB_ANN)
    send_out(at_desk, minutes=1)
    decide(at_desk, held.review_id, Verdict.OPT_OUT, GB_ANN)
    send_out(at_desk, minutes=2)
    sheet = sheet_of(at_desk)
    assert [item.kind for item in at_desk.outbox(GB_ANN) if not item.repeatable] == [
        "clarify",
        "opted_out",
    ]
    assert nonzero(sheet) == {"requests": 1, "confirmed_later": 1}
    assert part(sheet).to_confirmation.worst == 180.0


def test_the_providers_own_confirmation_counts_as_told(at_desk: Bench) -> None:
    vietnam = Address(channel=Channel.SMS, value="+84912345678")
    at_desk.hears(sms("stop", who=vietnam, provider_replied=True))
    sheet = sheet_of(at_desk)
    assert nonzero(sheet) == {"requests": 1}
    assert kept(sheet, "vn_confirmation").within == 1


@pytest.mark.parametrize(("by", "waiting"), [(ConfirmedBy.PROVIDER, 0), (ConfirmedBy.NOBODY, 1)])
def test_who_answers_a_sender_decides_whether_silence_is_an_answer(
    at_desk: Bench, by: ConfirmedBy, waiting: int
) -> None:
    vietnam = Address(channel=Channel.SMS, value="+84912345678")
    at_desk.hears(sms("stop", who=vietnam, provider_replied=False, recipient="+12025550111"))
    sender = Sender(id="+12025550111", channel=Channel.SMS, program="default", confirmed_by=by)
    policy = replace(POLICY, senders={sender_key(Channel.SMS, sender.id): sender})
    assert kept(sheet_of(at_desk, policy=policy), "vn_confirmation").within == 1  # Heed answered
    quiet = mail("stop", who=Address(channel=Channel.EMAIL, value="q@example.com"))
    quiet = replace(quiet, recipient="news@example.org", thread=None, provider_replied=False)
    sender = replace(sender, id="news@example.org", channel=Channel.EMAIL)
    policy = replace(policy, senders={sender_key(Channel.EMAIL, sender.id): sender})
    silent = replace(at_desk.desk.voice, policy=policy)
    at_desk.desk.voice = silent
    at_desk.hears(quiet)
    found = kept(sheet_of(at_desk, policy=policy), "eu_information", "email")
    assert (found.waiting, found.within) == (waiting, 1 - waiting)


def test_sends_after_a_stop_are_counted_by_channel_also_of_people_who_never_wrote(
    at_desk: Bench,
) -> None:
    at_desk.hears(mail("stop"))
    for minutes in (1, 2):
        tell_sent(at_desk, MAIL_ANN, NOW + timedelta(minutes=minutes), after_stop=True)
    tell_sent(at_desk, BOB, NOW, after_stop=True)
    tell_sent(at_desk, CAT, NOW)
    tell_sent(at_desk, CAT, datetime(2026, 12, 1, tzinfo=UTC), after_stop=True)
    sheet = sheet_of(at_desk)
    assert part(sheet, "email").figures[Figure.SENDS_AFTER_STOP] == 2
    assert part(sheet, "sms").figures[Figure.SENDS_AFTER_STOP] == 1


def decide(at: Bench, review_id: str, verdict: Verdict, who: Address = ANN) -> None:
    at.desk.receive(
        ReviewDecision(
            review_id=review_id,
            address_hash=at.addr(who),
            verdict=verdict,
            actor=OPS,
            received_at=at.clock.now,
        )
    )


def test_a_held_message_was_blocked_when_it_was_held_not_when_it_was_decided(
    at_desk: Bench,
) -> None:
    received = at_desk.clock.now
    at_desk.clock.forward(seconds=3)
    tell_sent(at_desk, GB_ANN, received + timedelta(seconds=1))
    held = at_desk.hears(sms("hm", who=GB_ANN, at=received))
    tell_sent(at_desk, GB_ANN, at_desk.clock.forward(hours=1))
    at_desk.clock.forward(hours=4)
    decide(at_desk, held.review_id, Verdict.OPT_OUT, GB_ANN)

    sheet = sheet_of(at_desk)
    figures = nonzero(sheet)
    assert (figures["requests"], figures["sends_before_effect"]) == (1, 1)
    assert part(sheet).to_suppression.worst == 3.0
    assert kept(sheet, "uk_objection").within == 1
    found = reviews(sheet, ReviewCause.MAY_BE_STOP)
    assert (found.opened, found.held, found.decided) == (1, 1, 1)
    assert found.seconds_open.worst == 5 * 3600.0
    assert sheet.waiting == ()


def test_a_review_is_opened_in_one_month_and_decided_in_another(at_desk: Bench) -> None:
    at_desk.clock.now = datetime(2026, 10, 31, 20, 0, tzinfo=UTC)
    held = at_desk.hears(sms("hm", who=GB_ANN, at=at_desk.clock.now))
    at_desk.clock.forward(hours=8)
    decide(at_desk, held.review_id, Verdict.NOT_OPT_OUT, GB_ANN)
    october = reviews(sheet_of(at_desk, Month(2026, 10)), ReviewCause.MAY_BE_STOP)
    november = reviews(sheet_of(at_desk), ReviewCause.MAY_BE_STOP)
    assert (october.opened, october.held, october.decided) == (1, 1, 0)
    assert (november.opened, november.held, november.decided) == (0, 0, 1)
    assert (october.seconds_open.worst, november.seconds_open.worst) == (None, 8 * 3600.0)
    assert nonzero(sheet_of(at_desk)) == {}  # it was no opt-out


def test_what_waits_shows_its_age_and_what_is_overdue(at_desk: Bench) -> None:
    at_desk.hears(sms("hm", who=ANN))
    at_desk.clock.forward(hours=20)
    at_desk.hears(sms("hm", who=BOB, at=at_desk.clock.now))
    at_desk.hears(sms("delete my data", who=CAT, at=at_desk.clock.now))
    at_desk.clock.forward(hours=5)
    unclear, erasure = sorted(sheet_of(at_desk).waiting, key=lambda one: -one.open)
    assert (unclear.cause, unclear.open, unclear.overdue) == (ReviewCause.MAY_BE_STOP, 2, 1)
    assert unclear.oldest_seconds == 25 * 3600.0
    assert unclear.next_due == NOW + timedelta(days=1)
    assert (erasure.cause, erasure.open, erasure.overdue) == (ReviewCause.ERASURE, 1, 0)
    at_desk.clock.now = NOW + timedelta(hours=20, days=30) - timedelta(seconds=1)
    assert not any(one.overdue for one in sheet_of(at_desk).waiting if one.cause is erasure.cause)
    at_desk.clock.forward(seconds=1)
    [late] = [one for one in sheet_of(at_desk).waiting if one.cause is ReviewCause.ERASURE]
    assert late.overdue == 1


def test_an_erased_person_stays_in_the_count_and_the_rules_get_no_narrower(at_desk: Bench) -> None:
    at_desk.hears(sms("delete my data"))
    before = sheet_of(at_desk)
    assert before.channels[-1].figures[Figure.ERASURES_ASKED] == 1

    def erase(session: object) -> None:
        from storage import Session

        assert isinstance(session, Session)
        addr = at_desk.addr()
        session.append(
            addr,
            NewEntry(kind=EntryKind.ERASED, effective_at=NOW),
            id=new_id(NOW),
            message_id="m-erase",
            recorded_at=NOW,
        )
        session.erase(addr)

    at_desk.store.write(erase)
    sheet = sheet_of(at_desk)
    figures = nonzero(sheet, "sms")
    assert (figures["requests"], figures["unreadable"], figures["erasures_done"]) == (1, 1, 1)
    assert {one.regime for one in part(before).deadlines} < {
        one.regime for one in part(sheet).deadlines
    }


def test_a_providers_block_is_no_request(at_desk: Bench) -> None:
    at_desk.desk.receive(
        Recording(
            act=Act.PROVIDER_BLOCK,
            address=ANN,
            scope=CHANNEL_SCOPE,
            actor=OPS,
            source="twilio",
            event_id="21610",
            received_at=NOW,
        )
    )
    assert nonzero(sheet_of(at_desk)) == {"provider_blocks": 1}


def test_a_month_holds_what_was_recorded_in_it_and_nothing_else(at_desk: Bench) -> None:
    clock = at_desk.clock
    clock.now = datetime(2026, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    at_desk.hears(sms("stop", who=ANN, at=clock.now))
    clock.now = datetime(2026, 11, 1, tzinfo=UTC)
    at_desk.hears(sms("stop", who=BOB, at=clock.now))
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    at_desk.hears(sms("stop", who=CAT, at=clock.now))
    months = [Month(2026, 10), NOVEMBER, Month(2026, 12)]
    assert [nonzero(sheet_of(at_desk, month))["requests"] for month in months] == [1, 1, 1]
    assert nonzero(sheet_of(at_desk, Month(2027, 1))) == {}
    assert sheet_of(at_desk, NOVEMBER).complete


def test_the_pages_may_be_of_any_size(at_desk: Bench) -> None:
    """Many at the same instant, so that pages end in the middle of it."""
    numbers = [Address(channel=Channel.SMS, value=f"+120255501{n:02}") for n in range(20)]
    for n, who in enumerate(numbers):
        at_desk.hears(sms("stop", who=who, at=at_desk.clock.now, answers_inline=n % 2 == 0))
        at_desk.hears(sms("help", who=who, at=at_desk.clock.now))
        at_desk.clock.forward(seconds=n % 3 == 0)
    now = at_desk.clock.now
    whole = tally(at_desk.store, POLICY, NOVEMBER, now, page=1000)
    assert whole.figures[Channel.SMS, Figure.REQUESTS] == 20
    for page in (1, 3, 7, 20):
        assert tally(at_desk.store, POLICY, NOVEMBER, now, page=page) == whole


def test_who_waits_is_told_how_far_it_is(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    told: list[tuple[str, int]] = []
    report(at_desk.store, POLICY, NOVEMBER, NOW, lambda what, count: told.append((what, count)))
    assert ("requests", 1) in told


def test_the_sheet_names_nobody(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    at_desk.hears(mail("hm"))
    tell_sent(at_desk, MAIL_ANN, NOW, after_stop=True)
    text = repr(sheet_of(at_desk))
    for private in (ANN.value, MAIL_ANN.value, "hm", US, "twilio", at_desk.addr().hex()):
        assert private not in text
