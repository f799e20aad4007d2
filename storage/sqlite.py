"""SQLite: a fixed release of it, two files, one writer thread, a few readers.

The keys file is committed first, the main file second. A crash between the two leaves keys that
nothing uses yet, which the next touch takes up (`docs/decisions/0002-two-files-on-sqlite.md`).
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from storage.db import Db
from storage.errors import Conflict, StoreError, StoreUnavailable
from storage.location import SqliteFiles
from storage.writer import GroupCommit

T = TypeVar("T")

_BUSY_S = 5.0
_LOOK_S = 0.0005
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged opt-out survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # a destroyed key leaves no bytes in the file
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32768",  # 32 MB: the inner pages of millions of rows stay in it
    "PRAGMA wal_autocheckpoint = 4000",  # 16 MB: the slowest commits take half as long (measured)
)


def fixed_release(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug (sqlite.org/wal.html#walresetbug).

    Fixed in 3.51.3, back-ported to 3.50.7 and 3.44.6; 3.52.0 was withdrawn.
    """
    if version[:2] in ((3, 44), (3, 50)):
        return version >= ((3, 44, 6) if version[1] == 44 else (3, 50, 7))  # noqa: PLR2004 - releases
    return version >= (3, 51, 3) and version[:3] != (3, 52, 0)


def driver() -> ModuleType:
    """pysqlite3 where there is one, else the system's SQLite if it is a fixed release.

    Raises:
        StoreError: the only SQLite here can corrupt a database.
    """
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        dbapi2 = sqlite3
    if not fixed_release(dbapi2.sqlite_version_info):
        raise StoreError(
            f"SQLite {dbapi2.sqlite_version} can lose commits (its WAL-reset bug): install"
            " pysqlite3, or a Python that uses SQLite 3.51.3 or newer"
        )
    module: ModuleType = dbapi2
    return module


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection in driver autocommit: transactions begin where we say so.

    Raises:
        StoreUnavailable: the file cannot be opened, or is not there and `create` is not set.
    """
    module = driver()
    try:
        if create:
            path.touch(mode=0o600)  # the log files take the mode of their database
        connection: sqlite3.Connection = module.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=_BUSY_S,
            isolation_level=None,
            check_same_thread=False,  # readers are handed on, never shared
            cached_statements=512,
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except (OSError, module.Error) as error:
        raise StoreUnavailable(f"cannot open the SQLite file {path.name}: {error}") from error
    return connection


def translated(error: BaseException) -> BaseException:
    """A driver's error under our own name; any other error as it is."""
    module = driver()
    if isinstance(error, module.IntegrityError):
        return Conflict(f"the database refused it: {error}")
    if isinstance(error, module.OperationalError):
        return StoreUnavailable(f"SQLite: {error}")
    if isinstance(error, module.Error):
        return StoreError(f"SQLite: {error}")
    return error


def _take_turn(connection: sqlite3.Connection) -> None:
    """Begin to write, as soon as the process that writes now has ended.

    SQLite's own patience looks again after up to 100 ms: of several processes one then waits for
    seconds while the lock is free most of the time (measured).

    Raises:
        OperationalError: others wrote for `_BUSY_S`.
    """
    until = time.monotonic() + _BUSY_S
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except driver().OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(_LOOK_S)
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(1000 * _BUSY_S)}")


class Pair:
    """The two files, open together. One thread at a time."""

    def __init__(self, files: SqliteFiles) -> None:
        self._main = connect(files.main)
        self._keys = connect(files.keys)
        self.main = Db(self._main, "sqlite")
        self.keys = Db(self._keys, "sqlite")

    def begin(self) -> None:
        """Take the write locks, always in this order."""
        self.main.begin()
        self.keys.begin()
        _take_turn(self._main)
        self._keys.execute("BEGIN IMMEDIATE")

    def begin_unit(self) -> None:
        self.main.begin_unit()
        self.keys.begin_unit()

    def end_unit(self) -> None:
        self.main.end_unit()
        self.keys.end_unit()

    def undo_unit(self) -> None:
        self.main.undo_unit()
        self.keys.undo_unit()

    def write_out(self) -> None:
        self.keys.write_out()
        self.main.write_out()

    def commit(self) -> None:
        self._keys.execute("COMMIT")
        self._main.execute("COMMIT")

    def rollback(self) -> None:
        self._keys.execute("ROLLBACK")
        self._main.execute("ROLLBACK")

    def begin_reading(self) -> None:
        # Each snapshot is taken at its first read; keys are read after what they open.
        self._main.execute("BEGIN")
        self._keys.execute("BEGIN")

    def end_reading(self) -> None:
        self.write_out()  # there is nothing, or this says that a reader may not write
        self._keys.execute("ROLLBACK")
        self._main.execute("ROLLBACK")

    def refuse_writes(self) -> None:
        self._main.execute("PRAGMA query_only = ON")
        self._keys.execute("PRAGMA query_only = ON")

    def close(self) -> None:
        self._main.close()
        self._keys.close()


class SqliteBackend:
    """Units of work on the two files."""

    def __init__(
        self, files: SqliteFiles, foresee: Callable[[Db, Db, Sequence[bytes]], None]
    ) -> None:
        driver()
        self._files = files
        self._readers: deque[Pair] = deque()
        self._closed = False
        self._writer = GroupCommit(lambda: Pair(files), translated, foresee)

    def write(self, work: Callable[[Db, Db], T], about: bytes | None = None) -> T:
        return self._writer.submit(work, about)

    def read(self, work: Callable[[Db, Db], T]) -> T:
        if self._closed:
            raise StoreError("the store is closed")
        pair = self._reader()
        try:
            pair.begin_reading()
            result = work(pair.main, pair.keys)
            pair.end_reading()
        except BaseException as error:
            pair.close()
            renamed = translated(error)
            if renamed is error:
                raise
            raise renamed from error
        self._put_back(pair)
        return result

    def _reader(self) -> Pair:
        with suppress(IndexError):
            return self._readers.pop()
        pair = Pair(self._files)
        pair.refuse_writes()
        return pair

    def _put_back(self, pair: Pair) -> None:
        self._readers.append(pair)
        if self._closed:  # while this one read
            self._close_readers()

    def _close_readers(self) -> None:
        with suppress(IndexError):
            while True:
                self._readers.pop().close()

    def listen(self, woken: Callable[[], None]) -> None:
        """Nobody says anything here: look."""

    def shred(self) -> bool:
        """Empty both write-ahead logs. False if a reader is still in the way: try again."""
        done = True
        for path in (self._files.keys, self._files.main):
            connection = connect(path)
            try:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                done = done and not busy
            finally:
                connection.close()
        return done

    def close(self) -> None:
        self._writer.close()
        self._closed = True
        self._close_readers()
