"""A SQLite desk moved to PostgreSQL: copied table by table, compared row by row.

The desk is held still meanwhile. What is copied is remembered over there in the transaction that
copies it, so that a move that was broken off goes on where it was. Until it has arrived, nobody can
open the desk over there; once it has, nobody can open it here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Select, Table, Text, func, select, tuple_

from storage.errors import StoreError, StoreUnavailable
from storage.location import PostgresUrl, SqliteFiles, locate
from storage.migrate import migrate
from storage.moved import CAME, COMING, GONE, MOVE
from storage.schema import KEYS, MAIN, settings
from storage.session import Session
from storage.sql import Statement, param, word
from storage.sqlite import connect, driver

BATCH = 2000
# The keys first and the settings, which hold their fingerprint, last: half of it opens nowhere.
TABLES = (
    *KEYS.sorted_tables,
    *(table for table in MAIN.sorted_tables if table is not settings),
    settings,
)
Progress = Callable[[str, int, int], None]
"""Told what is done to which table, how many rows are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move whose rows are all over there. The desk is held still for as long as this is open."""

    desk: str
    arrived_before: bool
    _main: sqlite3.Connection

    def arrive(self, session: Session) -> None:
        """In the transaction over there that does the last things: from now on it is the desk."""
        session.save_setting(MOVE, CAME + self.desk)

    def leave(self, now: datetime) -> None:
        """Close the desk here for good. Only after `arrive` was committed."""
        value = f"{GONE}{now:%Y-%m-%dT%H:%M:%SZ}"
        self._main.execute(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (MOVE, value)
        )
        self._main.execute("COMMIT")


@contextmanager
def moving(url: str, to: str, progress: Progress) -> Iterator[Move]:
    """Copy the desk of `url` into the database of `to`, or what is left of it, and compare.

    Raises:
        StoreError: it is in use or has moved already, `to` holds something else, or what is there
            is not what is here.
        StoreUnavailable: one of the databases is not to be reached.
    """
    source, target = locate(url), locate(to)
    if not isinstance(source, SqliteFiles) or not isinstance(target, PostgresUrl):
        raise StoreError("a move goes from SQLite to postgresql://...")
    migrate(url)
    migrate(to)
    conninfo = target.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with (
            closing(connect(source.main)) as main,
            closing(connect(source.keys)) as keys,
            closing(psycopg.connect(conninfo, autocommit=True, connect_timeout=5)) as there,
        ):
            main.execute("BEGIN IMMEDIATE")
            keys.execute("BEGIN IMMEDIATE")
            desk = _identity(main)
            state = _state(there, desk)
            if not state.startswith(CAME):
                copying = _Copying(desk, main, keys, there, progress)
                copying.copy(json.loads(state.removeprefix(f"{COMING}{desk} ") or "null"))
                copying.compare()
            yield Move(desk, state.startswith(CAME), main)
    except driver().Error as error:
        raise StoreUnavailable(f"SQLite: {error}") from error
    except psycopg.OperationalError as error:
        raise StoreUnavailable(
            "PostgreSQL was lost: run it again, it goes on from there"
        ) from error


def _identity(main: sqlite3.Connection) -> str:
    """Which desk this is: the fingerprint of its keys."""
    said = dict(
        main.execute("SELECT name, value FROM settings WHERE name IN ('keyring', ?)", (MOVE,))
    )
    if said.get(MOVE, "").startswith(GONE):
        raise StoreError("this desk was moved already")
    if "keyring" not in said:
        raise StoreError("this desk never ran: there is nothing to move")
    return str(said["keyring"])


def _state(there: psycopg.Connection[Any], desk: str) -> str:
    """What the database over there says of a move of this desk; marked as coming where it is empty.

    Raises:
        StoreError: it holds something else.
    """
    row = there.execute("SELECT value FROM settings WHERE name = %s", (MOVE,)).fetchone()
    if row is not None:
        state = str(row[0])
        if state == CAME + desk or state.startswith(f"{COMING}{desk} "):
            return state
        raise StoreError("another desk was moved into this database")
    for table in TABLES:
        found = there.execute(
            sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table.name))
        )
        if found.fetchone() is not None:
            raise StoreError("this database is not empty: a move needs one of its own")
    state = f"{COMING}{desk} null"
    there.execute("INSERT INTO settings (name, value) VALUES (%s, %s)", (MOVE, state))
    return state


class _Copying:
    def __init__(
        self,
        desk: str,
        main: sqlite3.Connection,
        keys: sqlite3.Connection,
        there: psycopg.Connection[Any],
        progress: Progress,
    ) -> None:
        self._desk = desk
        self._main = main
        self._keys = keys
        self._there = there
        self._progress = progress

    def copy(self, done: list[Any] | None) -> None:
        """From behind the row that `done` names: its table and, as hex or plain, its key."""
        names = [table.name for table in TABLES]
        first = names.index(done[0]) if done else 0
        for table in TABLES[first:]:
            after = [_unspelt(part) for part in done[1]] if done and done[0] == table.name else None
            self._copy_table(table, after)

    def _copy_table(self, table: Table, after: list[Any] | None) -> None:
        places = [list(table.c).index(column) for column in table.primary_key.columns]
        keys = {f"k{number}": part for number, part in enumerate(after or [])}
        total, done = self._count(table), 0
        if after:
            done = total - self._count(table, keys)
        rows = self._here(table).execute(_sql(_rows(table, "sqlite", keys), "sqlite"), keys)
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.c.keys()))
        )
        while batch := rows.fetchmany(BATCH):
            at = [table.name, [_spelt(batch[-1][place]) for place in places]]
            with self._there.transaction():
                with self._there.cursor() as cursor, cursor.copy(into) as copy:
                    for row in batch:
                        copy.write_row(row)
                self._there.execute(
                    "UPDATE settings SET value = %s WHERE name = %s",
                    (f"{COMING}{self._desk} {json.dumps(at)}", MOVE),
                )
            done += len(batch)
            self._progress(f"copied, {table.name}", done, total)

    def compare(self) -> None:
        """Every row over there is the row here.

        Raises:
            StoreError: one is not.
        """
        for table in TABLES:
            total = self._count(table)
            with self._there.transaction(), self._there.cursor(name="compared") as theirs:
                theirs.itersize = BATCH
                theirs.execute(_sql(_rows(table, "postgresql"), "postgresql").encode())
                ours = self._here(table).execute(_sql(_rows(table, "sqlite"), "sqlite"))
                for done, (here, there) in enumerate(zip_longest(ours, theirs), 1):
                    if here != there:
                        raise StoreError(f"row {done} of {table.name} is not the same over there")
                    if done % BATCH == 0:
                        self._progress(f"compared, {table.name}", done, total)
            self._progress(f"compared, {table.name}", total, total)

    def _here(self, table: Table) -> sqlite3.Connection:
        return self._keys if table.metadata is KEYS else self._main

    def _count(self, table: Table, after: Mapping[str, Any] | None = None) -> int:
        counted = select(func.count()).select_from(_rows(table, "sqlite", after or {}).subquery())
        row = self._here(table).execute(_sql(counted, "sqlite"), after or {}).fetchone()
        return int(row[0])


def _rows(table: Table, dialect: str, after: Mapping[str, Any] | None = None) -> Select[Any]:
    """All columns, behind a key, in the order of the key: of bytes, on both databases."""
    key = list(table.primary_key.columns)
    bytewise = [
        column.collate("C") if dialect == "postgresql" and isinstance(column.type, Text) else column
        for column in key
    ]
    rows = select(*table.c).order_by(*bytewise)
    if table is settings:
        rows = rows.where(settings.c.name != word(MOVE))  # the mark itself stays where it is
    if after:
        rows = rows.where(tuple_(*key) > tuple_(*(param(name) for name in after)))
    return rows


def _sql(query: Select[Any], dialect: str) -> str:
    return Statement(query).on(dialect)[0]


def _spelt(part: bytes | str | int) -> str | int | list[str]:
    return [part.hex()] if isinstance(part, bytes) else part


def _unspelt(part: Any) -> bytes | str | int:
    return bytes.fromhex(part[0]) if isinstance(part, list) else part
