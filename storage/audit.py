"""The audit: everything in the ledger against everything that was sealed, in one pass over each.

It reads in pages, each a snapshot of its own, so that it can run beside a working desk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot import merkle
from bot.leaf import leaf
from bot.register import Register
from bot.seal import NOTHING, Seal, back_of, is_signed
from storage.proof import Head, LedgerRecord
from storage.seals import Member
from storage.session import Session
from storage.store import Store

PAGE = 2000
LAST = b"\xff" * 17
"""After every address hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is not as it was recorded: an entry, or where `seal` is set, a seal."""

    what: str
    addr: bytes = b""
    number: int = 0
    seal: int = 0

    def __str__(self) -> str:
        if self.seal:
            return f"seal {self.seal}: {self.what}"
        if self.addr:
            where = f"address {self.addr.hex()[:12]}"
            return f"{where}, entry {self.number}: {self.what}"
        return self.what


class Audit:
    """`key` is the public key that must have signed; `published` a seal kept elsewhere.

    `progress` is told what is being checked and how many are done. The counts are those of what
    was read, once `faults` has ended.
    """

    def __init__(
        self,
        store: Store,
        *,
        key: bytes,
        published: Seal | None = None,
        progress: Callable[[str, int], None] = lambda _what, _done: None,
    ) -> None:
        self._store = store
        self._key = key
        self._published = published
        self._progress = progress
        self.entries = 0
        self.addresses = 0
        self.seals = 0
        self.sealed = 0

    def faults(self) -> Iterator[Fault]:
        """Whatever is wrong, as it is found; each thing once.

        Raises:
            StoreUnavailable: the database went away; nothing is said about the rest.
        """
        told: set[Fault] = set()
        for part in (self._ledger_faults(), self._seal_faults()):
            for fault in part:
                if fault not in told:
                    told.add(fault)
                    yield fault

    # --- entries, address by address -------------------------------------------------------------

    def _ledger_faults(self) -> Iterator[Fault]:
        chain: list[LedgerRecord] = []  # the address being read; only its last entry is needed
        at: tuple[bytes, int] = (b"", 0)
        while True:
            records, heads = self._store.read(lambda session, at=at: _page(session, at))  # type: ignore[misc]
            known = {head.addr: head for head in heads}
            for record in records:
                if chain and chain[-1].fields.addr != record.fields.addr:
                    yield from _head_faults(known.pop(chain[-1].fields.addr, None), chain[-1])
                    chain = []
                yield from _record_faults(record, chain[-1] if chain else None)
                self.addresses += not chain
                chain = [record]
            if chain and not records:
                yield from _head_faults(known.pop(chain[-1].fields.addr, None), chain[-1])
            elif chain:
                known.pop(chain[-1].fields.addr, None)  # its end is looked at with the next page
            here = {record.fields.addr for record in records}
            for head in known.values():  # those whose end is seen, or that have no entry at all
                if head.entries and head.addr not in here:
                    yield from _missing(head.addr, 1, head.entries)
            self.entries += len(records)
            self._progress("entries", self.entries)
            if not records:
                return
            at = (records[-1].fields.addr, records[-1].fields.number)

    # --- seals, one after the other --------------------------------------------------------------

    def _seal_faults(self) -> Iterator[Fault]:
        if self._published is not None and not (
            is_signed(self._published) and self._published.key == self._key
        ):
            yield Fault(what="the published seal is not signed by this ledger's key")
        register = Register({})
        hashes = {0: NOTHING}  # of the seals that later ones name
        before: Seal | None = None
        while True:
            number = before.number if before else 0
            page = self._store.read(
                lambda session, after=number: [  # type: ignore[misc]
                    (seal, session.members(seal.number)) for seal in session.seals_after(after, 50)
                ]
            )
            for seal, members in page:
                yield from self._one_seal(seal, members, before, hashes)
                register.add(member.item for member in members)
                if register.root != seal.register:
                    yield Fault(what="its register is not that of its entries", seal=seal.number)
                hashes = {n: hashes[n] for n in _named_later(seal.number) if n in hashes}
                hashes[seal.number] = seal.hash
                self.seals += 1
                self.sealed += len(members)
                before = seal
            self._progress("seals", self.seals)
            if not page:
                break
        yield from self._end_faults(before, register.shelves)

    def _one_seal(
        self,
        seal: Seal,
        members: Sequence[Member],
        before: Seal | None,
        hashes: dict[int, bytes],
    ) -> Iterator[Fault]:
        def fault(what: str) -> Fault:
            return Fault(what=what, seal=seal.number)

        expected = before.number + 1 if before else 1
        for number in range(expected, min(seal.number, expected + PAGE)):
            yield Fault(what="is missing", seal=number)
        if seal.key != self._key:
            yield fault("is signed by another key")
        if not is_signed(seal):
            yield fault("its signature does not match")
        if seal.prev != hashes.get(seal.number - 1, NOTHING) or seal.back != hashes.get(
            back_of(seal.number), NOTHING
        ):
            yield fault("does not follow the seals before it")
        if seal.total != (before.total if before else 0) + seal.size:
            yield fault("counts another number of entries")
        positions = [member.position for member in members]
        root = merkle.root([member.item.data for member in members])
        if root != seal.root or positions != list(range(seal.size)):
            yield fault(f"its entries are not those that were sealed ({len(members)}/{seal.size})")
        published = self._published
        if published and published.number == seal.number and published.hash != seal.hash:
            yield fault("is not the one that was published: the chain was made anew")
        yield from _member_faults(members)

    def _end_faults(self, last: Seal | None, shelves: dict[int, bytes]) -> Iterator[Fault]:
        number = last.number if last else 0
        if self._published is not None and self._published.number > number:
            yield Fault(
                what=f"the end was cut off: the chain ends at seal {number},"
                f" seal {self._published.number} was published"
            )

        def look(session: Session) -> tuple[int, int, dict[int, bytes]]:
            latest = session.latest_seal()
            beyond = session.members_beyond(number)
            return latest.number if latest else 0, beyond, session.shelves()

        latest, beyond, stored = self._store.read(look)
        if latest == number and beyond:  # else somebody has sealed meanwhile
            yield Fault(what=f"{beyond} entries lie in a seal that is missing after seal {number}")
        if latest == number and stored != shelves:
            yield Fault(what="the stored register is not that of the newest seal")


def _page(session: Session, at: tuple[bytes, int]) -> tuple[list[LedgerRecord], list[Head]]:
    """The next entries, and the heads of all addresses from `at` to the last one of these."""
    records = session.records_after(*at, PAGE)
    last = records[-1].fields.addr if len(records) == PAGE else LAST
    return records, session.heads(at[0], last, 1 << 40)


def _record_faults(record: LedgerRecord, before: LedgerRecord | None) -> Iterator[Fault]:
    fields = record.fields
    expected = before.fields.number + 1 if before else 1
    if fields.number != expected:
        yield from _missing(fields.addr, expected, fields.number - 1)
    elif fields.prev_leaf != (before.leaf if before else b""):
        yield Fault(
            what="does not follow the entry before it", addr=fields.addr, number=fields.number
        )
    if leaf(fields) != record.leaf:
        yield Fault(what="was altered", addr=fields.addr, number=fields.number)


def _head_faults(head: Head | None, last: LedgerRecord) -> Iterator[Fault]:
    addr, number = last.fields.addr, last.fields.number
    if head is None or head.entries < number:
        yield Fault(what="was inserted: its address does not count it", addr=addr, number=number)
    elif head.entries > number:
        yield from _missing(addr, number + 1, head.entries)
    elif head.last_leaf != last.leaf:
        yield Fault(what="was altered: its address ends with another", addr=addr, number=number)


def _member_faults(members: Sequence[Member]) -> Iterator[Fault]:
    for member in members:
        item = member.item
        if member.leaf_now is None:
            yield Fault(what="is missing", addr=item.addr, number=item.number)
        elif member.leaf_now != item.leaf:
            yield Fault(what="was altered", addr=item.addr, number=item.number)


def _missing(addr: bytes, first: int, last: int) -> Iterator[Fault]:
    for number in range(first, min(last, first + PAGE) + 1):
        yield Fault(what="is missing", addr=addr, number=number)


def _named_later(number: int) -> set[int]:
    """The seals up to `number` that a later one may name: each without ever lower set bits."""
    named = {0, number}
    while number:
        number = back_of(number)
        named.add(number)
    return named
