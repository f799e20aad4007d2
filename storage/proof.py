"""What a proof is made from: leaves as stored, and what one entry's commitment discloses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_

from bot.leaf import NONCE_BYTES, Disclosure, LeafFields, commitment, leaf
from storage.ledger import Ledger
from storage.schema import addresses, ledger
from storage.sql import Row, Statement, param

_RECORDS = Statement(
    select(*ledger.c).where(ledger.c.addr == param("addr")).order_by(ledger.c.number)
)
_PAGE = Statement(
    select(*ledger.c)
    .where(tuple_(ledger.c.addr, ledger.c.number) > tuple_(param("addr"), param("number")))
    .order_by(ledger.c.addr, ledger.c.number)
    .limit(param("limit"))
)
_HEADS = Statement(
    select(addresses.c.addr, addresses.c.entries, addresses.c.last_leaf)
    .where(addresses.c.addr >= param("first"), addresses.c.addr <= param("last"))
    .order_by(addresses.c.addr)
    .limit(param("limit"))
)
_HEAD = Statement(
    select(addresses.c.entries, addresses.c.last_leaf).where(addresses.c.addr == param("addr"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRecord:
    """An entry as it is stored: what its leaf covers, and the leaf."""

    fields: LeafFields
    leaf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How many entries an address has, and the leaf of the last one."""

    addr: bytes
    entries: int
    last_leaf: bytes


class Proofs(Ledger):
    def records(self, addr: bytes) -> list[LedgerRecord]:
        """The entries of the address as stored, in order."""
        return [_record(row) for row in self._main.all(_RECORDS, addr=addr)]

    def records_after(self, addr: bytes, number: int, limit: int) -> list[LedgerRecord]:
        """Entries of all addresses as stored, by address hash and number, after this one."""
        rows = self._main.all(_PAGE, addr=addr, number=number, limit=limit)
        return [_record(row) for row in rows]

    def heads(self, first: bytes, last: bytes, limit: int) -> list[Head]:
        """What the addresses from `first` to `last`, both included, count of their entries."""
        rows = self._main.all(_HEADS, first=first, last=last, limit=limit)
        return [Head(addr=row[0], entries=row[1], last_leaf=row[2]) for row in rows]

    def disclose(self, record: LedgerRecord) -> Disclosure | None:
        """What the entry says, None once any of it was made unreadable."""
        fields = record.fields
        facts = self.open_for(fields.addr, fields.facts_ct, "ledger", fields.id, "facts")
        words = self._open_words(fields.addr, fields.id, fields.words_ct)
        if facts is None or words is None:
            return None
        return Disclosure(nonce=words[:NONCE_BYTES], facts=facts, words=words[NONCE_BYTES:])

    def faults(self, addr: bytes) -> list[str]:
        """What is wrong with the address's chain of entries; empty when nothing is.

        Compares every leaf, every number, every link, the head, and every plaintext that can still
        be read with its commitment.
        """
        records = self.records(addr)
        found = chain_faults(records)
        address = self.address(addr)
        for record in records:
            if address is None:  # erased
                break
            disclosed = self.disclose(record)
            if disclosed is not None and record.fields.commitment != commitment(
                disclosed.nonce, address, disclosed.facts, disclosed.words
            ):
                found.append(f"entry {record.fields.number}: the plaintext is another one")
        head = self._main.one(_HEAD, addr=addr)
        last = (len(records), records[-1].leaf if records else b"")
        if head is not None and (head[0], head[1]) != last:
            found.append(f"the address counts {head[0]} entries, the ledger ends at {last[0]}")
        return found


def _record(row: Row) -> LedgerRecord:
    return LedgerRecord(
        fields=LeafFields(**dict(zip(LeafFields.__slots__, row[:-1], strict=True))), leaf=row[-1]
    )


def chain_faults(records: Sequence[LedgerRecord]) -> list[str]:
    """What is wrong with the leaves of one address; needs neither keys nor a database."""
    found: list[str] = []
    before = b""
    for expected, record in enumerate(records, start=1):
        fields = record.fields
        if fields.number != expected:
            found.append(f"entry {expected} is missing: {fields.number} follows")
        if fields.prev_leaf != before:
            found.append(f"entry {fields.number} does not follow the one before it")
        if leaf(fields) != record.leaf:
            found.append(f"entry {fields.number} was altered")
        before = record.leaf
    return found
