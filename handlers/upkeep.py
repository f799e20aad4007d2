"""Upkeep: once a day the words whose time is over become unreadable; what was erased is shredded.

It works by the clock it is given and in small batches, so that the desk's own writes go between.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from bot.policy import Retention
from storage import Session, Store
from storage.retention import Pass

log = logging.getLogger("heed.upkeep")

BATCH = 500
DAY = timedelta(days=1)
LOOK = timedelta(minutes=1)
"""How often it looks whether anything is due."""
SWEPT_AT = "retention_ran_at"
"""The setting that holds when the last sweep ended, in ISO 8601."""


class Upkeep:
    """A chore of the worker (`handlers.worker`): any number of threads and processes call it."""

    def __init__(self, store: Store, retention: Retention) -> None:
        self._store = store
        self._kept = {
            Pass.WORDS: retention.words_kept,
            Pass.PROOF: retention.proof_kept,
            Pass.MAILS: retention.words_kept,
        }
        self._busy = threading.Lock()
        self._looked_at: datetime | None = None
        self._left: list[Pass] = []
        self._forgotten = 0

    def __call__(self, now: datetime) -> int:
        """One batch at most; returns whether there was one.

        Raises:
            StoreUnavailable: the database is away; the next call goes on.
        """
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            if not self._left and not self._due(now):
                return 0
            return self._sweep(now)
        finally:
            self._busy.release()

    def _due(self, now: datetime) -> bool:
        last = self._looked_at
        if last is not None and last <= now < last + LOOK:
            return False
        if not self._store.shred_if_due():
            log.info("shredding waits for a reader to end")
        said = self._store.read(lambda session: session.setting(SWEPT_AT))
        self._looked_at = now
        swept = datetime.fromisoformat(said) if said else None
        if swept is not None and swept <= now < swept + DAY:
            return False
        self._left, self._forgotten = list(Pass), 0
        return True

    def _sweep(self, now: datetime) -> int:
        what = self._left[0]
        before = now - self._kept[what]
        swept = self._store.write(lambda session: session.sweep(what, before, BATCH))
        self._forgotten += swept.forgotten
        if not swept.more:
            self._left.pop(0)
        if not self._left:
            self._store.write(lambda session: _end(session, now))
            log.info("retention: %s texts were made unreadable", self._forgotten)
            self._store.shred_if_due()
        return 1


def _end(session: Session, now: datetime) -> None:
    session.forget_counts(now)
    session.save_setting(SWEPT_AT, now.isoformat())
