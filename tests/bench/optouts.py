"""Committed opt-outs through the store: what the desk records for one STOP of a new person."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier

from bot.model import Address, Channel
from storage import Session, Store, open_store
from tests.bench.load import Load
from tests.storage.people import STOPPED, confirmation, stop_entry

MASTER = bytes(range(32))
CALLERS = 16
"""Who wait for a commit at any moment, over all processes."""


def person(number: int) -> Address:
    return Address(channel=Channel.EMAIL, value=f"p{number}@example.com")


def record(session: Session, number: int, now: datetime) -> None:
    """Entry, suppression, confirmation, event; the ids as the desk makes them, by time."""
    addr = session.touch(person(number), now)
    name = f"{time.time_ns():016x}{session.chance(6).hex()}"
    session.append(addr, stop_entry(), id=name, message_id=name, recorded_at=now)
    session.apply(addr, STOPPED, now, name)
    session.promise(confirmation(addr, name))
    session.remember_event(addr, ("twilio", "AC1", name), name, "opted_out", name, now)


def by_processes(url: str, first: int, count: int, processes: int) -> Load:
    """Record so many new people from so many processes, `CALLERS` threads in all."""
    context = multiprocessing.get_context("spawn")
    ready, begin = context.Barrier(processes + 1), context.Barrier(processes + 1)
    answers = context.Queue()
    share = count // processes
    workers = [
        context.Process(
            target=_process,
            args=(url, first + n * share, share, CALLERS // processes, ready, begin, answers),
        )
        for n in range(processes)
    ]
    for worker in workers:
        worker.start()
    ready.wait(60)
    begin.wait(60)
    begun = time.perf_counter()
    latencies = [one for _ in workers for one in answers.get(timeout=600)]
    seconds = time.perf_counter() - begun
    for worker in workers:
        worker.join(30)
    return Load(seconds=seconds, latencies_s=latencies, failures=share * processes - len(latencies))


def _process(
    url: str, first: int, count: int, callers: int, ready: Barrier, begin: Barrier, answers: object
) -> None:
    store = open_store(url, secret_keys=[MASTER])
    try:
        ready.wait(60)
        begin.wait(60)
        answers.put(in_threads(recorder(store), first, count, callers))  # type: ignore[attr-defined]
    finally:
        store.close()


def recorder(store: Store) -> Callable[[int], None]:
    def call(number: int) -> None:
        addr = store.address_hash(person(number))
        now = datetime.now(UTC)
        store.write(lambda session: record(session, number, now), about=addr)

    return call


def in_threads(call: Callable[[int], None], first: int, count: int, callers: int) -> list[float]:
    """Call once for each number; the seconds that each call took."""
    numbers: Iterator[int] = iter(range(first, first + count))
    lock = threading.Lock()

    def caller() -> list[float]:
        took: list[float] = []
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return took
            begun = time.perf_counter()
            call(number)
            took.append(time.perf_counter() - begun)

    with ThreadPoolExecutor(callers) as pool:
        done = [pool.submit(caller) for _ in range(callers)]
        return [one for future in done for one in future.result()]
