"""What every store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    Address,
    Change,
    Context,
    Conversation,
    Hold,
    Scope,
    ScopeKind,
    SentMessage,
    Suppression,
)
from storage import Conflict, Session, Store, StoreError
from storage.hourly import Counted
from tests.storage.conftest import NOW, Place
from tests.storage.people import ANN, BOB, STOPPED, WORDS, stop, stop_entry


class RefusedError(Exception):
    pass


def test_what_was_written_is_there_for_the_next_reader(place: Place, store: Store) -> None:
    addr = store.write(lambda s: stop(s, "1"))

    again = place.open()
    assert again.address_hash(ANN) == addr
    assert again.read(lambda s: s.suppressions(addr, NOW)) == (
        Suppression(scope=CHANNEL_SCOPE, hold=Hold.STOPPED, since=NOW, entry_id="e-1"),
    )
    (entry,) = again.read(lambda s: s.history(addr))
    assert (entry.number, entry.words, entry.scope) == (1, WORDS, CHANNEL_SCOPE)
    assert entry.facts == stop_entry().facts
    assert entry.effective_at == stop_entry().effective_at
    assert again.read(lambda s: s.entry(addr, "e-1")) == entry
    assert again.read(lambda s: s.entry(addr, "e-2")) is None
    assert again.read(lambda s: s.address(addr)) == ANN


def test_a_unit_that_raises_leaves_nothing(store: Store) -> None:
    def work(session: Session) -> None:
        stop(session, "1")
        raise RefusedError("no")

    with pytest.raises(RefusedError, match="no"):
        store.write(work)
    addr = store.address_hash(ANN)
    assert store.read(lambda s: (s.history(addr), s.suppressions(addr, NOW), s.outbox(addr))) == (
        [],
        (),
        [],
    )
    assert store.read(lambda s: s.address(addr)) is None
    store.write(lambda s: stop(s, "1"))  # and the store goes on


def test_an_event_is_known_after_it_had_its_effect(store: Store) -> None:
    addr = store.write(lambda s: stop(s, "SM1"))

    event = store.read(lambda s: s.event(addr, ("twilio", "AC1", "SM1")))
    assert event is not None
    assert (event.message_id, event.outcome, event.outbox_id, event.received_at) == (
        "m-SM1",
        "opted_out",
        "o-SM1",
        NOW,
    )
    others = (("twilio", "AC1", "SM2"), ("twilio", "AC", "1SM1"), ("vonage", "AC1", "SM1"))
    assert store.read(lambda s: [s.event(addr, parts) for parts in others]) == [None] * 3
    with pytest.raises(Conflict):
        store.write(lambda s: s.remember_event(addr, ("twilio", "AC1", "SM1"), "m", "x", None, NOW))


def test_entries_are_numbered_within_their_address_without_gaps(store: Store) -> None:
    def failing(session: Session) -> None:
        session.append(
            session.touch(ANN, NOW), stop_entry(), id="lost", message_id="", recorded_at=NOW
        )
        raise RefusedError

    for name in "abc":
        store.write(partial(stop, name=name))
        store.write(partial(stop, name=name, who=BOB))
        with pytest.raises(RefusedError):
            store.write(failing)

    def two(session: Session) -> None:
        addr = session.touch(ANN, NOW)
        for name in ("d", "e"):
            session.append(addr, stop_entry(), id=name, message_id="", recorded_at=NOW)

    store.write(two)
    numbers = store.read(lambda s: [e.number for e in s.history(s.hash_of(ANN))])
    assert numbers == [1, 2, 3, 4, 5]
    assert store.read(lambda s: [e.number for e in s.history(s.hash_of(BOB))]) == [1, 2, 3]
    assert store.read(lambda s: s.faults(s.hash_of(ANN))) == []


def test_an_entry_needs_an_address_that_was_touched(store: Store) -> None:
    with pytest.raises(StoreError, match="touch"):
        store.write(
            lambda s: s.append(s.hash_of(ANN), stop_entry(), id="e", message_id="", recorded_at=NOW)
        )


def test_two_messages_of_one_address_wait_for_each_other(store: Store) -> None:
    threads = 8
    start = threading.Barrier(threads)

    def work(session: Session, name: str) -> int:
        addr = session.touch(ANN, NOW)
        seen = len(session.history(addr))
        session.append(addr, stop_entry(), id=name, message_id="", recorded_at=NOW)
        session.save_conversation(addr, "+12025550100", session.conversation(addr, "+12025550100"))
        return seen

    seen: list[int] = []

    def receive(name: str) -> None:
        start.wait()
        seen.extend(store.write(partial(work, name=f"{name}{turn}")) for turn in range(3))

    running = [threading.Thread(target=receive, args=(f"t{n}-",)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert sorted(seen) == list(range(threads * 3))
    assert store.read(lambda s: s.conversation(s.hash_of(ANN), "+12025550100").version) == 24


def test_text_of_any_kind_comes_back_as_it_came(store: Store) -> None:
    words = "st\0p \ud800 退订 🛑\r\n" + "x" * 5000

    def work(session: Session) -> bytes:
        addr = session.touch(BOB, NOW)
        session.append(addr, stop_entry(words), id="e", message_id="m\0\ud800", recorded_at=NOW)
        return addr

    addr = store.write(work)
    (entry,) = store.read(lambda s: s.history(addr))
    assert entry.words == words
    assert entry.message_id == "m\ufffd?"


# --- suppressions ---


def test_a_pause_ends_by_itself(store: Store) -> None:
    addr = store.address_hash(ANN)
    until = NOW + timedelta(days=30)
    pause = Change(scope=CHANNEL_SCOPE, hold=Hold.PAUSED, until=until)
    store.write(lambda s: s.apply(s.touch(ANN, NOW), pause, NOW, "e"))

    before = store.read(lambda s: s.suppressions(addr, until - timedelta(microseconds=1)))
    assert [s.until for s in before] == [until]
    assert store.read(lambda s: s.suppressions(addr, until)) == ()


@pytest.mark.parametrize("weaker", [Hold.HELD, Hold.PAUSED])
def test_a_weaker_hold_never_replaces_a_stop(store: Store, weaker: Hold) -> None:
    def work(session: Session) -> bytes:
        addr = session.touch(ANN, NOW)
        session.apply(addr, STOPPED, NOW, "first")
        until = NOW + timedelta(days=1)
        change = Change(
            scope=CHANNEL_SCOPE, hold=weaker, until=until, flags=frozenset({"complaint"})
        )
        session.apply(addr, change, NOW, "second")
        return addr

    addr = store.write(work)
    (kept,) = store.read(lambda s: s.suppressions(addr, NOW + timedelta(days=400)))
    assert (kept.hold, kept.entry_id, kept.flags) == (
        Hold.STOPPED,
        "first",
        frozenset({"complaint"}),
    )


def test_lifting_one_scope_leaves_the_others(store: Store) -> None:
    newsletter = Scope(ScopeKind.TOPIC, "newsletter")

    def work(session: Session) -> bytes:
        addr = session.touch(ANN, NOW)
        for scope in (newsletter, CHANNEL_SCOPE, EVERYTHING):
            session.apply(addr, Change(scope=scope, hold=Hold.STOPPED), NOW, "e")
        session.apply(addr, Change(scope=CHANNEL_SCOPE, hold=None), NOW, "e2")
        return addr

    addr = store.write(work)
    left = store.read(lambda s: s.suppressions(addr, NOW))
    assert {s.scope for s in left} == {newsletter, EVERYTHING}


def test_many_addresses_are_checked_at_once(store: Store) -> None:
    addrs = [bytes([n // 256, n % 256]) * 8 for n in range(600)]
    assert store.read(lambda s: s.suppressions_of(addrs, NOW)) == {}
    ann = store.write(lambda s: stop(s, "1"))
    everything = Change(scope=EVERYTHING, hold=Hold.PAUSED, until=NOW + timedelta(days=1))
    store.write(lambda s: s.apply(ann, everything, NOW, "e-2"))

    found = store.read(lambda s: s.suppressions_of([*addrs, ann], NOW))
    assert list(found) == [ann]
    assert {s.scope for s in found[ann]} == {CHANNEL_SCOPE, EVERYTHING}
    later = store.read(lambda s: s.suppressions_of([ann], NOW + timedelta(days=1)))
    assert [s.scope for s in later[ann]] == [CHANNEL_SCOPE]
    assert store.read(lambda s: s.suppressions_of([], NOW)) == {}


# --- conversations, sends, contacts, settings ---


def test_a_conversation_that_moved_is_not_overwritten(store: Store) -> None:
    asked = Conversation(
        asked=Context.SCOPE_ASKED,
        choices=("newsletter", "all"),
        asked_until=NOW + timedelta(hours=24),
        lang="de",
        last_opt_in_at=NOW,
        clarified_at=NOW,
    )
    addr = store.write(lambda s: s.touch(ANN, NOW))
    first = store.write(lambda s: s.save_conversation(addr, "heed", asked))
    assert first == replace(asked, version=1)
    assert store.read(lambda s: s.conversation(addr, "heed")) == first
    assert store.read(lambda s: s.conversation(addr, "another")) == Conversation()

    second = store.write(lambda s: s.save_conversation(addr, "heed", first))
    assert second.version == 2

    def save(session: Session, conversation: Conversation) -> None:
        session.save_conversation(addr, "heed", conversation)

    for stale in (first, asked):
        with pytest.raises(Conflict):
            store.write(partial(save, conversation=stale))


def test_the_last_send_is_the_context_of_a_reply(store: Store) -> None:
    addr = store.write(lambda s: s.touch(ANN, NOW))
    sends = [
        SentMessage(sender="heed", topic=topic, lang="en", sent_at=NOW + timedelta(hours=n))
        for n, topic in ((1, "surveys"), (3, "promotions"), (2, "newsletter"))
    ]

    def work(session: Session) -> None:
        for n, sent in enumerate(sends * 2):  # told twice: the same
            session.record_send(addr, sent, id=f"s{n % 3}", message_ref=f"ref-{n % 3}")

    store.write(work)
    assert store.read(lambda s: s.last_send(addr, "heed")) == sends[1]
    assert store.read(lambda s: s.last_send(addr, "another")) is None
    assert store.read(lambda s: s.send_by_reference(addr, "ref-2")) == sends[2]
    assert store.read(lambda s: s.send_by_reference(addr, "ref-9")) is None


def test_addresses_of_one_contact_know_each_other(store: Store) -> None:
    def work(session: Session) -> tuple[bytes, bytes]:
        ann, bob = session.touch(ANN, NOW), session.touch(BOB, NOW)
        for addr in (ann, bob, bob):
            session.link_contact(addr, "crm-17")
        session.link_contact(ann, "shop-4")
        return ann, bob

    ann, bob = store.write(work)
    assert store.read(lambda s: s.linked(ann)) == [bob]
    assert store.read(lambda s: s.linked(bob)) == [ann]


def test_settings_are_kept(store: Store) -> None:
    assert store.read(lambda s: s.setting("sealed")) is None
    for value in ("1", "2"):
        store.write(partial(Session.save_setting, name="sealed", value=value))
    assert store.read(lambda s: s.setting("sealed")) == "2"


# --- listings ---


def test_an_export_meets_every_entry_and_suppression_once(store: Store) -> None:
    for name in "abc":
        store.write(partial(stop, name=name))
        store.write(partial(stop, name=name, who=BOB))

    def pages(session: Session) -> tuple[list[tuple[Address | None, int]], list[Address | None]]:
        entries: list[tuple[Address | None, int]] = []
        suppressed: list[Address | None] = []
        cursor = ""
        while page := session.entries_after(cursor, 4):
            entries += [(line.address, line.entry.number) for line in page]
            cursor = page[-1].cursor
        cursor = ""
        while lines := session.all_suppressions(cursor, 1):
            suppressed += [line.address for line in lines]
            cursor = lines[-1].cursor
        return entries, suppressed

    entries, suppressed = store.read(pages)
    assert len(entries) == 6
    assert {(who, n) for who, n in entries} == {(who, n) for who in (ANN, BOB) for n in (1, 2, 3)}
    assert sorted(suppressed, key=str) == sorted([ANN, BOB], key=str)


# --- the store itself ---


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError):
        store.read(lambda s: s.touch(ANN, NOW))
    assert store.read(lambda s: s.address(s.hash_of(ANN))) is None


def test_a_closed_store_refuses_work(store: Store) -> None:
    store.ping()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.write(lambda s: s.touch(ANN, NOW))
    with pytest.raises(StoreError, match="closed"):
        store.read(lambda s: s.hash_of(ANN))


def test_a_store_opened_before_a_fork_is_refused_after_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as child:
        child.setattr("storage.store.os.getpid", lambda: -1)
        for use in (store.write, store.read):
            with pytest.raises(StoreError, match="fork"):
                use(lambda s: s.setting("x"))
    store.ping()


def test_a_swallowed_database_error_is_not_taken_for_success(store: Store) -> None:
    def work(session: Session) -> None:
        addr = stop(session, "1")
        try:
            session.remember_event(addr, ("twilio", "AC1", "1"), "m", "x", None, NOW)
        except Exception:  # noqa: BLE001 - the mistake that this test is about
            session.save_setting("swallowed", "yes")

    try:
        store.write(work)
    except StoreError:
        assert store.read(lambda s: s.history(s.hash_of(ANN))) == []
    else:
        assert len(store.read(lambda s: s.history(s.hash_of(ANN)))) == 1


def test_what_happens_within_an_hour_is_counted_for_every_process(place: Place) -> None:
    one, another = place.open(), place.open()
    one.write(lambda s: s.count(Counted.MAIL_ANSWER, "example.com", NOW))
    another.write(lambda s: s.count(Counted.MAIL_ANSWER, "example.com", NOW))
    another.write(lambda s: s.count(Counted.MAIL_ANSWER, "example.org", NOW))
    asked = (Counted.MAIL_ANSWER, "example.com")
    assert one.read(lambda s: s.times(*asked, NOW)) == (2, 3)
    assert one.read(lambda s: s.times(*asked, NOW + timedelta(hours=1))) == (0, 0)
    assert one.read(lambda s: s.times(Counted.UNPROVED_STOP, "example.com", NOW)) == (0, 0)
    one.write(lambda s: s.forget_counts(NOW + timedelta(hours=1)))
    assert one.read(lambda s: s.times(*asked, NOW)) == (2, 3)
    one.write(lambda s: s.forget_counts(NOW + timedelta(hours=2)))
    assert one.read(lambda s: s.times(*asked, NOW)) == (0, 0)
