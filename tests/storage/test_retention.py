"""What people wrote ends when its time is over; entries, proofs and suppressions stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.model import (
    CHANNEL_SCOPE,
    Channel,
    EntryKind,
    Json,
    NewEntry,
    NewReview,
    ReviewCause,
    Verdict,
)
from storage import OutboxState, Session, Store
from storage.retention import Pass, Swept
from tests.storage.conftest import NOW
from tests.storage.people import ANN, BOB, confirmation

LATER = NOW + timedelta(days=1)


def record(
    store: Store, name: str, kind: EntryKind, *, at: datetime = NOW, words: str = "words"
) -> bytes:
    def work(session: Session) -> bytes:
        addr = session.touch(ANN, at)
        entry = NewEntry(kind=kind, effective_at=at, scope=CHANNEL_SCOPE, words=words)
        session.append(addr, entry, id=name, message_id=f"m-{name}", recorded_at=at)
        return addr

    return store.write(work)


def review(store: Store, addr: bytes, entry_id: str, verdict: Verdict | None) -> None:
    def work(session: Session) -> None:
        session.open_review(
            addr,
            NewReview(cause=ReviewCause.MAY_BE_STOP, due_at=LATER),
            id=f"R{entry_id}".upper(),
            sender="+12025550199",
            channel=Channel.SMS,
            entry_id=entry_id,
            opened_at=NOW,
        )
        if verdict is not None:
            session.decide_review(addr, f"R{entry_id}".upper(), None, verdict, by="lee", at=NOW)

    store.write(work)


def sweep(store: Store, what: Pass, before: datetime, limit: int = 100) -> Swept:
    return store.write(lambda session: session.sweep(what, before, limit))


def readable(store: Store, addr: bytes) -> list[str]:
    history = store.read(lambda session: session.history(addr))
    return [entry.id for entry in history if entry.words is not None]


@pytest.mark.parametrize("kind", [EntryKind.HEARD, EntryKind.REASON_GIVEN, EntryKind.HELD])
def test_words_that_led_to_no_opt_out_end_first(store: Store, kind: EntryKind) -> None:
    addr = record(store, "e1", kind)
    record(store, "e2", EntryKind.OPTED_OUT)
    assert sweep(store, Pass.WORDS, LATER) == Swept(forgotten=1, more=False)
    assert readable(store, addr) == ["e2"]
    assert sweep(store, Pass.PROOF, LATER) == Swept(forgotten=1, more=False)
    assert readable(store, addr) == []
    assert store.read(lambda session: session.faults(addr)) == []


@pytest.mark.parametrize(
    ("verdict", "kept"),
    [
        (Verdict.OPT_OUT, True),
        (Verdict.WRONG_NUMBER, True),
        (None, True),  # it waits for a decision
        (Verdict.NOT_OPT_OUT, False),
        (Verdict.DONE, False),
    ],
)
def test_words_of_which_a_person_made_an_opt_out_are_proof(
    store: Store, verdict: Verdict | None, *, kept: bool
) -> None:
    addr = record(store, "e1", EntryKind.HELD)
    review(store, addr, "e1", verdict)
    sweep(store, Pass.WORDS, LATER)
    assert readable(store, addr) == (["e1"] if kept else [])
    sweep(store, Pass.PROOF, LATER)
    assert readable(store, addr) == []


def test_what_is_younger_stays(store: Store) -> None:
    addr = record(store, "e1", EntryKind.HEARD)
    record(store, "e2", EntryKind.HEARD, at=LATER)
    assert sweep(store, Pass.WORDS, LATER).forgotten == 1
    assert readable(store, addr) == ["e2"]


def test_a_batch_is_bounded_and_the_next_goes_on_where_it_ended(store: Store) -> None:
    for number in range(7):  # all of one instant
        addr = record(store, f"e{number}", EntryKind.HEARD)
    counts = []
    while (swept := sweep(store, Pass.WORDS, LATER, limit=3)).more:
        counts.append(swept.forgotten)
    assert [*counts, swept.forgotten] == [3, 3, 1]
    assert readable(store, addr) == []


def test_after_a_restore_everything_is_looked_at_again(store: Store) -> None:
    record(store, "e1", EntryKind.HEARD)
    assert sweep(store, Pass.WORDS, LATER).forgotten == 1
    record(store, "e2", EntryKind.HEARD)  # as if it had come back with old keys
    store.write(lambda session: session.sweep_from_the_start())
    assert sweep(store, Pass.WORDS, LATER).forgotten == 1


def test_suppressions_and_facts_stay(store: Store) -> None:
    def work(session: Session) -> bytes:
        addr = session.touch(ANN, NOW)
        entry = NewEntry(
            kind=EntryKind.HEARD, effective_at=NOW, words="words", facts={"rule": "exact"}
        )
        session.append(addr, entry, id="e1", message_id="m", recorded_at=NOW)
        return addr

    addr = store.write(work)
    sweep(store, Pass.WORDS, LATER)
    (entry,) = store.read(lambda session: session.history(addr))
    assert (entry.words, entry.facts) == (None, {"rule": "exact"})
    assert store.read(lambda session: session.address(addr)) == ANN


def test_mails_and_subjects_leave_the_outbox_and_what_is_that_old_is_not_sent(
    store: Store,
) -> None:
    def work(session: Session) -> bytes:
        addr = session.touch(BOB, NOW)
        base = confirmation(addr, "o1")
        payload: dict[str, Json] = {
            "text": "You get no more.",
            "thread": {"subject": "Re: leave me alone"},
        }
        session.promise(replace(base, payload=payload, state=OutboxState.SENT))
        session.promise(replace(base, id="o2", raw=b"the mail", state=OutboxState.PARKED))
        session.promise(replace(base, id="o3", raw=b"the mail", created_at=LATER))
        return addr

    addr = store.write(work)
    assert sweep(store, Pass.MAILS, LATER) == Swept(forgotten=2, more=False)
    sent, parked, young = store.read(lambda session: session.outbox(addr))
    assert (sent.state, sent.payload) == (OutboxState.SENT, {"text": "You get no more."})
    assert (parked.state, parked.raw) == (OutboxState.DROPPED, None)
    assert (young.state, young.raw) == (OutboxState.PENDING, b"the mail")


def test_an_erased_person_is_no_obstacle(store: Store) -> None:
    addr = record(store, "e1", EntryKind.HEARD)
    store.write(lambda session: session.promise(confirmation(addr, "o1")))
    store.write(lambda session: session.erase(addr))
    for what in Pass:
        assert sweep(store, what, LATER).forgotten == 0
