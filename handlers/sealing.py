"""Sealing: twice a minute all that was recorded is sealed, once a day a seal is published."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from handlers.publishing import Destinations, is_due, promise_daily
from storage import Store
from storage.sealer import Sealer

log = logging.getLogger("heed.sealing")

EVERY = timedelta(seconds=30)
"""Half of what is promised: nothing stays unsealed for more than a minute while a worker runs."""


class Sealing:
    """A chore of the worker (`handlers.worker`): any number of threads and processes call it."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], destinations: Destinations
    ) -> None:
        self._store = store
        self._sealer = Sealer(store, clock)
        self._to = destinations
        self._busy = threading.Lock()
        self._begun: datetime | None = None

    def __call__(self, now: datetime) -> int:
        """Seal and publish if it is time; returns how many entries were sealed.

        Raises:
            StoreUnavailable: the database is away; the next call goes on.
        """
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            if self._begun is not None and self._begun <= now < self._begun + EVERY:
                return 0
            sealed = self._sealer.step()
            if sealed:
                log.info("sealed entries=%s", sealed)
            self._publish(now)
            self._begun = now
            return sealed
        finally:
            self._busy.release()

    def _publish(self, now: datetime) -> None:
        if not (self._to.mail or self._to.slack):
            return
        if self._store.read(lambda session: is_due(session, now)):
            self._store.write(lambda session: promise_daily(session, self._to, now))
