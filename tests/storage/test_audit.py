"""The audit sees whatever was done to the database behind Heed's back, by an able hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest

from bot.leaf import LeafFields, leaf
from bot.model import Address, Channel
from bot.seal import Seal, public_key, signed
from storage import Store
from storage.audit import Audit
from storage.sealer import Sealer
from tests.storage.administrator import Raw, administrator
from tests.storage.conftest import NOW, Place
from tests.storage.people import ANN, BOB, stop

CAT = Address(channel=Channel.EMAIL, value="cat@example.org")
COLUMNS = ("addr", "number", *[name for name in LeafFields.__slots__ if name not in ("addr", "number")], "leaf")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Three people with three entries each: two sealed in seals 1 and 2, the third not yet."""

    store: Store
    raw: Raw

    def addr(self, who: Address = ANN) -> bytes:
        return self.store.address_hash(who)

    def says(self, published: Seal | None = None) -> list[str]:
        audit = Audit(self.store, key=public_key(self.store.seal_key), published=published)
        return [str(fault) for fault in audit.faults()]

    def newest(self) -> Seal:
        seal = self.store.read(lambda s: s.latest_seal())
        assert seal is not None
        return seal

    def named(self, number: int, who: Address = ANN) -> str:
        return f"address {self.addr(who).hex()[:12]}, entry {number}: "


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    store = place.open()
    sealer = Sealer(store, lambda: NOW)
    for round_ in range(3):
        for who in (ANN, BOB, CAT):
            store.write(partial(stop, name=f"{round_}-{who.value}", who=who))
        if round_ < 2:
            sealer.step()
    with administrator(place) as raw:
        found = Desk(store=store, raw=raw)
        assert found.says() == []
        raw.disarm()
        yield found


def test_a_clean_ledger_is_counted(desk: Desk) -> None:
    audit = Audit(desk.store, key=public_key(desk.store.seal_key), published=desk.newest())
    assert list(audit.faults()) == []
    assert (audit.entries, audit.addresses, audit.seals, audit.sealed) == (9, 3, 2, 6)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("column", COLUMNS[2:])
def test_a_changed_byte_in_any_column_shows(desk: Desk, column: str, number: int) -> None:
    [[before]] = desk.raw.run(
        f"SELECT {column} FROM ledger WHERE addr = ? AND number = ?", desk.addr(), number
    )
    after: object
    if isinstance(before, int):
        after = before + 1
    elif isinstance(before, str):
        after = before[:-1] + chr(ord(before[-1]) ^ 1)
    else:
        after = before[:-1] + bytes([before[-1] ^ 1]) if before else b"\0"
    desk.raw.run(
        f"UPDATE ledger SET {column} = ? WHERE addr = ? AND number = ?", after, desk.addr(), number
    )
    says = desk.says()
    assert any(desk.named(number) in line for line in says), says


def test_an_entry_moved_to_another_address_or_number_shows(desk: Desk) -> None:
    desk.raw.run("UPDATE ledger SET number = 4 WHERE addr = ? AND number = 3", desk.addr())
    desk.raw.run(
        "UPDATE ledger SET addr = ? WHERE addr = ? AND number = 3", b"\0" * 16, desk.addr(BOB)
    )
    says = desk.says()
    assert desk.named(3) + "is missing" in says
    assert desk.named(4) + "was altered" in says
    assert desk.named(3, BOB) + "is missing" in says
    assert any(line.startswith(f"address {'0' * 12}, entry 3") for line in says)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removed_entry_shows(desk: Desk, number: int) -> None:
    desk.raw.run("DELETE FROM ledger WHERE addr = ? AND number = ?", desk.addr(), number)
    assert desk.named(number) + "is missing" in desk.says()


def test_a_person_removed_without_a_trace_shows(desk: Desk) -> None:
    for table in ("ledger", "addresses"):
        desk.raw.run(f"DELETE FROM {table} WHERE addr = ?", desk.addr())
    assert {desk.named(1) + "is missing", desk.named(2) + "is missing"} <= set(desk.says())


def test_a_person_removed_from_the_seals_too_shows(desk: Desk) -> None:
    for table in ("ledger", "addresses", "sealed"):
        desk.raw.run(f"DELETE FROM {table} WHERE addr = ?", desk.addr())
    assert "seal 1: its entries are not those that were sealed (2/3)" in desk.says()


