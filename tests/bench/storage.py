"""Committed opt-outs per second on both databases, beside what the drivers alone can do."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from storage import migrate, open_store
from storage.sealer import Sealer
from tests import postgres
from tests.bench import plain
from tests.bench.load import Load
from tests.bench.optouts import CALLERS, MASTER, by_processes

SINGLES = 500
PROCESSES = (1, 4)
AIM = 0.6
SEALING_AIM = 0.05


def bench(entries: int) -> Iterator[str]:
    """Lines as they come: `entries` opt-outs are there before, a tenth of them are measured.

    Every run has new people. 10,000 entries take about a minute; ten million, hours and 25 GB.
    """
    yield f"storage: {CALLERS} callers, {entries} opt-outs kept before"
    yield f"{'':<34}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'of plain':>10}"
    with tempfile.TemporaryDirectory(prefix="heed-bench-") as folder:
        urls = (f"sqlite:///{Path(folder) / name / 'heed.db'}" for name in ("heed", "plain"))
        yield from _database("SQLite", urls, entries, _fresh_sqlite, _SQLITE)
    server = postgres.start()
    try:
        server.admin("ALTER SYSTEM SET fsync = on")  # here the disk is what is measured
        server.admin("SELECT pg_reload_conf()")
        urls = (server.empty_url() for _ in range(2))
        yield from _database("PostgreSQL", urls, entries, migrate, _POSTGRES)
    finally:
        server.stop()


_SQLITE = (plain.sqlite_singles, plain.sqlite_people, plain.sqlite_groups, "plain group commit")
_POSTGRES = (
    plain.postgres_singles,
    plain.postgres_people,
    plain.postgres_units,
    "plain psycopg, same statements",
)
_Plain = tuple[
    Callable[[str, int], Load],
    Callable[[str], list[plain.Rows]],
    Callable[[str, Sequence[plain.Rows]], Load],
    str,
]


def _fresh_sqlite(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).parent.mkdir()
    migrate(url)


def _database(
    name: str, urls: Iterator[str], entries: int, fresh: Callable[[str], None], by_driver: _Plain
) -> Iterator[str]:
    single, read_people, write_people, what = by_driver
    heed, beside = next(urls), next(urls)
    fresh(heed)
    fresh(beside)
    measured = max(1600, entries // 10)
    by_processes(heed, 0, entries, 4)
    yield _line(f"{name}: one row a transaction", single(beside, SINGLES))
    people = read_people(heed)
    write_people(beside, people[: entries - measured])
    limit = write_people(beside, people[entries - measured :])
    yield _line(f"{name}: {what}", limit)
    first = entries
    for processes in PROCESSES:
        load = by_processes(heed, first, measured, processes)
        first += measured
        ratio = load.per_second / limit.per_second
        yield _line(f"{name}: Heed, {processes} process{'es' * (processes > 1)}", load, ratio)
    yield f"{name}: sealing takes {_sealing(heed, load):.1%} more (aim: under {SEALING_AIM:.0%})"


def _line(name: str, load: Load, ratio: float | None = None) -> str:
    shown = "" if ratio is None else f"{ratio:>10.2f}"
    failed = f"  failed: {load.failures}" if load.failures else ""
    p50, p99 = load.quantile_ms(0.5), load.quantile_ms(0.99)
    return f"{name:<34}{load.per_second:>8.0f}{p50:>9.1f}{p99:>9.1f}{shown}{failed}"


def _sealing(url: str, load: Load) -> float:
    """The time to seal an entry, as a share of the time to record it."""
    with closing(open_store(url, secret_keys=[MASTER])) as store:
        sealer = Sealer(store, lambda: datetime.now(UTC))
        begun = time.perf_counter()
        sealed = sealer.step()
        return (time.perf_counter() - begun) / sealed * load.per_second
