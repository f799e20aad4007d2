"""What a proof is made from: leaves as stored, and what one entry's commitment discloses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from storage.leaf import NONCE_BYTES, LeafFields, commitment, leaf
from storage.ledger import Ledger
from storage.schema import addresses, ledger
from storage.sql import Statement, param

_RECORDS = Statement(
    select(*ledger.c).where(ledger.c.addr == param("addr")).order_by(ledger.c.number)
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
class Disclosure:
    """The plaintext of an entry; with the nonce it can be checked against the commitment."""

    nonce: bytes
    facts: bytes
    words: bytes


class Proofs(Ledger):
    def records(self, addr: bytes) -> list[LedgerRecord]:
        """The entries of the address as stored, in order."""
        return [
            LedgerRecord(
                fields=LeafFields(**dict(zip(LeafFields.__slots__, row[:-1], strict=True))),
                leaf=row[-1],
            )
            for row in self._main.all(_RECORDS, addr=addr)
        ]

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
        for record in records:
            disclosed = self.disclose(record)
            if disclosed is not None and record.fields.commitment != commitment(
                disclosed.nonce, disclosed.facts, disclosed.words
            ):
                found.append(f"entry {record.fields.number}: the plaintext is another one")
        head = self._main.one(_HEAD, addr=addr)
        last = (len(records), records[-1].leaf if records else b"")
        if head is not None and (head[0], head[1]) != last:
            found.append(f"the address counts {head[0]} entries, the ledger ends at {last[0]}")
        return found


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
