"""Answers are sent at most once, notices at least once; a review is decided once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.model import CHANNEL_SCOPE, Channel, NewReview, ReviewCause, Verdict
from storage import OutboxItem, OutboxState, Session, Store
from tests.storage.conftest import NOW, Place
from tests.storage.people import ANN, BOB, confirmation, stop

LEASE = timedelta(minutes=1)
LATER = NOW + LEASE


def promise(store: Store, *, repeatable: bool = False, raw: bytes | None = None) -> OutboxItem:
    def work(session: Session) -> OutboxItem:
        item = confirmation(session.touch(ANN, NOW), "o-1")
        item = replace(item, repeatable=repeatable, expires_at=None, raw=raw)
        session.promise(item)
        return item

    return store.write(work)


def state(store: Store, item_id: str = "o-1") -> OutboxState:
    item = store.read(lambda s: s.item(s.hash_of(ANN), item_id))
    assert item is not None
    return item.state


def test_a_claimed_answer_is_whole_and_nobody_else_gets_it(store: Store) -> None:
    promised = promise(store, raw=b"\xff raw mail")

    assert store.write(lambda s: s.claim(NOW - timedelta(seconds=1), 10, LEASE)) == []
    (claimed,) = store.write(lambda s: s.claim(NOW, 10, LEASE))
    assert claimed == replace(
        promised, address=ANN, state=OutboxState.SENDING, tries=1, lease_until=LATER
    )
    assert store.write(lambda s: s.claim(NOW, 10, LEASE)) == []
    assert state(store) is OutboxState.SENDING


def test_an_answer_whose_sender_died_is_unknown_and_never_sent_again(store: Store) -> None:
    promise(store)
    store.write(lambda s: s.claim(NOW, 10, LEASE))

    assert store.write(lambda s: s.claim(LATER, 10, LEASE)) == []
    (lost,) = store.write(lambda s: s.expire(LATER))
    assert (lost.id, lost.state) == ("o-1", OutboxState.UNKNOWN)
    assert store.write(lambda s: s.expire(LATER)) == []
    assert store.write(lambda s: s.claim(LATER, 10, LEASE)) == []
    # Its end may still become known, but it does not come back to life.
    assert not store.write(
        lambda s: s.settle(s.hash_of(ANN), "o-1", OutboxState.PENDING, due_at=LATER)
    )
    assert store.write(lambda s: s.settle(s.hash_of(ANN), "o-1", OutboxState.SENT, ref="SM9"))
    assert state(store) is OutboxState.SENT


def test_a_notice_whose_sender_died_is_sent_again(store: Store) -> None:
    promise(store, repeatable=True)
    store.write(lambda s: s.claim(NOW, 10, LEASE))

    assert store.write(lambda s: s.expire(LATER)) == []
    (again,) = store.write(lambda s: s.claim(LATER, 10, LEASE))
    assert again.tries == 2


def test_an_answer_past_its_time_is_dropped_not_sent(store: Store) -> None:
    store.write(lambda s: stop(s, "1"))  # five minutes, as the law has it
    late = NOW + timedelta(minutes=5)

    assert store.write(lambda s: s.claim(late, 10, LEASE)) == []
    (dropped,) = store.write(lambda s: s.expire(late))
    assert (dropped.state, dropped.error) == (OutboxState.DROPPED, "expired")


def test_a_passing_failure_waits_for_its_next_try(store: Store) -> None:
    promise(store)
    store.write(lambda s: s.claim(NOW, 10, LEASE))
    due = NOW + timedelta(seconds=30)

    with pytest.raises(ValueError, match="due_at"):
        store.write(lambda s: s.settle(s.hash_of(ANN), "o-1", OutboxState.PENDING))
    assert store.write(
        lambda s: s.settle(s.hash_of(ANN), "o-1", OutboxState.PENDING, error="503", due_at=due)
    )
    assert store.write(lambda s: s.claim(NOW, 10, LEASE)) == []
    (again,) = store.write(lambda s: s.claim(due, 10, LEASE))
    assert (again.tries, again.error) == (2, "503")


def test_a_settled_item_stays_settled_and_its_mail_is_forgotten(store: Store) -> None:
    promise(store, raw=b"mail")
    store.write(lambda s: s.claim(NOW, 10, LEASE))
    assert store.write(lambda s: s.settle(s.hash_of(ANN), "o-1", OutboxState.SENT, ref="SM9"))
    assert not store.write(lambda s: s.settle(s.hash_of(ANN), "o-1", OutboxState.DROPPED))
    item = store.read(lambda s: s.item(s.hash_of(ANN), "o-1"))
    assert item is not None
    assert (item.state, item.provider_ref, item.raw) == (OutboxState.SENT, "SM9", None)
    assert not store.write(lambda s: s.settle(s.hash_of(ANN), "never promised", OutboxState.SENT))


def test_after_a_restore_unsent_answers_are_parked_until_someone_decides(store: Store) -> None:
    promise(store)
    store.write(lambda s: s.promise(replace(confirmation(s.hash_of(ANN), "n"), repeatable=True)))

    assert store.write(lambda s: s.park_unsent()) == 1
    assert [item.id for item in store.read(lambda s: s.parked())] == ["o-1"]
    assert [item.id for item in store.write(lambda s: s.claim(NOW, 10, LEASE))] == ["n"]
    assert store.write(lambda s: s.settle(s.hash_of(ANN), "o-1", OutboxState.PENDING, due_at=NOW))
    assert [item.id for item in store.write(lambda s: s.claim(NOW, 10, LEASE))] == ["o-1"]


def test_many_workers_never_claim_the_same_item(place: Place, store: Store) -> None:
    def fill(session: Session) -> None:
        addr = session.touch(ANN, NOW)
        for n in range(60):
            session.promise(confirmation(addr, f"o-{n}"))

    store.write(fill)
    claimed: list[str] = []
    workers = [place.open() for _ in range(3)]

    def drain(worker: Store) -> None:
        while items := worker.write(lambda s: s.claim(NOW, 7, LEASE)):
            claimed.extend(item.id for item in items)

    threads = [threading.Thread(target=drain, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(f"o-{n}" for n in range(60))


def test_listings_and_the_count_of_recent_answers(store: Store) -> None:
    def work(session: Session) -> bytes:
        addr = session.touch(ANN, NOW)
        for n in range(3):
            made = NOW + timedelta(hours=n)
            session.promise(replace(confirmation(addr, f"o-{n}"), created_at=made))
        session.promise(replace(confirmation(addr, "notice"), repeatable=True))
        session.promise(confirmation(session.touch(BOB, NOW), "bob"))
        return addr

    addr = store.write(work)
    assert store.read(lambda s: s.recent_answers(addr, NOW + timedelta(hours=1))) == 2
    assert [i.id for i in store.read(lambda s: s.recent_outbox(2))] == ["o-2", "o-1"]
    assert {i.id for i in store.read(lambda s: s.outbox(addr))} == {"o-0", "o-1", "o-2", "notice"}


# --- reviews ---


def open_review(session: Session, review_id: str, hours: int = 1) -> bytes:
    addr = session.touch(ANN, NOW)
    session.open_review(
        addr,
        NewReview(
            cause=ReviewCause.MAY_BE_STOP, due_at=NOW + timedelta(hours=hours), holds=CHANNEL_SCOPE
        ),
        id=review_id,
        sender="+12025550100",
        channel=Channel.SMS,
        entry_id="e-1",
        opened_at=NOW,
    )
    return addr


def test_a_review_waits_open_until_decided_once(store: Store) -> None:
    addr = store.write(lambda s: open_review(s, "r1"))
    assert store.read(lambda s: s.count_reviews(addr)) == 1
    review = store.read(lambda s: s.review("r1"))
    assert review is not None
    assert (review.cause, review.holds, review.version) == (
        ReviewCause.MAY_BE_STOP,
        CHANNEL_SCOPE,
        1,
    )

    def decide(version: int | None, verdict: Verdict) -> bool:
        return store.write(
            lambda s: s.decide_review(s.hash_of(ANN), "r1", version, verdict, "cli:ops", NOW)
        )

    assert not decide(2, Verdict.OPT_OUT)  # they saw another version
    assert decide(1, Verdict.OPT_OUT)
    assert not decide(None, Verdict.NOT_OPT_OUT)
    decided = store.read(lambda s: s.review("r1"))
    assert decided is not None
    assert (decided.verdict, decided.decided_by, decided.decided_at, decided.version) == (
        Verdict.OPT_OUT,
        "cli:ops",
        NOW,
        2,
    )
    assert store.read(lambda s: s.count_reviews(addr)) == 0
    assert store.read(lambda s: s.open_reviews()) == []
    assert store.read(lambda s: s.reviews_of(addr)) == [decided]


def test_of_many_deciders_at_once_one_decides(store: Store) -> None:
    store.write(lambda s: open_review(s, "r1"))
    start = threading.Barrier(6)
    won: list[str] = []

    def decide(name: str) -> None:
        start.wait()
        if store.write(
            lambda s: s.decide_review(s.hash_of(ANN), "r1", None, Verdict.OPT_OUT, name, NOW)
        ):
            won.append(name)

    threads = [threading.Thread(target=decide, args=(f"slack:{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    review = store.read(lambda s: s.review("r1"))
    assert review is not None
    assert won == [review.decided_by]


def test_the_most_urgent_review_comes_first_and_pages_go_on(store: Store) -> None:
    for review_id, hours in (("c", 3), ("a", 1), ("b2", 2), ("b1", 2)):
        store.write(partial(open_review, review_id=review_id, hours=hours))

    first = store.read(lambda s: s.open_reviews(3))
    rest = store.read(lambda s: s.open_reviews(3, first[-1].cursor))
    assert [r.id for r in first + rest] == ["a", "b1", "b2", "c"]
    due = store.read(lambda s: s.due_reviews(NOW + timedelta(hours=2)))
    assert [r.id for r in due] == ["a", "b1", "b2"]


def test_only_reviews_that_suppress_end_by_the_clock(store: Store) -> None:
    store.write(partial(open_review, review_id="holds"))

    def other(session: Session) -> None:
        session.open_review(
            session.touch(BOB, NOW),
            NewReview(cause=ReviewCause.LESS, due_at=NOW),
            id="other",
            sender="heed",
            channel=Channel.EMAIL,
            entry_id="e-2",
            opened_at=NOW,
        )

    store.write(other)
    due = NOW + timedelta(hours=1)
    assert [r.id for r in store.read(lambda s: s.due_reviews(due))] == ["other", "holds"]
    assert [r.id for r in store.read(lambda s: s.due_holds(due))] == ["holds"]
    assert store.read(lambda s: s.due_holds(due - timedelta(microseconds=1))) == []


def test_a_review_that_moved_on_is_not_decided_by_who_saw_it_before(store: Store) -> None:
    store.write(partial(open_review, review_id="r1"))
    assert store.write(lambda s: s.move_on(s.hash_of(ANN), "r1", 1))
    assert not store.write(lambda s: s.move_on(s.hash_of(ANN), "r1", 1))

    def decide(version: int) -> bool:
        return store.write(
            lambda s: s.decide_review(s.hash_of(ANN), "r1", version, Verdict.OPT_OUT, "cli", NOW)
        )

    assert not decide(1)
    assert decide(2)
    assert not store.write(lambda s: s.move_on(s.hash_of(ANN), "r1", None))


def test_a_review_remembers_its_card(store: Store) -> None:
    store.write(lambda s: open_review(s, "r1"))
    store.write(lambda s: s.set_card(s.hash_of(ANN), "r1", "T012", "C345", "171.5", "open"))
    review = store.read(lambda s: s.review("r1"))
    assert review is not None
    assert (review.card_team, review.card_channel, review.card_ts, review.card_state) == (
        "T012",
        "C345",
        "171.5",
        "open",
    )
