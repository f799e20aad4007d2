"""Sealing: everything recorded is sealed once, whatever the clocks say, and the chain never forks."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot import merkle
from bot.register import Register
from bot.seal import NOTHING, Seal, is_signed, public_key
from storage import Session, Store, sealer
from storage.audit import Audit
from storage.sealer import Sealer
from tests.storage.administrator import administrator
from tests.storage.conftest import NOW, Place
from tests.storage.people import ANN, BOB, stop, stop_entry


def clock() -> datetime:
    return NOW


def chain(store: Store) -> list[Seal]:
    return store.read(lambda s: s.seals_after(0, 1000))


def late(session: Session, name: str, at: datetime) -> None:
    """An entry of another machine, with that machine's clock."""
    addr = session.touch(BOB, at)
    session.append(addr, stop_entry(), id=f"e-{name}", message_id="m", recorded_at=at)


def clean(store: Store) -> Audit:
    audit = Audit(store, key=public_key(store.seal_key))
    assert [str(fault) for fault in audit.faults()] == []
    return audit


def test_a_seal_is_signed_and_holds_its_entries_in_order(store: Store) -> None:
    for name, who in (("a", ANN), ("b", BOB), ("c", ANN)):
        store.write(partial(stop, name=name, who=who))
    assert Sealer(store, clock).step() == 3

    [seal] = chain(store)
    members = [one.item for one in store.read(lambda s: s.members(1))]
    assert (seal.number, seal.size, seal.total, seal.prev) == (1, 3, 3, NOTHING)
    assert is_signed(seal)
    assert seal.key == public_key(store.seal_key)
    assert members == sorted(members, key=lambda item: (item.addr, item.number))
    assert seal.root == merkle.root([item.data for item in members])
    register = Register({})
    register.add(members)
    assert seal.register == register.root


def test_nothing_new_makes_no_seal(store: Store) -> None:
    assert Sealer(store, clock).step() == 0
    store.write(lambda s: stop(s, "a"))
    first = Sealer(store, clock)
    assert [first.step(), first.step(), Sealer(store, clock).step()] == [1, 0, 0]
    assert len(chain(store)) == 1


def test_each_seal_names_the_one_before_it_and_a_far_one(store: Store) -> None:
    one = Sealer(store, clock)
    for number in range(9):
        store.write(partial(stop, name=f"{number}"))
        one.step()
    seals = chain(store)
    assert [seal.prev for seal in seals[1:]] == [seal.hash for seal in seals[:-1]]
    assert seals[6 - 1].back == seals[4 - 1].hash
    assert seals[7 - 1].back == seals[6 - 1].hash
    assert seals[8 - 1].back == NOTHING
    assert clean(store).seals == 9


def test_what_was_committed_late_is_sealed_next_time(store: Store) -> None:
    """An entry may appear after others that were recorded later: never go by the last one."""
    one = Sealer(store, clock)
    store.write(lambda s: stop(s, "a"))
    assert one.step() == 1
    store.write(lambda s: late(s, "slow", NOW - timedelta(minutes=4)))
    store.write(lambda s: late(s, "fast", NOW + timedelta(days=1)))
    assert one.step() == 2
    clean(store)


def test_an_entry_of_a_machine_with_a_wrong_clock_is_found_on_the_daily_round(store: Store) -> None:
    hour = NOW
    one = Sealer(store, lambda: hour)
    store.write(lambda s: stop(s, "a"))
    assert one.step() == 1
    store.write(lambda s: late(s, "1999", NOW - timedelta(days=9999)))
    assert one.step() == 0
    hour += timedelta(days=1)
    assert one.step() == 1


def test_a_clock_set_back_does_not_keep_entries_from_being_sealed(store: Store) -> None:
    hour = NOW
    one = Sealer(store, lambda: hour)
    store.write(lambda s: stop(s, "a"))
    one.step()
    hour -= timedelta(days=3)
    store.write(lambda s: late(s, "back", hour))
    assert one.step() == 1
    clean(store)


def test_a_great_backlog_becomes_many_bounded_seals(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "BATCH", 3)
    monkeypatch.setattr(sealer, "PAGE", 6)
    for number in range(10):
        store.write(partial(stop, name=f"{number}", who=(ANN, BOB)[number % 2]))
    assert Sealer(store, clock).step() == 10
    assert [seal.size for seal in chain(store)] == [3, 3, 3, 1]
    assert clean(store).sealed == 10


def test_sealers_at_once_make_one_chain(place: Place) -> None:
    stores = [place.open() for _ in range(3)]
    sealers = [Sealer(store, clock) for store in stores]
    start = threading.Barrier(3)

    def work(number: int) -> None:
        start.wait(timeout=30)
        for round_ in range(6):
            stores[number].write(partial(stop, name=f"{number}-{round_}"))
            sealers[number].step()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    sealers[0].step()
    assert clean(stores[0]).sealed == 18


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE seals SET sealed_at = 1",
        "DELETE FROM seals",
        "UPDATE sealed SET seal = 2",
        "DELETE FROM sealed",
    ],
)
def test_the_database_refuses_to_change_a_seal(place: Place, change: str) -> None:
    store = place.open()
    store.write(lambda s: stop(s, "a"))
    Sealer(store, clock).step()
    with administrator(place) as raw, pytest.raises(Exception, match="a seal is never changed"):
        raw.run(change)
    clean(store)
