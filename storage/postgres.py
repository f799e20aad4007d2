"""PostgreSQL: a pooled connection and a transaction per unit of work.

READ COMMITTED with a lock per address, taken by `touch`: a snapshot of the stricter levels would be
older than the wait for the lock, and every contended message would fail and run again
(`docs/decisions/0006-a-lock-instead-of-a-level.md`). Reads get one snapshot.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from storage.db import Db
from storage.errors import Conflict, StoreError, StoreUnavailable
from storage.location import PostgresUrl
from storage.wake import NOTIFY, Ear

T = TypeVar("T")

_TRIES = 5
_PAUSE_S = 0.02  # before the second try, doubled each time, with jitter
_OPTIONS = "-c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)


class _LostBeforeCommit(Exception):  # noqa: N818 - internal, says what happened
    """The connection went away before COMMIT was sent: nothing was recorded."""


class PostgresBackend:
    def __init__(self, location: PostgresUrl) -> None:
        self._closed = False
        self._url = location.url
        self._engine = create_engine(
            location.url,
            pool_size=8,
            max_overflow=8,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={"connect_timeout": 5, "options": _OPTIONS},
        )
        event.listen(self._engine, "connect", _prepare)

    def write(self, work: Callable[[Db, Db], T], about: bytes | None = None) -> T:  # noqa: ARG002 - only a shared transaction has a use for it
        """Run the unit, again after a serialization failure, a deadlock or a lost race."""
        return self._repeat(_WRITE, work)

    def read(self, work: Callable[[Db, Db], T]) -> T:
        return self._repeat(_READ, work)

    def shred(self) -> bool:
        """Nothing to do: what lies in archived WAL is the operator's."""
        return True

    def listen(self, woken: Callable[[], None]) -> Callable[[], None]:
        """Have `woken` called, in a thread, when something was promised; returns how to stop."""
        return Ear(self._url, woken).close

    def close(self) -> None:
        self._closed = True
        self._engine.dispose()

    def _repeat(self, begin: str, work: Callable[[Db, Db], T]) -> T:
        if self._closed:
            raise StoreError("the store is closed")
        tries = 1
        while True:
            try:
                return self._once(begin, work)
            except (*_AGAIN, _LostBeforeCommit) as error:
                if tries == _TRIES:
                    raise _translated(error) from error
            except (psycopg.Error, DBAPIError, PoolTimeout) as error:
                raise _translated(error) from error
            time.sleep(_PAUSE_S * 2**tries * random.random())  # noqa: S311 - jitter, no secret
            tries += 1

    def _once(self, begin: str, work: Callable[[Db, Db], T]) -> T:
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        assert isinstance(connection, psycopg.Connection)
        committing = False
        try:
            connection.execute(begin)
            db = Db(connection, "postgresql")
            result = work(db, db)
            db.write_out()
            committing = True
            ended = connection.execute("COMMIT").statusmessage
            if db.promised:
                with suppress(psycopg.Error):  # it is committed; whoever sends looks by itself too
                    connection.execute(NOTIFY)
        except BaseException as error:
            if connection.closed or connection.broken:
                pooled.invalidate()
                self._engine.dispose()  # after a restart the idle ones are dead as well
                if isinstance(error, psycopg.OperationalError) and not committing:
                    raise _LostBeforeCommit("the connection was lost") from error
            else:
                with suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
            raise
        finally:
            pooled.close()
        if ended != "COMMIT":  # PostgreSQL answers so where an error was swallowed in between
            raise StoreError("the transaction had failed: nothing was recorded")
        return result


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Transactions begin where we say so, and a commit is on disk before it returns."""
    connection.autocommit = True
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )


def _translated(error: BaseException) -> StoreError:
    if isinstance(error, errors.IntegrityError):
        return Conflict("the database refused it: somebody else was first")
    if isinstance(error, DBAPIError | PoolTimeout | psycopg.OperationalError | _LostBeforeCommit):
        return StoreUnavailable("PostgreSQL (HEED_DATABASE_URL) is not to be reached, or too busy")
    if isinstance(error, errors.UndefinedTable):
        return StoreError("tables of this database are missing: restore those of its keys too")
    return StoreError(f"PostgreSQL: {type(error).__name__}")
