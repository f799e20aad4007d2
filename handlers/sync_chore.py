"""The worker's chore that compares with every provider's list four times a day."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from handlers.parts import Parts
from handlers.ports import OutcomeUnknown, SendError
from handlers.syncing import Outcome, has_list, steps
from storage import Session

log = logging.getLogger("heed.sync")

EVERY = timedelta(hours=6)
LOOK = timedelta(minutes=5)
STEPS = 100
"""At once; the other chores (sealing) go between."""


class Syncing:
    """A chore of the worker (`handlers.worker`): any number of threads and processes call it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._accounts = [name for name in parts.providers if has_list(parts, name)]
        self._busy = threading.Lock()
        self._looked_at: datetime | None = None
        self._running: tuple[str, Iterator[Outcome]] | None = None

    def __call__(self, now: datetime) -> int:
        """Some steps of a sync that is due; returns whether there were any."""
        if not self._accounts or not self._busy.acquire(blocking=False):
            return 0
        try:
            if self._running is None:
                self._running = self._due(now)
            if self._running is None:
                return 0
            self._go_on(*self._running)
            return 1
        finally:
            self._busy.release()

    def _due(self, now: datetime) -> tuple[str, Iterator[Outcome]] | None:
        last = self._looked_at
        if last is not None and last <= now < last + LOOK:
            return None
        for account in self._accounts:
            if self._take(account, now):
                return account, steps(self._parts, account, dry_run=False)
        self._looked_at = now
        return None

    def _take(self, account: str, now: datetime) -> bool:
        """Whether it is due and ours: of several workers one finds it so."""
        name = f"sync.{account}.begun"

        def take(session: Session) -> bool:
            said = session.setting(name)
            if said is not None and now < datetime.fromisoformat(said) + EVERY:
                return False
            session.save_setting(name, now.isoformat())
            return True

        return self._parts.store.write(take)

    def _go_on(self, account: str, running: Iterator[Outcome]) -> None:
        done: list[Outcome] = []
        try:
            done = list(islice(running, STEPS))
        except (SendError, OutcomeUnknown) as fault:
            log.warning("not synced account=%s: %s", account, fault.code)
            self._running = None
            return
        except BaseException:
            self._running = None  # a generator that failed goes no further
            raise
        if len(done) < STEPS:
            self._running = None
            log.info("synced account=%s%s", account, _told(done[-1]) if done else "")


def _told(one: Outcome) -> str:
    return f" learnt={one.learnt} told={one.told} waiting={one.waiting} agreeing={one.agreeing}"