def test_all_entries_of_a_person_removed_shows(desk: Desk) -> None:
    desk.raw.run("DELETE FROM ledger WHERE addr = ?", desk.addr())
    assert {desk.named(number) + "is missing" for number in (1, 2, 3)} <= set(desk.says())


def test_an_inserted_entry_shows(desk: Desk) -> None:
    columns = ", ".join(COLUMNS[2:])
    desk.raw.run(
        f"INSERT INTO ledger (addr, number, {columns}) SELECT addr, 4,"
        f" {columns.replace('id,', 'id || kind,', 1)} FROM ledger WHERE addr = ? AND number = 3",
        desk.addr(),
    )
    says = desk.says()
    assert desk.named(4) + "does not follow the entry before it" in says
    assert desk.named(4) + "was inserted: its address does not count it" in says


def test_two_swapped_entries_show(desk: Desk) -> None:
    for a, b in ((1, 77), (2, 1), (77, 2)):
        desk.raw.run(
            "UPDATE ledger SET number = ? WHERE addr = ? AND number = ?", b, desk.addr(), a
        )
    says = desk.says()
    assert {desk.named(1) + "was altered", desk.named(2) + "was altered"} <= set(says)


def test_two_swapped_entries_with_leaves_made_anew_show(desk: Desk) -> None:
    """Whoever knows how leaves are made can heal the chain of an address, never a seal."""
    rows = desk.raw.run(
        f"SELECT {', '.join(COLUMNS)} FROM ledger WHERE addr = ? ORDER BY number", desk.addr()
    )
    records = [LeafFields(**dict(zip(COLUMNS[:-1], row[:-1], strict=True))) for row in rows]
    swapped = [records[1], records[0], records[2]]
    prev = b""
    desk.raw.run("DELETE FROM ledger WHERE addr = ?", desk.addr())
    for number, fields in enumerate(swapped, start=1):
        made = replace(fields, number=number, prev_leaf=prev)
        prev = leaf(made)
        desk.raw.run(
            f"INSERT INTO ledger ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})",
            *[getattr(made, name) for name in COLUMNS[:-1]],
            prev,
        )
    desk.raw.run("UPDATE addresses SET last_leaf = ? WHERE addr = ?", prev, desk.addr())
    assert desk.says() == [desk.named(1) + "was altered", desk.named(2) + "was altered"]

    desk.raw.run("UPDATE sealed SET leaf = (SELECT l.leaf FROM ledger l WHERE l.addr = sealed.addr AND l.number = sealed.number)")  # fmt: skip
    says = desk.says()
    assert "seal 1: its entries are not those that were sealed (3/3)" in says
    assert "seal 2: its register is not that of its entries" in says


def cut_off_the_tail(desk: Desk) -> None:
    """All of the last seal and what came after, with every trace."""
    desk.raw.run("DELETE FROM ledger WHERE number > 1")
    desk.raw.run("DELETE FROM sealed WHERE seal > 1")
    desk.raw.run("DELETE FROM seals WHERE number > 1")
    desk.raw.run(
        "UPDATE addresses SET entries = 1,"
        " last_leaf = (SELECT l.leaf FROM ledger l WHERE l.addr = addresses.addr)"
    )
    desk.raw.run("DELETE FROM shelves")
    from bot.register import Register

    register = Register({})
    register.add(one.item for one in desk.store.read(lambda s: s.members(1)))
    for shelf, digest in register.shelves.items():
        desk.raw.run("INSERT INTO shelves (shelf, digest) VALUES (?, ?)", shelf, digest)


def test_a_cut_off_tail_shows_against_a_published_seal(desk: Desk) -> None:
    published = desk.newest()
    cut_off_the_tail(desk)
    assert desk.says() == []
    assert desk.says(published) == [
        "the end was cut off: the chain ends at seal 1, seal 2 was published"
    ]


def test_a_cut_off_tail_that_grew_again_shows_against_a_published_seal(desk: Desk) -> None:
    published = desk.newest()
    cut_off_the_tail(desk)
    desk.store.write(partial(stop, name="later"))
    Sealer(desk.store, lambda: NOW).step()
    assert desk.says() == []
    assert desk.says(published) == [
        "seal 2: is not the one that was published: the chain was made anew"
    ]


