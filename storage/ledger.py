"""The ledger: facts are appended, numbered within their address, and never changed.

The database itself refuses UPDATE and DELETE on it. Each entry carries the leaf before it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, tuple_

from bot.leaf import NONCE_BYTES, LeafFields, commitment, facts_json, leaf
from bot.model import EntryKind, LedgerEntry, NewEntry, Scope
from storage.addresses import Addresses
from storage.errors import StoreError
from storage.rows import AddressEntry
from storage.schema import ledger, word_keys
from storage.sql import Insertion, Row, Statement, instant, micros, param, plain
from storage.vault import DataKey, bound_to

_ADDR = param("addr")
_C = ledger.c
_ADD = Insertion(ledger)
_ADD_WORD_KEY = Insertion(word_keys, "wrapped")  # a crash may have left a stray one
_FORGET_WORD_KEY = Statement(
    delete(word_keys).where(word_keys.c.addr == _ADDR, word_keys.c.entry_id == param("id"))
)
_WORD_KEY = Statement(
    select(word_keys.c.wrapped).where(
        word_keys.c.addr == _ADDR, word_keys.c.entry_id == param("id")
    ),
    of_one=True,
)


def _select(*where: ColumnElement[bool]) -> Any:
    return select(*ledger.c).where(*where).order_by(_C.addr, _C.number)


_HISTORY = Statement(_select(_C.addr == _ADDR))
_ENTRY = Statement(_select(_C.addr == _ADDR, _C.id == param("id")), of_one=True)
_AFTER = Statement(
    _select(tuple_(_C.addr, _C.number) > tuple_(_ADDR, param("number"))).limit(param("limit"))
)


class Ledger(Addresses):
    def append(
        self,
        addr: bytes,
        entry: NewEntry,
        *,
        id: str,  # noqa: A002 - callers say id
        message_id: str,
        recorded_at: datetime,
    ) -> LedgerEntry:
        """Record a fact under the next number of its address.

        Raises:
            StoreError: the address was never touched, or was erased since.
            Conflict: another unit appended at the same time (raised by the end of the unit).
        """
        head = self._head(addr)
        number = head.entries + 1
        address = self.address(addr)
        if address is None:
            raise StoreError("this address was erased: touch() comes first")
        facts = facts_json(entry.facts)
        words = entry.words.encode("utf-8", "surrogatepass")
        nonce = self.chance(NONCE_BYTES)
        fields = LeafFields(
            addr=addr,
            number=number,
            id=id,
            kind=entry.kind.value,
            channel=head.channel,
            message_id=plain(message_id),
            scope=None if entry.scope is None else str(entry.scope),
            recorded_at=micros(recorded_at),
            effective_at=micros(entry.effective_at),
            facts_ct=self.seal_for(addr, facts, "ledger", id, "facts"),
            words_ct=self._seal_words(addr, id, nonce, words),
            commitment=commitment(nonce, address, facts, words),
            prev_leaf=head.last_leaf,
        )
        this_leaf = leaf(fields)
        self._keep(
            _ADD, leaf=this_leaf, **{name: getattr(fields, name) for name in fields.__slots__}
        )
        self._keep_head(addr, head._replace(entries=number, last_leaf=this_leaf))
        return LedgerEntry(
            id=id,
            number=number,
            kind=entry.kind,
            message_id=fields.message_id,
            recorded_at=recorded_at,
            effective_at=entry.effective_at,
            scope=entry.scope,
            facts=entry.facts,
            words=entry.words,
        )

    def history(self, addr: bytes) -> list[LedgerEntry]:
        """All entries of the address in order. What was erased has no facts and words None.

        Raises:
            Unreadable: an entry was altered in the database.
        """
        return [self._entry(row) for row in self._main.all(_HISTORY, addr=addr)]

    def entry(self, addr: bytes, entry_id: str) -> LedgerEntry | None:
        row = self._main.one(_ENTRY, addr=addr, id=entry_id)
        return None if row is None else self._entry(row)

    def has_entry(self, addr: bytes, entry_id: str) -> bool:
        """Whether there is one of this id; it need not be readable."""
        return self._main.one(_ENTRY, addr=addr, id=entry_id) is not None

    def entries_after(self, cursor: str = "", limit: int = 500) -> list[AddressEntry]:
        """Entries of all addresses, by address hash and number, for export.

        `cursor` is that of the last one seen, empty to begin.
        """
        addr, _, number = cursor.partition(".")
        rows = self._main.all(
            _AFTER, addr=bytes.fromhex(addr), number=int(number or 0), limit=limit
        )
        return [
            AddressEntry(
                addr=row[0],
                address=self.address(row[0]),
                entry=self._entry(row),
                cursor=f"{row[0].hex()}.{row[1]}",
            )
            for row in rows
        ]

    def forget_words(self, addr: bytes, entry_id: str) -> bool:
        """Make the words of one entry unreadable, for ever. False if they were already."""
        return bool(self._keys.run(_FORGET_WORD_KEY, addr=addr, id=entry_id))

    def _seal_words(self, addr: bytes, entry_id: str, nonce: bytes, words: bytes) -> bytes:
        """Nonce and words, under a key of their own; without words under the address's."""
        if not words:
            return self.seal_for(addr, nonce, "ledger", entry_id, "words")
        key = DataKey.random(self.chance)
        wrapped = self.seal_for(addr, key.material, "word_keys", entry_id, "key")
        self._keys.add(_ADD_WORD_KEY, addr=addr, entry_id=entry_id, wrapped=wrapped)
        bound = bound_to(addr, "ledger", entry_id, "words")
        return key.seal(nonce + words, bound, self.chance)

    def _open_words(self, addr: bytes, entry_id: str, words_ct: bytes) -> bytes | None:
        """What `_seal_words` sealed, None once it was made unreadable."""
        unworded = self.open_for(addr, words_ct, "ledger", entry_id, "words")
        if unworded is not None:
            return unworded
        row = self._keys.one(_WORD_KEY, addr=addr, id=entry_id)
        material = (
            None if row is None else self.open_for(addr, row[0], "word_keys", entry_id, "key")
        )
        if material is None:
            return None
        return DataKey(material).open(words_ct, bound_to(addr, "ledger", entry_id, "words"))

    def _entry(self, row: Row) -> LedgerEntry:
        addr, entry_id = row[0], row[2]
        facts = self.open_for(addr, row[9], "ledger", entry_id, "facts")
        words = self._open_words(addr, entry_id, row[10])
        return LedgerEntry(
            id=entry_id,
            number=row[1],
            kind=EntryKind(row[3]),
            message_id=row[5],
            recorded_at=instant(row[7]),
            effective_at=instant(row[8]),
            scope=None if row[6] is None else Scope.parse(row[6]),
            facts={} if facts is None else json.loads(facts),
            words=None if words is None else words[NONCE_BYTES:].decode("utf-8", "surrogatepass"),
        )
