"""Tells a scanner that runs pages and presses what it finds from a person.

Nobody reads a page within a second. What was pressed so soon still counts, for stopping is the safe
error; the ledger says how it came.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta
from threading import Lock

log = logging.getLogger("heed.web")

SHOWN = "shown"  # the form's field
SOONEST = timedelta(seconds=1)
WINDOW = timedelta(minutes=1)
BURST = 5
_DIGITS = 15


class Haste:
    """Counts hasty presses; warns once for each burst of them, in this process."""

    def __init__(self) -> None:
        self._seen: deque[datetime] = deque(maxlen=BURST)
        self._lock = Lock()

    @staticmethod
    def stamp(now: datetime) -> str:
        """When the page was shown: milliseconds since 1970. It proves nothing and need not."""
        return str(int(now.timestamp() * 1000))

    def seen(self, stamp: str, now: datetime) -> bool:
        """Whether the press came sooner than anybody reads."""
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > _DIGITS:
            return False
        age = int(now.timestamp() * 1000) - int(stamp)
        if not 0 <= age < SOONEST / timedelta(milliseconds=1):
            return False
        with self._lock:
            self._seen.append(now)
            burst = len(self._seen) == BURST and now - self._seen[0] <= WINDOW
            if burst:
                self._seen.clear()
        if burst:
            log.warning("scanner-shaped burst: %d unsubscribe buttons pressed at once", BURST)
        return True
