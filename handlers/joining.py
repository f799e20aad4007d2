"""The worker's chore that reads long texts whose missing parts did not come in time."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from handlers.desk import Desk
from handlers.logs import whereabouts
from handlers.receipt import Receipt
from storage import StoreUnavailable

log = logging.getLogger("heed.joining")

LOOK = timedelta(seconds=1)
AT_ONCE = 100


class Joining:
    """A chore of the worker (`handlers.worker`): any number of threads and processes call it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._busy = threading.Lock()
        self._looked_at: datetime | None = None

    def __call__(self, now: datetime) -> int:
        """Read what is due; returns how many texts.

        Raises:
            StoreUnavailable: what was not read waits on.
        """
        last = self._looked_at
        if last is not None and last <= now < last + LOOK:
            return 0
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            due = self._desk.store.read(lambda session: session.due_parts(now, AT_ONCE))
            read = [receipt for one in due if (receipt := self._read(*one))]
            self._looked_at = now
        finally:
            self._busy.release()
        for receipt in read:
            log.warning("read in parts message=%s: it did not come whole", receipt.message_id)
        return len(read)

    def _read(self, addr: bytes, of_whole: bytes) -> Receipt | None:
        """Each for itself: nobody sends it again, so what cannot be read goes to a person."""
        unread = ""
        for _ in range(2):
            try:
                return self._desk.join(addr, of_whole, unread=unread)
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - one bad text must not stop the others
                log.error("a text in parts was not read: %s", whereabouts(error))  # noqa: TRY400
                unread = type(error).__name__
        return None
