"""Rows wait for their batch (decision 0016), and nobody can tell: not a reader, not a neighbour."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from bot.model import CHANNEL_SCOPE, Address, Change, Channel, NewReview, ReviewCause
from storage import Conflict, Session, Store, StoreError
from storage.chance import Chance
from storage.sqlite import SqliteBackend
from tests.storage.conftest import NOW, Place
from tests.storage.people import ANN, BOB, confirmation, stop, stop_entry

WAIT_S = 20
CAT = Address(channel=Channel.SMS, value="+12025550177")
Work = Callable[[Session], object]


def in_one_batch(store: Store, *works: Work, about: Address | None = None) -> list[object]:
    """Have the writer run all of these in one transaction, in order; what each caller got."""
    backend = store._backend
    assert isinstance(backend, SqliteBackend)
    writer = backend._writer
    hint = None if about is None else store.address_hash(about)
    outcomes: list[object] = [None] * len(works)
    started, release = threading.Event(), threading.Event()

    def keep_busy(_session: Session) -> None:
        started.set()
        assert release.wait(WAIT_S)

    def call(number: int) -> None:
        try:
            outcomes[number] = store.write(works[number], about=hint)
        except Exception as error:  # noqa: BLE001 - it is the outcome
            outcomes[number] = error

    def waits(count: int) -> bool:
        return len(writer._waiting) == count

    busy = threading.Thread(target=store.write, args=(keep_busy,))
    busy.start()
    assert started.wait(WAIT_S)
    callers = [threading.Thread(target=call, args=(number,)) for number in range(len(works))]
    for number, caller in enumerate(callers):
        caller.start()
        with writer._changed:  # in this order
            assert writer._changed.wait_for(partial(waits, number + 1), WAIT_S)
    release.set()
    for thread in (busy, *callers):
        thread.join(WAIT_S)
        assert not thread.is_alive()
    return outcomes


def kept(store: Store, who: Address) -> tuple[int, int, int]:
    """How many entries, suppressions and promises there are, and that the chain holds."""

    def look(session: Session) -> tuple[int, int, int]:
        addr = session.hash_of(who)
        assert session.faults(addr) == []
        return (
            len(session.history(addr)),
            len(session.suppressions(addr, NOW)),
            len(session.outbox(addr)),
        )

    return store.read(look)


def test_a_row_that_is_refused_hurts_only_its_own_unit(sqlite_place: Place) -> None:
    store = sqlite_place.open()
    store.write(lambda s: stop(s, "1"))

    def once_more(session: Session) -> None:
        stop(session, "lost", who=CAT)
        session.remember_event(session.hash_of(ANN), ("twilio", "AC1", "1"), "m", "x", None, NOW)

    def changes(session: Session) -> None:  # and so meets the refusal first
        session.save_setting("kept", "yes")

    outcomes = in_one_batch(
        store, partial(stop, name="2"), once_more, partial(stop, name="3", who=BOB), changes
    )
    assert outcomes[3] is None
    assert store.read(lambda s: s.setting("kept")) == "yes"
    assert isinstance(outcomes[1], Conflict)
    assert outcomes[0] == store.address_hash(ANN)
    assert outcomes[2] == store.address_hash(BOB)
    assert (kept(store, ANN), kept(store, BOB)) == ((2, 1, 2), (1, 1, 1))
    assert kept(store, CAT) == (0, 0, 0)


def test_a_value_that_no_column_takes_hurts_only_its_own_unit(sqlite_place: Place) -> None:
    store = sqlite_place.open()

    def unspeakable(session: Session) -> None:
        session.open_review(
            session.touch(CAT, NOW),
            NewReview(cause=ReviewCause.UNCLEAR, due_at=NOW),
            id="\ud800",
            sender="",
            channel=Channel.SMS,
            entry_id="",
            opened_at=NOW,
        )

    outcomes = in_one_batch(store, partial(stop, name="1"), unspeakable)
    assert isinstance(outcomes[1], UnicodeEncodeError)
    assert kept(store, ANN) == (1, 1, 1)
    assert store.read(lambda s: s.address(s.hash_of(CAT))) is None


def test_a_failing_unit_that_changed_something_takes_nobody_else_along(sqlite_place: Place) -> None:
    store = sqlite_place.open()

    def changes_and_fails(session: Session) -> None:
        addr = stop(session, "lost", who=BOB)
        session.apply(addr, Change(scope=CHANNEL_SCOPE, hold=None), NOW, "lost")  # a deletion
        session.save_setting("lost", "yes")
        raise LookupError

    outcomes = in_one_batch(
        store, partial(stop, name="1"), changes_and_fails, partial(stop, name="2", who=CAT)
    )
    assert isinstance(outcomes[1], LookupError)
    assert (kept(store, ANN), kept(store, CAT)) == ((1, 1, 1), (1, 1, 1))
    assert kept(store, BOB) == (0, 0, 0)
    assert store.read(lambda s: s.setting("lost")) is None


def test_messages_of_one_person_in_one_batch_see_each_other(sqlite_place: Place) -> None:
    store = sqlite_place.open()

    def number_of(session: Session, name: str) -> tuple[int, bool]:
        known = session.event(session.touch(ANN, NOW), ("twilio", "AC1", "1")) is not None
        return len(session.history(stop(session, name))), known

    outcomes = in_one_batch(
        store, *(partial(number_of, name=str(n)) for n in range(1, 6)), about=ANN
    )
    assert outcomes == [(1, False), (2, True), (3, True), (4, True), (5, True)]
    assert kept(store, ANN) == (5, 1, 5)


def test_an_erasure_in_the_same_batch_is_seen(sqlite_place: Place) -> None:
    store = sqlite_place.open()
    store.write(lambda s: stop(s, "1"))
    in_one_batch(
        store, lambda s: s.erase(s.hash_of(ANN)), partial(stop, name="2"), lambda s: stop(s, "3")
    )
    words = store.read(lambda s: [entry.words for entry in s.history(s.hash_of(ANN))])
    assert words == [None, stop_entry().words, stop_entry().words]


def test_a_unit_sees_what_it_added(store: Store) -> None:
    def work(session: Session) -> tuple[int, dict[str, int], int]:
        addr = session.touch(ANN, NOW)
        for n in range(40):  # more than one statement takes
            session.promise(confirmation(addr, f"o-{n:02d}"))
        shown = [item.id for item in session.outbox(addr)]
        assert shown == [f"o-{n:02d}" for n in range(40)]
        session.promise(confirmation(addr, "o-40"))
        return len(shown), session.outbox_counts(), len(session.recent_outbox(100))

    assert store.write(work) == (40, {"pending": 41}, 41)


def test_what_is_added_and_taken_away_in_one_unit_is_gone(store: Store) -> None:
    def work(session: Session) -> None:
        addr = stop(session, "1")
        session.apply(addr, Change(scope=CHANNEL_SCOPE, hold=None), NOW, "e-2")

    store.write(work)
    assert store.read(lambda s: s.suppressions(s.hash_of(ANN), NOW)) == ()


def test_two_writes_of_one_row_in_one_unit_keep_the_last(store: Store) -> None:
    def work(session: Session) -> None:
        stop(session, "1")
        stop(session, "2")

    store.write(work)
    found = store.read(lambda s: s.suppressions(s.hash_of(ANN), NOW))
    assert [one.entry_id for one in found] == ["e-2"]
    assert kept(store, ANN) == (2, 1, 2)


def test_a_reader_cannot_write_what_would_only_wait(store: Store) -> None:
    with pytest.raises(StoreError):
        store.read(lambda s: s.touch(ANN, NOW))
    assert store.read(lambda s: s.address(s.hash_of(ANN))) is None


def test_no_random_byte_is_handed_out_twice() -> None:
    chance = Chance()
    drawn = [chance(12) for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert all(len(one) == 12 for one in drawn)
    assert len(chance(5000)) == 5000
