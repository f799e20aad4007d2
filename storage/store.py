"""The store: units of work on whichever database the URL names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from sqlalchemy import literal, select

from bot.model import Address
from storage.addresses import SHRED_DUE, foresee
from storage.db import Db
from storage.errors import StoreError
from storage.keyring import (
    WrappedBy,
    open_keyring,
    rewrap_addresses,
    rewrap_keyring,
    wrapped_by,
)
from storage.location import PostgresUrl, SqliteFiles, locate
from storage.migrate import schema_is_current
from storage.moved import refuse_moved
from storage.session import Session
from storage.sql import Statement
from storage.sqlite import SqliteBackend
from storage.vault import MasterKeys, Vault

T = TypeVar("T")

_ALIVE = Statement(select(literal(1)))
_REWRAP_BATCH = 500


class Backend(Protocol):
    """A database that runs units of work."""

    def write(self, work: Callable[[Db, Db], T], about: bytes | None = None) -> T: ...
    def read(self, work: Callable[[Db, Db], T]) -> T: ...
    def listen(self, woken: Callable[[], None]) -> Callable[[], None] | None: ...
    def shred(self) -> bool: ...
    def close(self) -> None: ...


class Store:
    """What must not be lost. Made by `open_store`, used by any number of threads.

    A process that forks opens its own after the fork.
    """

    def __init__(self, backend: Backend, vault: Vault) -> None:
        self._backend = backend
        self._vault = vault
        self._pid = os.getpid()

    @property
    def token_key(self) -> bytes:
        """Signs links; 32 bytes."""
        return self._vault.token_key

    @property
    def seal_key(self) -> bytes:
        """Seals the ledger; 32 bytes."""
        return self._vault.seal_key

    def address_hash(self, address: Address) -> bytes:
        """What stands for the address in every table; no database is asked."""
        return self._vault.address_hash(address)

    def write(self, work: Callable[[Session], T], *, about: bytes | None = None) -> T:
        """Run `work` in one transaction and return its result once the commit is on disk.

        It may run more than once, so it does nothing but remember. `about`, the hash of the address
        that it touches, is a hint that lets a busy writer look up many at once.

        Raises:
            StoreUnavailable: nothing was recorded, or nobody can tell: come back later.
            Conflict: somebody else was first. Nothing was recorded.
            Exception: what `work` raised. Nothing was recorded.
        """
        self._check_process()
        vault = self._vault
        return self._backend.write(lambda main, keys: work(Session(main, keys, vault)), about)

    def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` on one consistent snapshot.

        Raises:
            StoreUnavailable: the database is not to be reached.
        """
        self._check_process()
        vault = self._vault
        return self._backend.read(lambda main, keys: work(Session(main, keys, vault)))

    def ping(self) -> None:
        """Prove that the database answers and the writer writes.

        Raises:
            StoreUnavailable: it does not.
        """
        self._backend.read(lambda main, keys: (main.one(_ALIVE), keys.one(_ALIVE)))
        self._backend.write(lambda main, keys: (main.one(_ALIVE), keys.one(_ALIVE)))

    def listen(self, woken: Callable[[], None]) -> Callable[[], None] | None:
        """Have `woken` called, in a thread, when something may wait to be sent.

        Returns how to stop it, or None where nobody can say so (SQLite): look by yourself.
        """
        return self._backend.listen(woken)

    def shred(self) -> bool:
        """After an erasure: empty the logs that still hold old bytes. False: try again."""
        return self._backend.shred()

    def shred_if_due(self) -> bool:
        """Shred where an erasure or forgotten words ask for it; False: it has to be tried again."""
        asked = self.read(lambda session: session.setting(SHRED_DUE))
        if not asked:
            return True
        if not self.shred():
            return False

        def done(session: Session) -> None:
            if session.setting(SHRED_DUE) == asked:  # else another one asked since
                session.save_setting(SHRED_DUE, "")

        self.write(done)
        return True

    def wrapped_by(self) -> list[WrappedBy]:
        """How many keys each master key wraps, the current one first."""
        masters = self._vault.masters
        return self._backend.read(lambda _, keys: wrapped_by(keys, masters))

    def rewrap_keys(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Wrap every key by the first master key, so that older ones can be withdrawn.

        Interrupted, it goes on where it was. `progress` hears how many are done.

        Returns:
            How many address keys were wrapped anew.
        """
        masters = self._vault.masters
        total = 0
        while done := self._backend.write(
            lambda _, keys: rewrap_addresses(keys, masters, _REWRAP_BATCH)
        ):
            total += done
            progress(total)
        self._backend.write(lambda _, keys: rewrap_keyring(keys, masters))
        return total

    def close(self) -> None:
        """Finish what waits, then let go of the database."""
        self._check_process()
        self._backend.close()

    def _check_process(self) -> None:
        # Neither database survives a fork: locks are lost, and two would speak on one connection.
        if os.getpid() != self._pid:
            raise StoreError("this store was opened before a fork: open it in each process")


def _backend(location: SqliteFiles | PostgresUrl) -> Backend:
    if isinstance(location, SqliteFiles):
        return SqliteBackend(location, foresee)
    from storage.postgres import PostgresBackend  # psycopg is loaded where it is used

    return PostgresBackend(location)


def _now() -> datetime:
    return datetime.now(UTC)


def _refuse_halves(location: SqliteFiles) -> None:
    """Raises StoreError: one of the files, or both, are not there; it says where they should be."""
    if location.main.exists() > location.keys.exists():
        raise StoreError(
            f"the keys file {location.keys.name} is missing: restore it; "
            "only a desk that never ran makes one by heed migrate"
        )
    if not location.main.exists() and not location.keys.exists():
        raise StoreError(
            f"there is no database at {location.main}: heed migrate (or serve) makes one; "
            "if yours is elsewhere, set HEED_VAR or HEED_DATABASE_URL"
        )


def open_store(
    url: str,
    *,
    secret_keys: Sequence[bytes],
    clock: Callable[[], datetime] = _now,
    keys_url: str | None = None,
    moving: bool = False,
) -> Store:
    """Open a migrated database (`sqlite:///heed.db`, `postgresql://...`).

    `secret_keys` are the 32-byte master keys: the first wraps, the others only unwrap. `keys_url`
    places SQLite's keys file elsewhere than beside the main one. With `moving` a desk that has not
    arrived yet is opened too: `heed move` looks at it.

    Raises:
        StoreError: a wrong URL, an unfixed SQLite, no or old tables, keys that do not open it.
        StoreUnavailable: the database is not to be reached.
    """
    masters = MasterKeys(secret_keys)
    location = locate(url, keys_url)
    if not schema_is_current(url, keys_url=keys_url):
        if isinstance(location, SqliteFiles):
            _refuse_halves(location)
        raise StoreError("the database has no tables, or those of another version: heed migrate")
    backend = _backend(location)
    try:
        vault = backend.write(lambda main, keys: open_keyring(main, keys, masters, clock()))
    except BaseException:
        backend.close()
        raise
    store = Store(backend, vault)
    if not moving:
        try:
            store.read(refuse_moved)
        except BaseException:
            store.close()
            raise
    return store
