"""Committed opt-outs and look-ups per second on both databases, small and grown, beside the drivers.

Each round measures every kind of work on every size in turn, so that whatever else the machine does
falls on all of them; shown is the median of the rounds, and ratios are taken within a round.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from storage import migrate, open_store
from storage.sealer import Sealer
from tests import postgres
from tests.bench import plain
from tests.bench.fill import address, fill
from tests.bench.load import Load
from tests.bench.optouts import CALLERS, MASTER, by_processes

ROUNDS = 3
OPT_OUTS = 1600
LOOK_UPS = 4000
SINGLES = 300
AIM = 0.6
GROWTH_AIM = 1.3
SEALING_AIM = 0.05


@dataclass(slots=True, kw_only=True)
class Desk:
    """A filled database; `people` counts who was recorded in it since."""

    url: str
    size: int
    people: Iterator[int] = field(default_factory=lambda: count(0, OPT_OUTS))
    chance: random.Random = field(default_factory=lambda: random.Random(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """What the plain driver can do: one row a transaction, and the rows of so many opt-outs."""

    name: str
    singles: Callable[[str, int], Load]
    read: Callable[[str], list[plain.Rows]]
    write: Callable[[str, Sequence[plain.Rows]], Load]
    what: str


_SQLITE = Driver(
    name="SQLite",
    singles=plain.sqlite_singles,
    read=plain.sqlite_people,
    write=plain.sqlite_groups,
    what="plain group commit",
)
_POSTGRES = Driver(
    name="PostgreSQL",
    singles=plain.postgres_singles,
    read=plain.postgres_people,
    write=plain.postgres_units,
    what="plain psycopg, same statements",
)


def bench(sizes: Sequence[int]) -> Iterator[str]:
    """Lines as they come. Filling ten million takes minutes and tens of gigabytes."""
    yield (
        f"storage: {CALLERS} callers, medians of {ROUNDS} rounds; opt-outs kept before:"
        f" {', '.join(f'{size:,}' for size in sizes)}"
    )
    with tempfile.TemporaryDirectory(prefix="heed-bench-") as folder:
        urls = (f"sqlite:///{Path(folder) / str(number) / 'heed.db'}" for number in count())
        yield from _database(_SQLITE, urls, sizes, _fresh_sqlite, os.sync)
    server = postgres.start()
    try:
        server.admin("ALTER SYSTEM SET max_wal_size = '4GB'")
        urls = (server.empty_url() for _ in count())
        yield from _database(_POSTGRES, urls, sizes, migrate, partial(_wait_for_the_disk, server))
    finally:
        server.stop()


def _wait_for_the_disk(server: postgres.Postgres) -> None:
    server.admin("ALTER SYSTEM SET fsync = on")  # here the disk is what is measured
    server.admin("SELECT pg_reload_conf()")
    os.sync()


def _fresh_sqlite(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).parent.mkdir()
    migrate(url)


def _database(
    driver: Driver,
    urls: Iterator[str],
    sizes: Sequence[int],
    fresh: Callable[[str], None],
    filled: Callable[[], None],
) -> Iterator[str]:
    source = next(urls)
    fresh(source)
    by_processes(source, 0, ROUNDS * OPT_OUTS, 4)
    rows = driver.read(source)
    desks = [Desk(url=next(urls), size=size) for size in sizes]
    for desk in desks:
        begun = time.perf_counter()
        fresh(desk.url)
        fill(desk.url, desk.size)
        seconds = time.perf_counter() - begun
        yield f"{driver.name}: {desk.size:,} opt-outs filled in {seconds:.0f} s"
    filled()
    sealers = [_Sealing(desk.url) for desk in desks]
    kinds: list[tuple[str, Callable[[Desk, Sequence[plain.Rows]], Load]]] = [
        ("look-ups for a check", _look_up),
        ("one row a transaction", lambda desk, _: driver.singles(desk.url, SINGLES)),
        (driver.what, lambda desk, part: driver.write(desk.url, part)),
        ("Heed, 1 process", partial(_record, 1)),
        ("Heed, 4 processes", partial(_record, 4)),
    ]
    loads: dict[str, list[list[Load]]] = {name: [[] for _ in desks] for name, _ in kinds}
    for number in range(ROUNDS):
        part = rows[number * OPT_OUTS : (number + 1) * OPT_OUTS]
        for name, measure in kinds:
            for place, desk in enumerate(desks):
                loads[name][place].append(measure(desk, part))
    yield from _table(driver, sizes, loads)
    for desk, sealer in zip(desks, sealers, strict=True):
        share = sealer.share(loads["Heed, 4 processes"][desks.index(desk)])
        yield (
            f"{driver.name}: sealing takes {share:.1%} more at {desk.size:,}"
            f" (aim: under {SEALING_AIM:.0%})"
        )


def _look_up(desk: Desk, _part: Sequence[plain.Rows]) -> Load:
    """One after the other, what `heed check` asks for: half of known addresses, half of strangers."""
    took: list[float] = []
    now = datetime.now(UTC)
    with closing(open_store(desk.url, secret_keys=[MASTER])) as store:
        for number in range(LOOK_UPS):
            addr = desk.chance.randbytes(16)
            if number % 2:
                addr = address(desk.chance.randrange(desk.size), desk.size)
            begun = time.perf_counter()
            found = store.read(lambda s, a=addr: (s.suppressions(a, now), s.linked(a)))  # type: ignore[misc]
            took.append(time.perf_counter() - begun)
            assert len(found[0]) == number % 2
    return Load(seconds=sum(took), latencies_s=took, failures=0)


def _record(processes: int, desk: Desk, _part: Sequence[plain.Rows]) -> Load:
    return by_processes(desk.url, next(desk.people), OPT_OUTS, processes)


def _table(
    driver: Driver, sizes: Sequence[int], loads: dict[str, list[list[Load]]]
) -> Iterator[str]:
    yield f"{driver.name:<32}{'kept':>12}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'of plain':>10}" + (
        f"{'slower by':>11}" if len(sizes) > 1 else ""
    )
    for name, by_size in loads.items():
        for place, (size, rounds) in enumerate(zip(sizes, by_size, strict=True)):
            beside = loads[driver.what][place] if name.startswith("Heed") else None
            shown = "" if beside is None else f"{_ratio(rounds, beside):.2f}"
            slower = f"{_ratio(by_size[0], rounds):>11.2f}" if place else ""
            failed = sum(load.failures for load in rounds)
            figures = "".join(
                f"{median(values):>{width}.{digits}f}"
                for values, width, digits in (
                    ([load.per_second for load in rounds], 8, 0),
                    ([load.quantile_ms(0.5) for load in rounds], 9, 2),
                    ([load.quantile_ms(0.99) for load in rounds], 9, 2),
                )
            )
            line = f"{name:<32}{size:>12,}{figures}{shown:>10}{slower}"
            yield line + (f"  failed: {failed}" if failed else "")


def _ratio(these: Sequence[Load], those: Sequence[Load]) -> float:
    """The median, over the rounds, of how many times as much the first did."""
    return median(a.per_second / b.per_second for a, b in zip(these, those, strict=True))


class _Sealing:
    """Everything before the measured rounds is sealed when it begins."""

    def __init__(self, url: str) -> None:
        self._store = open_store(url, secret_keys=[MASTER])
        self._sealer = Sealer(self._store, lambda: datetime.now(UTC))
        self._sealer.step()

    def share(self, loads: Sequence[Load]) -> float:
        """The time to seal an entry, as a share of the time to record it."""
        with closing(self._store):
            begun = time.perf_counter()
            sealed = self._sealer.step()
            each = (time.perf_counter() - begun) / sealed
        return each * median(load.per_second for load in loads)
