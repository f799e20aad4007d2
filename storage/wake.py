"""Woken by PostgreSQL: whoever promises something says so, whoever sends listens.

Said in a transaction of its own after the commit: NOTIFY inside the unit would hold a lock that all
databases of the server share while the commit is written, one unit after the other. What is not
heard (a crash in between, a pooler that drops LISTEN) is found by looking, a little later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg
from sqlalchemy import URL

CHANNEL = "heed_outbox"
NOTIFY = f"NOTIFY {CHANNEL}"
LOOK_S = 1.0
AGAIN_S = 2.0


class Ear:
    """Calls `woken` for every word heard, and once whenever it begins to listen."""

    def __init__(self, url: URL, woken: Callable[[], None]) -> None:
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._woken = woken
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heed-ear", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(psycopg.Error):  # the server went away: nobody is woken until it is back
                self._listen()
            self._stopping.wait(AGAIN_S)

    def _listen(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._woken()  # what was promised before anybody listened
            while not self._stopping.is_set():
                for _ in connection.notifies(timeout=LOOK_S):
                    self._woken()
