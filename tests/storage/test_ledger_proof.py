"""The ledger cannot be changed through the database, and a change behind its back shows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import psycopg
import pytest

from bot.leaf import commitment, leaf
from storage import Store, Unreadable, chain_faults
from tests.storage.administrator import administrator
from tests.storage.conftest import Place
from tests.storage.people import ANN, BOB, WORDS, stop


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger SET kind = 'opted_in'",
        "UPDATE ledger SET number = number + 10 WHERE number = 2",
        "DELETE FROM ledger WHERE number = 2",
        "DELETE FROM ledger",
    ],
)
def test_the_database_refuses_to_change_the_ledger(place: Place, change: str) -> None:
    store = place.open()
    for name in "abc":
        store.write(partial(stop, name=name))
    with administrator(place) as raw, pytest.raises(Exception, match="the ledger is never changed"):
        raw.run(change)
    assert len(store.read(lambda s: s.history(s.hash_of(ANN)))) == 3


@pytest.mark.postgres
def test_postgres_refuses_to_truncate_the_ledger(postgres_place: Place) -> None:
    postgres_place.open().write(lambda s: stop(s, "a"))
    with (
        administrator(postgres_place) as raw,
        pytest.raises(psycopg.Error, match="the ledger is never changed"),
    ):
        raw.run("TRUNCATE ledger")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE ledger SET kind = 'opted_in' WHERE number = 2", "entry 2 was altered"),
        ("UPDATE ledger SET effective_at = effective_at + 1 WHERE number = 1", "entry 1 was alt"),
        ("UPDATE ledger SET scope = NULL WHERE number = 3", "entry 3 was altered"),
        ("DELETE FROM ledger WHERE number = 2", "entry 2 is missing"),
        ("DELETE FROM ledger WHERE number = 1", "entry 1 is missing"),
        ("DELETE FROM ledger WHERE number = 3", "the ledger ends at 2"),
    ],
)
def test_a_change_behind_its_back_shows(place: Place, change: str, says: str) -> None:
    store = place.open()
    for name in "abc":
        store.write(partial(stop, name=name, who=BOB))
    addr = store.address_hash(BOB)
    assert store.read(lambda s: s.faults(addr)) == []
    with administrator(place) as raw:
        raw.disarm()
        raw.run(change)
    assert any(says in fault for fault in store.read(lambda s: s.faults(addr)))


def test_words_swapped_between_two_entries_are_an_alarm(place: Place) -> None:
    store = place.open()
    for name in "ab":
        store.write(partial(stop, name=name, who=BOB))
    with administrator(place) as raw:
        raw.disarm()
        raw.run(
            "UPDATE ledger SET words_ct = (SELECT l.words_ct FROM ledger l WHERE l.number = 2),"
            " facts_ct = (SELECT l.facts_ct FROM ledger l WHERE l.number = 2) WHERE number = 1"
        )
    with pytest.raises(Unreadable):
        store.read(lambda s: s.history(s.hash_of(BOB)))


def test_a_disclosed_entry_can_be_checked_without_the_database(store: Store) -> None:
    addr = store.write(lambda s: (stop(s, "a"), stop(s, "b"))[0])
    records = store.read(lambda s: s.records(addr))
    disclosed = store.read(lambda s: s.disclose(records[1]))

    assert disclosed is not None
    assert disclosed.words.decode() == WORDS
    assert records[1].fields.commitment == commitment(
        disclosed.nonce, ANN, disclosed.facts, disclosed.words
    )
    assert records[1].fields.commitment != commitment(
        disclosed.nonce, ANN, disclosed.facts, b"stop"
    )
    assert records[1].fields.commitment != commitment(
        disclosed.nonce, BOB, disclosed.facts, disclosed.words
    )
    assert records[1].leaf == leaf(records[1].fields)
    assert records[1].fields.prev_leaf == records[0].leaf
    assert chain_faults(records) == []
    assert chain_faults([records[0], replace(records[1], leaf=b"x" * 32)]) == [
        "entry 2 was altered"
    ]
