"""The limits: the very rows of opt-outs, taken from a desk, written by the drivers alone."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy import Table

from storage.location import SqliteFiles, locate
from storage.schema import KEYS, MAIN
from storage.sql import Insertion
from storage.sqlite import connect
from tests.bench.load import Load
from tests.bench.optouts import CALLERS, in_threads

Rows = dict[str, list[tuple[Any, ...]]]
TABLES = ("address_keys", "word_keys", "addresses", "ledger", "suppressions", "outbox", "events")
_ALL: dict[str, Table] = {**MAIN.tables, **KEYS.tables}
INSERTS = {name: Insertion(_ALL[name]) for name in TABLES}
BATCH = CALLERS // 2
"""Opt-outs in one plain transaction: those who wait while as many others are being committed."""


def sqlite_files(url: str) -> SqliteFiles:
    files = locate(url, None)
    assert isinstance(files, SqliteFiles)
    return files


def people_of(select: Callable[[str], Sequence[tuple[Any, ...]]]) -> list[Rows]:
    """All rows of each person, by table; `select` runs a query."""
    found: defaultdict[bytes, Rows] = defaultdict(lambda: {name: [] for name in TABLES})
    for name in TABLES:
        for row in select(f"SELECT * FROM {name}"):
            found[row[0]][name].append(row)
    return list(found.values())


def sqlite_people(url: str) -> list[Rows]:
    files = sqlite_files(url)
    with closing(connect(files.main)) as main, closing(connect(files.keys)) as keys:

        def select(query: str) -> Sequence[tuple[Any, ...]]:
            db = keys if query.rpartition(" ")[2] in KEYS.tables else main
            return db.execute(query).fetchall()

        return people_of(select)


def sqlite_groups(url: str, people: Sequence[Rows]) -> Load:
    """`BATCH` opt-outs in each transaction, one thread, the store's own settings of SQLite."""
    files = sqlite_files(url)
    latencies: list[float] = []
    with closing(connect(files.main)) as main, closing(connect(files.keys)) as keys:
        begun = time.perf_counter()
        for first in range(0, len(people), BATCH):
            batch_begun = time.perf_counter()
            batch = people[first : first + BATCH]
            for db in (main, keys):
                db.execute("BEGIN IMMEDIATE")
            for name in TABLES:
                rows = [row for person in batch for row in person[name]]
                db = keys if name in KEYS.tables else main
                db.executemany(INSERTS[name].on("sqlite", 1), rows)
            for db in (keys, main):
                db.execute("COMMIT")
            latencies += [time.perf_counter() - batch_begun] * len(batch)
        seconds = time.perf_counter() - begun
    return Load(seconds=seconds, latencies_s=latencies, failures=0)


def sqlite_singles(url: str, count: int) -> Load:
    """One small row in each transaction: what a commit costs on this disk."""
    with closing(connect(sqlite_files(url).main)) as db:
        db.execute("CREATE TABLE IF NOT EXISTS single (id INTEGER PRIMARY KEY, value BLOB)")
        return _singles(db, "INSERT INTO single (value) VALUES (?)", count)


def postgres_singles(url: str, count: int) -> Load:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("CREATE TABLE IF NOT EXISTS single (id BIGSERIAL PRIMARY KEY, value BYTEA)")
        return _singles(db, "INSERT INTO single (value) VALUES (%s)", count)


def _singles(db: sqlite3.Connection | psycopg.Connection[Any], insert: Any, count: int) -> Load:
    latencies = []
    for _ in range(count):
        begun = time.perf_counter()
        db.execute(insert, (b"x" * 100,))
        latencies.append(time.perf_counter() - begun)
    return Load(seconds=sum(latencies), latencies_s=latencies, failures=0)


def postgres_people(url: str) -> list[Rows]:
    with psycopg.connect(url, autocommit=True) as db:
        return people_of(lambda query: db.execute(query.encode()).fetchall())


def postgres_units(url: str, people: Sequence[Rows]) -> Load:
    """A transaction for each opt-out with the statements of the store, from `CALLERS` threads."""
    free = [psycopg.connect(url, autocommit=True) for _ in range(CALLERS)]

    def call(number: int) -> None:
        db, person = free.pop(), people[number]
        addr = person["addresses"][0][0]
        db.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        lock = int.from_bytes(addr[:8], "big", signed=True)
        db.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
        db.execute("SELECT * FROM addresses WHERE addr = %s", (addr,)).fetchone()
        db.execute("SELECT * FROM address_keys WHERE addr = %s", (addr,)).fetchone()
        for name in TABLES:
            for row in person[name]:
                db.execute(INSERTS[name].on("postgresql", 1).encode(), row)
        db.execute("COMMIT")
        free.append(db)

    begun = time.perf_counter()
    latencies = in_threads(call, 0, len(people), CALLERS)
    seconds = time.perf_counter() - begun
    for db in free:
        db.close()
    return Load(seconds=seconds, latencies_s=latencies, failures=0)
