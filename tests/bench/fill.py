"""Many opt-outs at once: one that the store recorded, repeated in SQL under other addresses.

The rows have the sizes, the keys and the indexes of real ones; addresses, ids and times differ from
row to row. What is encrypted is the pattern's own, so nobody could read it under its new address:
what is measured neither reads it nor writes to these addresses. Rows go in by address, as a
database that was moved or restored would have them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg

from storage import open_store
from storage.schema import KEYS
from storage.sealer import Sealer
from storage.sqlite import connect
from tests.bench.optouts import MASTER, recorder
from tests.bench.plain import TABLES, sqlite_files

FILLED = (*TABLES, "sealed")
CHUNK = 250_000
PATTERN = -1
"""The number of the person whose rows are repeated."""
FIRST = datetime(2021, 1, 1, tzinfo=UTC)
SPAN_MICROS = 4 * 365 * 86_400 * 10**6
_TIMES = {"created_at", "recorded_at", "effective_at", "received_at", "since", "due_at"}
_NAMES = {"id", "entry_id", "message_id", "outbox_id"}


def address(number: int, count: int) -> bytes:
    """The hash that stands for filled person `number` of `count`: all over the range, in order."""
    return bytes.fromhex(f"{number * (2**60 // count):015x}0{number:016x}")


def fill(url: str, count: int) -> None:
    """Put the pattern and `count` more sealed opt-outs into a migrated, empty database."""
    with closing(open_store(url, secret_keys=[MASTER])) as store:
        recorder(store)(PATTERN)
        Sealer(store, lambda: datetime.now(UTC)).step()
    (_fill_sqlite if url.startswith("sqlite") else _fill_postgres)(url, count)


def _fill_sqlite(url: str, count: int) -> None:
    files = sqlite_files(url)
    addr = f"unhex(printf('%015x0%016x', i * {2**60 // count}, i))"
    series = (
        "WITH RECURSIVE series(i) AS"
        " (SELECT :first UNION ALL SELECT i + 1 FROM series WHERE i < :last) "
    )
    for path, is_keys in ((files.main, False), (files.keys, True)):
        with closing(connect(path)) as db:
            for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -200000"):
                db.execute(f"PRAGMA {pragma}").fetchall()
            for table in FILLED:
                if (table in KEYS.tables) is not is_keys:
                    continue
                rows = db.execute(f"SELECT * FROM {table} LIMIT 1")
                pattern = dict(zip([c[0] for c in rows.description], rows.fetchone(), strict=True))
                rows.close()
                made, fixed = _columns(pattern, count, addr, "printf('%028x', i)", ":")
                insert = f"{series}INSERT INTO {table} SELECT {made} FROM series"

                def put(
                    first: int, last: int, sql: str = insert, fixed: dict[str, Any] = fixed
                ) -> None:
                    db.execute(sql, {**fixed, "first": first, "last": last})

                _in_chunks(table, count, put)
            db.execute("PRAGMA journal_mode = WAL").fetchall()
            db.execute("PRAGMA optimize").fetchall()


def _fill_postgres(url: str, count: int) -> None:
    step = 2**60 // count
    addr = f"decode(lpad(to_hex(i * {step}), 15, '0') || '0' || lpad(to_hex(i), 16, '0'), 'hex')"
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")
        for table in FILLED:
            rows = db.execute(f"SELECT * FROM {table} LIMIT 1".encode())
            assert rows.description is not None
            values = rows.fetchone()
            assert values is not None
            pattern = dict(zip([c.name for c in rows.description], values, strict=True))
            made, fixed = _columns(pattern, count, addr, "lpad(to_hex(i), 28, '0')", "%")
            insert = (
                f"INSERT INTO {table} SELECT {made}"
                " FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS series(i)"
            ).encode()

            def put(
                first: int, last: int, sql: bytes = insert, fixed: dict[str, Any] = fixed
            ) -> None:
                db.execute(sql, {**fixed, "first": first, "last": last})

            _in_chunks(table, count, put)
            db.execute(f"VACUUM (FREEZE, ANALYZE) {table}".encode())
        db.execute("CHECKPOINT")


def _columns(
    pattern: dict[str, Any], count: int, addr: str, name: str, mark: str
) -> tuple[str, dict[str, Any]]:
    """The SELECT list for row `i`, and the values that are the same in every row."""
    gap = max(1, SPAN_MICROS // count)
    moment = f"{int(FIRST.timestamp()) * 10**6} + i * {gap}"
    shown, fixed = [], {}
    for column, value in pattern.items():
        if column in {"addr", "key"}:
            shown.append(addr)
        elif column in _NAMES:
            shown.append(name)
        elif column in _TIMES:
            shown.append(moment)
        elif column == "position":
            shown.append("i + 1")
        elif column == "state":
            shown.append("'sent'")
        elif value is None:
            shown.append("NULL")
        else:
            cast = {bytes: "bytea", str: "text", int: "bigint"}[type(value)]
            shown.append(f":{column}" if mark == ":" else f"%({column})s::{cast}")
            fixed[column] = value
    return ", ".join(shown), fixed


def _in_chunks(table: str, count: int, put: Callable[[int, int], None]) -> None:
    for first, last in _chunks(count):
        put(first, last)
        if sys.stderr.isatty():
            shown = f"filling {table}: {last + 1:,} of {count:,}"
            print(f"\r{shown} \x1b[K", end="\n" * (last == count - 1), file=sys.stderr, flush=True)


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    for first in range(0, count, CHUNK):
        yield first, min(first + CHUNK, count) - 1
