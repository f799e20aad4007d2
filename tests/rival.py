"""Another process on the same database: its desk does what it is told, at the moment it is told."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from bot.model import Inbound
from bot.policy import Policy
from handlers.receipt import Receipt
from tests.kit import bench

PATIENCE_S = 60


def serve(url: str, policy: Policy, line: Connection) -> None:
    """What the other process runs: batches of what came in, each batch at once."""
    with bench(Path(), url=url, policy=policy) as there, ThreadPoolExecutor(8) as threads:
        line.send(None)
        while (told := line.recv()) is not None:
            there.clock.now, together = told
            line.send(list(threads.map(there.desk.receive, together)))


class Rival:
    def __init__(self, line: Connection) -> None:
        self._line = line
        self._waiting = ThreadPoolExecutor(1)

    def hears(self, now: datetime, messages: Sequence[Inbound]) -> Future[list[Receipt]]:
        """Have them received over there, all at once; what came of each."""
        self._line.send((now, list(messages)))
        return self._waiting.submit(self._answer)

    def _answer(self) -> list[Receipt]:
        if not self._line.poll(PATIENCE_S):
            raise TimeoutError("the other process does not answer")
        answer: list[Receipt] = self._line.recv()
        return answer

    def close(self) -> None:
        self._waiting.shutdown()
        self._line.send(None)


@contextmanager
def rival(url: str, policy: Policy) -> Iterator[Rival]:
    """A desk in a process of its own, on a database that has its tables already."""
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    process = spawning.Process(target=serve, args=(url, policy, there), daemon=True)
    process.start()
    there.close()
    try:
        assert here.poll(PATIENCE_S), "the other process does not start"
        here.recv()
        other = Rival(here)
        yield other
        other.close()
    finally:
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()
        here.close()
        process.close()
