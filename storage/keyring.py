"""The keyring: the keys that never change, each wrapped by a master key.

The main database keeps a fingerprint of the look-up key. Without it, a database that was restored
beside the wrong keys would find nobody suppressed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import func, select, update

from storage.db import Db
from storage.errors import StoreError
from storage.schema import address_keys, addresses, keyring, settings
from storage.sql import Statement, micros, param, upsert
from storage.vault import KEY_BYTES, MasterKeys, Vault, bound_to

_NAMES = ("lookup", "token", "seal")
_FINGERPRINT = "keyring"
_ALL = Statement(select(keyring.c.name, keyring.c.key_id, keyring.c.wrapped))
_ADD = upsert(keyring)
_FINGERPRINT_NOW = Statement(select(settings.c.value).where(settings.c.name == _FINGERPRINT))
_KEEP_FINGERPRINT = upsert(settings)
_ANYBODY = Statement(select(addresses.c.addr).limit(1))
_UNWRAPPED_BY = Statement(
    select(address_keys.c.addr, address_keys.c.key_id, address_keys.c.wrapped)
    .where(address_keys.c.key_id != param("current"))
    .limit(param("limit"))
)
# Not if the address was erased meanwhile and came back under another key.
_REWRAP = Statement(
    update(address_keys)
    .where(address_keys.c.addr == param("address"), address_keys.c.wrapped == param("old_wrapped"))
    .values(wrapped=param("new_wrapped"), key_id=param("new_key_id"))
)
_REWRAP_RING = Statement(
    update(keyring)
    .where(keyring.c.name == param("entry"))
    .values(wrapped=param("new_wrapped"), key_id=param("new_key_id"))
)
_NEXT_ID = Statement(
    select(address_keys.c.key_id)
    .where(address_keys.c.key_id > param("after"))
    .order_by(address_keys.c.key_id)
    .limit(1)
)
_COUNT = Statement(select(func.count()).where(address_keys.c.key_id == param("id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedBy:
    """How many keys one master key wraps. `current`: it is the first of HEED_SECRET_KEY."""

    key_id: str
    current: bool
    addresses: int
    keyring: int


def open_keyring(main: Db, keys: Db, masters: MasterKeys, now: datetime) -> Vault:
    """The vault of this database; its keys are made the first time.

    Raises:
        StoreError: the master keys do not open it, or the keys belong to another database.
    """
    fingerprint = main.one(_FINGERPRINT_NOW)
    if not keys.all(_ALL):
        if fingerprint is not None or main.one(_ANYBODY) is not None:
            raise StoreError("the keys of this database are missing: restore its keys file")
        for name in _NAMES:
            keys.run(
                _ADD,
                name=name,
                wrapped=masters.wrap(os.urandom(KEY_BYTES), bound_to("keyring", name)),
                key_id=masters.current,
                created_at=micros(now),
            )
    opened = {
        name: masters.unwrap(key_id, wrapped, bound_to("keyring", name))
        for name, key_id, wrapped in keys.all(_ALL)
    }
    if any(not masters.knows(key_id) for key_id in _address_key_ids(keys)):
        raise StoreError(
            "HEED_SECRET_KEY lacks an older key that still wraps keys of addresses: "
            "list it after the new one and run heed keys rotate"
        )
    if fingerprint is None and next(_address_key_ids(keys), None) is not None:
        raise StoreError("the data that these keys belong to is missing: restore its file")
    ours = blake2b(opened["lookup"], digest_size=16, person=b"heed-keyring").hexdigest()
    if fingerprint is None:
        main.run(_KEEP_FINGERPRINT, name=_FINGERPRINT, value=ours)
    elif fingerprint[0] != ours:
        raise StoreError("the keys belong to another database: restore this one's keys file")
    return Vault(
        masters,
        lookup_key=opened["lookup"],
        token_key=opened["token"],
        seal_key=opened["seal"],
    )


def wrapped_by(keys: Db, masters: MasterKeys) -> list[WrappedBy]:
    """Every master key that wraps anything, the current one first; counts all address keys."""
    ring = [key_id for _, key_id, _ in keys.all(_ALL)]
    found = [
        WrappedBy(
            key_id=key_id.hex(),
            current=key_id == masters.current,
            addresses=_counted(keys, key_id),
            keyring=ring.count(key_id),
        )
        for key_id in {masters.current, *ring, *_address_key_ids(keys)}
    ]
    return sorted(found, key=lambda one: (not one.current, one.key_id))


def _counted(keys: Db, key_id: bytes) -> int:
    row = keys.one(_COUNT, id=key_id)
    assert row is not None
    return int(row[0])


def _address_key_ids(keys: Db) -> Iterator[bytes]:
    """The ids of the master keys in use: one look into the index for each, however many rows."""
    after = b""
    while row := keys.one(_NEXT_ID, after=after):
        after = row[0]
        yield after


def rewrap_addresses(keys: Db, masters: MasterKeys, limit: int) -> int:
    """Wrap up to `limit` address keys by the first master key; how many there were."""
    rows = keys.all(_UNWRAPPED_BY, current=masters.current, limit=limit)
    for addr, key_id, wrapped in rows:
        bound = bound_to("address_keys", addr)
        keys.run(
            _REWRAP,
            address=addr,
            old_wrapped=wrapped,
            new_wrapped=masters.wrap(masters.unwrap(key_id, wrapped, bound), bound),
            new_key_id=masters.current,
        )
    return len(rows)


def rewrap_keyring(keys: Db, masters: MasterKeys) -> None:
    """Wrap the keyring by the first master key. Last of all, so that open() tells a missing one."""
    for name, key_id, wrapped in keys.all(_ALL):
        bound = bound_to("keyring", name)
        keys.run(
            _REWRAP_RING,
            entry=name,
            new_wrapped=masters.wrap(masters.unwrap(key_id, wrapped, bound), bound),
            new_key_id=masters.current,
        )
