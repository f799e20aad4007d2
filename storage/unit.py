"""One unit of work on open transactions, and the data keys that it touches."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Table, select

from bot.model import Address
from storage.db import Db
from storage.errors import StoreError
from storage.schema import address_keys
from storage.sql import FORESEEN_AT_ONCE, Insertion, Statement, among, param
from storage.vault import DataKey, Vault, bound_to

_K = address_keys.c
FIND_KEY = Statement(select(_K.key_id, _K.wrapped).where(_K.addr == param("addr")), of_one=True)
FIND_KEYS = Statement(
    select(_K.addr, _K.key_id, _K.wrapped).where(among(_K.addr, FORESEEN_AT_ONCE))
)
_ADD_KEY = Insertion(address_keys)


class AddressRow(NamedTuple):
    """A row of `addresses`: who it is, encrypted, and where the ledger of it ends."""

    channel: str
    value_ct: bytes | None
    created_at: int
    entries: int
    last_leaf: bytes


class Unit:
    """What the parts of a session share. It lives as long as its transaction.

    Data keys are kept for the length of one unit only: a key that another process destroyed must
    not seal anything afterwards.
    """

    def __init__(self, main: Db, keys: Db, vault: Vault) -> None:
        self._main = main
        self._keys = keys
        self._vault = vault
        self.chance = main.chance
        self._data_keys: dict[bytes, DataKey | None] = {}
        self._addresses: dict[bytes, Address | None] = {}
        self._heads: dict[bytes, AddressRow] = {}
        self._new: set[bytes] = set()  # made by this unit: there is no past to look up
        self._alone: set[bytes] = set()  # of these, no contact was known when they were made
        self._kept: set[tuple[bytes, str]] = set()  # what it kept itself: address, table

    def _keep(self, insertion: Insertion, *, addr: bytes, **row: Any) -> None:
        """Add a row to the main tables."""
        self._kept.add((addr, insertion.table.name))
        self._main.add(insertion, addr=addr, **row)

    def _has_none(self, addr: bytes, table: Table) -> bool:
        """Whether it is certain, without looking, that the table has nothing of this address."""
        return addr in self._new and (addr, table.name) not in self._kept

    def _data_key(self, addr: bytes) -> DataKey | None:
        """The address's key, None where there is none (yet, or no more)."""
        if addr in self._data_keys:
            return self._data_keys[addr]
        row = self._keys.one(FIND_KEY, addr=addr)
        found = None
        if row is not None:
            bound = bound_to("address_keys", addr)
            found = DataKey(self._vault.masters.unwrap(row[0], row[1], bound))
        self._data_keys[addr] = found
        return found

    def _mint_data_key(self, addr: bytes) -> DataKey:
        key = DataKey.random(self.chance)
        self._keys.add(
            _ADD_KEY,
            addr=addr,
            key_id=self._vault.masters.current,
            wrapped=self._vault.masters.wrap(
                key.material, bound_to("address_keys", addr), self.chance
            ),
        )
        self._data_keys[addr] = key
        return key

    def seal_for(self, addr: bytes, value: bytes, *where: str) -> bytes:
        """Encrypt under the address's key, bound to `where`: table, row id, column.

        Raises:
            StoreError: the address was never touched, or was erased.
        """
        key = self._data_key(addr)
        if key is None:
            raise StoreError("this address has no data key: touch() comes first")
        return key.seal(value, bound_to(addr, *where), self.chance)

    def open_for(self, addr: bytes, sealed: bytes, *where: str) -> bytes | None:
        """Decrypt what `seal_for` encrypted; None once the address was erased.

        Raises:
            Unreadable: it was altered, or belongs elsewhere.
        """
        key = self._data_key(addr)
        return None if key is None else key.open(sealed, bound_to(addr, *where))