def sign_anew(desk: Desk, key: bytes) -> None:
    """The whole chain as if it had always been signed with `key`, a second later."""
    hashes = {0: bytes(32)}
    for seal in desk.store.read(lambda s: s.seals_after(0, 99)):
        made = signed(
            replace(
                seal,
                sealed_at=seal.sealed_at + 1_000_000,
                prev=hashes[seal.number - 1],
                back=hashes[seal.number & (seal.number - 1)],
            ),
            key,
        )
        hashes[seal.number] = made.hash
        desk.raw.run("DELETE FROM seals WHERE number = ?", seal.number)
        names = Seal.__slots__
        desk.raw.run(
            f"INSERT INTO seals ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            *[getattr(made, name) for name in names],
        )


def test_a_chain_signed_with_another_key_shows(desk: Desk) -> None:
    sign_anew(desk, b"k" * 32)
    assert desk.says() == ["seal 1: is signed by another key", "seal 2: is signed by another key"]


def test_a_chain_signed_anew_with_the_stolen_key_shows_against_a_published_seal(desk: Desk) -> None:
    published = desk.newest()
    sign_anew(desk, desk.store.seal_key)
    assert desk.says() == []
    assert desk.says(published) == [
        "seal 2: is not the one that was published: the chain was made anew"
    ]


def test_a_published_seal_of_another_ledger_is_refused(desk: Desk) -> None:
    other = signed(desk.newest(), b"k" * 32)
    assert "the published seal is not signed by this ledger's key" in desk.says(other)


@pytest.mark.parametrize("column", Seal.__slots__)
def test_a_changed_seal_shows(desk: Desk, column: str) -> None:
    value = getattr(desk.newest(), column)
    after = value + 1 if isinstance(value, int) else value[:-1] + bytes([value[-1] ^ 1])
    desk.raw.run(f"UPDATE seals SET {column} = ? WHERE number = 2", after)
    says = desk.says()
    assert any(line.startswith(f"seal {3 if column == 'number' else 2}: ") for line in says), says


def test_a_removed_seal_shows(desk: Desk) -> None:
    desk.raw.run("DELETE FROM seals WHERE number = 1")
    says = desk.says()
    assert "seal 1: is missing" in says
    assert "seal 2: does not follow the seals before it" in says


def test_a_removed_last_seal_shows_without_a_published_one_too(desk: Desk) -> None:
    desk.raw.run("DELETE FROM seals WHERE number = 2")
    assert "3 entries lie in a seal that is missing after seal 1" in desk.says()


def test_an_entry_kept_from_being_sealed_shows(desk: Desk) -> None:
    """The sealer passes by what has a place already, so a false place must be found."""
    desk.raw.run(
        "INSERT INTO sealed (addr, number, seal, position, leaf)"
        " SELECT addr, number, 0, 0, leaf FROM ledger WHERE addr = ? AND number = 3",
        desk.addr(),
    )
    assert desk.says() == ["1 entries lie in a seal that is missing after seal 2"]


def test_a_changed_register_shows(desk: Desk) -> None:
    desk.raw.run("UPDATE shelves SET digest = ?", b"x" * 32)
    assert desk.says() == ["the stored register is not that of the newest seal"]


def test_erased_people_and_forgotten_words_still_verify(desk: Desk) -> None:
    desk.store.write(lambda s: s.erase(desk.addr()))
    desk.store.write(lambda s: s.forget_words(desk.addr(BOB), f"e-0-{BOB.value}"))
    assert desk.says(desk.newest()) == []


def test_pages_that_end_anywhere_are_one_ledger(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in range(1, 11):
        monkeypatch.setattr("storage.audit.PAGE", size)
        assert desk.says() == []
    desk.raw.run("DELETE FROM ledger WHERE addr = ? AND number = 3", desk.addr())
    desk.raw.run("DELETE FROM ledger WHERE addr = ?", desk.addr(CAT))
    for size in range(1, 11):
        monkeypatch.setattr("storage.audit.PAGE", size)
        says = desk.says()
        assert desk.named(3) + "is missing" in says
        assert desk.named(1, CAT) + "is missing" in says
        assert not any(desk.addr(BOB).hex()[:12] in line for line in says)
