"""Backups of a SQLite desk: two files copied while it runs, put back while it does not.

The main file is copied first and the keys second, each as one snapshot, so that the keys are never
older than what they open. Each copy is stamped with its instant, in the place that SQLite leaves to
applications, so that a pair that does not fit is refused.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from storage.errors import StoreError, StoreUnavailable
from storage.location import SqliteFiles, locate
from storage.sqlite import connect, driver

_PAGES = 2048  # copied at a time: 8 MB
_STAMPED_FROM = datetime(2026, 1, 1, tzinfo=UTC)  # the stamp has 31 bits: until 2094
Progress = Callable[[str, int, int], None]
"""Told what is copied, how many pages are done, and of how many."""


def sqlite_files(url: str) -> SqliteFiles:
    """The two files of the desk.

    Raises:
        StoreError: it lies in PostgreSQL, which brings its own tools.
    """
    location = locate(url)
    if not isinstance(location, SqliteFiles):
        raise StoreError("PostgreSQL is backed up and restored by its own tools: docs/backup.md")
    return location


def back_up(
    url: str, to: SqliteFiles, *, clock: Callable[[], datetime], progress: Progress
) -> None:
    """Copy the desk of `url` while it works. Neither file may exist yet.

    Raises:
        StoreError: a file is there already, or the desk is not on SQLite.
        StoreUnavailable: a file cannot be read or written.
    """
    files = sqlite_files(url)
    for target in (to.main, to.keys):
        if target.exists():
            raise StoreError(f"{target.name} is there already: nothing was overwritten")
    pairs = (("data", files.main, to.main), ("keys", files.keys, to.keys))
    drafts = {target: target.with_name(f".{target.name}.{os.getpid()}") for _, _, target in pairs}
    placed: list[Path] = []
    try:
        for what, source, target in pairs:
            taken = clock()
            _copy(source, drafts[target], partial(progress, what))
            _stamp(drafts[target], taken)
        for target, draft in drafts.items():
            os.link(draft, target)  # whole or not at all, and never over another file
            placed.append(target)
            _sync(target)
    except OSError as error:
        for target in placed:
            target.unlink()
        raise StoreUnavailable(f"the backup cannot be written: {error.strerror}") from error
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def taken_at(path: Path) -> datetime | None:
    """When `back_up` began to copy this file; None where it did not make it."""
    connection = connect(path)
    try:
        seconds = int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()
    return _STAMPED_FROM + timedelta(seconds=seconds) if seconds else None


def in_use(path: Path) -> bool:
    """Whether any process has the database open. As a side effect its logs are emptied."""
    if not path.exists():
        return False
    connection = connect(path)
    try:
        # leaving WAL needs the file for oneself
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except driver().OperationalError:
        return True
    finally:
        connection.close()
    return str(mode) != "delete"


def unpack(backup: SqliteFiles, into: SqliteFiles) -> None:
    """Copy the two files of a backup to where they can be opened.

    Raises:
        StoreUnavailable: they cannot be read, or not be written there.
    """
    try:
        for source, target in ((backup.main, into.main), (backup.keys, into.keys)):
            target.touch(mode=0o600)
            shutil.copyfile(source, target)
            _sync(target)
    except OSError as error:
        raise StoreUnavailable(f"the backup cannot be copied: {error.strerror}") from error


def damage(path: Path) -> str:
    """What SQLite finds wrong with the file itself; empty if nothing."""
    module = driver()
    connection = connect(path)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except module.DatabaseError as error:
        found = str(error)
    finally:
        connection.close()
    return "" if found == "ok" else f"{path.name}: {found}"


def install(drafts: SqliteFiles, files: SqliteFiles) -> None:
    """Put the drafts in the place of the desk's files; the keys first, as in every commit.

    Raises:
        StoreUnavailable: the folder cannot be written.
    """
    for draft in (drafts.keys, drafts.main):
        _unstamp(draft)
    try:
        for draft, target in ((drafts.keys, files.keys), (drafts.main, files.main)):
            draft.replace(target)
            _sync(target)
    except OSError as error:
        raise StoreUnavailable(f"the restored files cannot be placed: {error.strerror}") from error


def _copy(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    module = driver()
    target.touch(mode=0o600)
    reading = connect(source)
    writing = module.connect(str(target), isolation_level=None)
    try:
        reading.execute("BEGIN")  # one snapshot for all the steps, whoever writes meanwhile
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        reading.backup(
            writing, pages=_PAGES, sleep=0, progress=lambda _, left, of: progress(of - left, of)
        )
        writing.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    except module.Error as error:
        raise StoreUnavailable(f"the backup failed: {error}") from error
    finally:
        writing.close()
        reading.close()


def _stamp(path: Path, moment: datetime) -> None:
    seconds = max(1, int((moment - _STAMPED_FROM).total_seconds()))
    _set_version(path, seconds)


def _unstamp(path: Path) -> None:
    _set_version(path, 0)


def _set_version(path: Path, number: int) -> None:
    connection = driver().connect(str(path), isolation_level=None)
    try:
        connection.execute(f"PRAGMA user_version = {number}")
    finally:
        connection.close()


def _sync(path: Path) -> None:
    """The file and its name are on disk."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
