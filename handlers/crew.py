"""The threads of a worker: one claims for all that are free to send, each chore has its own.

What is claimed is being sent a moment later, so that a worker that dies leaves no answer in doubt
whose call was not begun. Any number of processes share one outbox: what one has claimed, others
pass over. PostgreSQL says when something was promised; looking again now and then is the net below.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

from handlers.logs import whereabouts
from handlers.worker import IDLE_S, PATIENCE_S, Chore, Worker
from storage import OutboxItem, Store, StoreError

log = logging.getLogger("heed.worker")

WOKEN_IDLE_S = 5.0
"""How often to look where the database itself says that something waits."""


class Crew:
    """`senders` send at once. `store` is the worker's."""

    def __init__(self, worker: Worker, store: Store, *, senders: int = 4) -> None:
        self._worker = worker
        self._store = store
        self._awake = threading.Event()  # something may wait to be sent
        self._idle_s = IDLE_S
        self._free = threading.Semaphore(senders)
        self._claimed: SimpleQueue[OutboxItem | None] = SimpleQueue()
        self._unlisten: Callable[[], None] = lambda: None
        self._senders = [
            threading.Thread(target=self._send, name=f"heed-sender-{number}", daemon=True)
            for number in range(senders)
        ]
        self._claimer = threading.Thread(target=self._claim, name="heed-worker", daemon=True)
        # A thread each: four slow sends must not hold up the seals, nor a Slack that hangs or a
        # text that cannot be read the other chores.
        self._chores = [
            threading.Thread(
                target=self._do, args=(chore,), name=f"heed-chore-{number}", daemon=True
            )
            for number, chore in enumerate(worker.chores)
        ]

    def start(self) -> None:
        unlisten = self._store.listen(self._awake.set)
        if unlisten is not None:
            self._unlisten, self._idle_s = unlisten, WOKEN_IDLE_S
        for thread in (*self._senders, self._claimer, *self._chores):
            thread.start()

    def stop(self, wait_s: float = 30.0) -> None:
        """Finish what is being sent; what is only promised waits for the next start."""
        until = time.monotonic() + wait_s
        self._worker.stopping.set()
        self._awake.set()
        _join([self._claimer], until)
        for _ in self._senders:
            self._claimed.put(None)
        _join([*self._senders, *self._chores], until)
        self._unlisten()

    def _claim(self) -> None:
        def wait(idle_s: float) -> None:
            self._awake.wait(idle_s)
            self._awake.clear()

        self._repeat(self._round, wait, lambda: self._idle_s)

    def _do(self, chore: Chore) -> None:
        self._repeat(partial(self._worker.do, chore), self._worker.stopping.wait, lambda: IDLE_S)

    def _repeat(
        self, work: Callable[[], int], wait: Callable[[float], object], idle_s: Callable[[], float]
    ) -> None:
        """Work until `stop`. A store that is away is waited for, with growing patience."""
        patience_s = IDLE_S
        while not self._worker.stopping.is_set():
            try:
                if not work():
                    wait(idle_s())
                patience_s = IDLE_S
                continue
            except StoreError as error:
                log.warning("the store is away: %s", error)  # storage/errors.py: names nobody
            except Exception as error:  # noqa: BLE001 - nobody else keeps the promises
                log.error("a round failed: %s", whereabouts(error))  # noqa: TRY400 - may quote words
            self._worker.stopping.wait(patience_s)
            patience_s = min(patience_s * 2, PATIENCE_S)

    def _round(self) -> int:
        """Let the clocks run, and claim as much as is free to be sent at once."""
        done = self._worker.let_clocks_run()
        free = 0
        while self._free.acquire(blocking=False):
            free += 1
        items: list[OutboxItem] = []
        try:
            if free and not self._worker.stopping.is_set():
                items = self._worker.claim(free)
        finally:
            for _ in range(free - len(items)):
                self._free.release()
        for item in items:
            self._claimed.put(item)
        return done + len(items)

    def _send(self) -> None:
        while (item := self._claimed.get()) is not None:
            try:
                self._worker.send(item)
            except Exception as error:  # noqa: BLE001 - its lease ends, and it says `unknown`
                log.error("not settled item=%s: %s", item.id, whereabouts(error))  # noqa: TRY400
            finally:
                self._free.release()
                self._awake.set()


def _join(threads: list[threading.Thread], until: float) -> None:
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
