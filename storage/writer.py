"""Group commit: one thread commits many waiting units of work at once.

SQLite lets one connection write at a time and serves waiting ones unfairly; a commit costs a disk
sync. So all units of a process go through one thread: it takes those that wait, runs one after the
other, writes the rows that they left (`storage.db`), commits once and only then wakes their
callers. A unit that raises is undone alone. Where the database refuses a row, the batch is undone
and run again, each unit writing its own rows, so that only the one that it belongs to is refused.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from storage.db import Db
from storage.errors import StoreError, StoreUnavailable

T = TypeVar("T")

_BATCH = 64  # bounds how long the first of a batch waits for the last
_LOOK_S = 1.0  # how often a waiting caller looks whether the writer still lives


class Transactions(Protocol):
    """What the writer needs of the connections that it writes on."""

    main: Db
    keys: Db

    def begin(self) -> None: ...
    def begin_unit(self) -> None: ...
    def end_unit(self) -> None: ...
    def undo_unit(self) -> None: ...
    def write_out(self) -> None: ...
    def rollback(self) -> None: ...
    def commit(self) -> None: ...
    def close(self) -> None: ...


class _Unit:
    """A caller's work and, once `done` is open, what came of it."""

    __slots__ = ("about", "done", "error", "result", "work")

    def __init__(self, work: Callable[[Db, Db], Any], about: bytes | None) -> None:
        self.work = work
        self.about = about
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Lock()  # cheaper than an Event; held until the end is known
        self.done.acquire()


class GroupCommit:
    """The writer thread and those who wait for it. The thread starts with the first unit."""

    def __init__(
        self,
        connect: Callable[[], Transactions],
        translated: Callable[[BaseException], BaseException],
        foresee: Callable[[Db, Db, Sequence[bytes]], None] = lambda *_: None,
    ) -> None:
        self._connect = connect
        self._translated = translated
        self._foresee = foresee
        self._waiting: deque[_Unit] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None
        self._closing = False

    def submit(self, work: Callable[[Db, Db], T], about: bytes | None = None) -> T:
        """Run `work` in the next transaction; return after the commit.

        `about` is the address that it will begin with, where that is known: those of a batch are
        looked up together.

        Raises:
            StoreUnavailable: the commit failed, or nobody can tell whether it was made.
            Exception: whatever `work` raised.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("a unit of work cannot wait for another one inside it")
        unit = _Unit(work, about)
        thread = self._enqueue(unit)
        while not unit.done.acquire(timeout=_LOOK_S):
            if not thread.is_alive() and not unit.done.acquire(timeout=_LOOK_S):
                raise StoreUnavailable("the writer stopped")
        error = unit.error
        if error is None:
            result: T = unit.result
            return result
        try:
            raise error
        finally:
            del error, unit  # the traceback would keep this frame, and the frame the traceback

    def close(self) -> None:
        """Refuse new units, finish the waiting ones, stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _enqueue(self, unit: _Unit) -> threading.Thread:
        with self._changed:
            if self._closing:
                raise StoreError("the store is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heed-writer", daemon=True)
                self._thread.start()
            self._waiting.append(unit)
            self._changed.notify()
            return self._thread

    def _run(self) -> None:
        open_now: Transactions | None = None
        try:
            while batch := self._next_batch():
                open_now = self._commit(open_now, batch)
        finally:
            with self._changed:
                self._thread = None  # the next unit starts another one
                left, self._waiting = self._waiting, deque()
            for unit in left:
                _fail(unit, "the writer stopped")
            if open_now is not None:
                open_now.close()

    def _next_batch(self) -> list[_Unit]:
        """Those who wait, at most `_BATCH`; empty when it is time to stop."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def _commit(self, open_now: Transactions | None, batch: list[_Unit]) -> Transactions | None:
        """One transaction for the batch. The connections to go on with, None after a failure."""
        failure = "the writer stopped"
        transactions = open_now
        try:
            transactions = transactions or self._connect()
            transactions.begin()
            if len(batch) == 1 or not self._together(transactions, batch):
                for unit in batch:
                    self._attempt(transactions, unit, alone=True)
            transactions.commit()
            failure = ""
        except Exception as error:  # noqa: BLE001 - every caller gets it, below
            failure = str(self._translated(error))
            if transactions is not None:
                transactions.close()  # rolls back; the next batch opens anew
            return None
        finally:
            for unit in batch:
                if failure:
                    _fail(unit, failure)
                else:
                    unit.done.release()
        return transactions

    def _together(self, transactions: Transactions, batch: list[_Unit]) -> bool:
        """Run all; False if the database refused a row, and all of it was rolled back."""
        addrs = [unit.about for unit in batch if unit.about is not None]
        self._foresee(transactions.main, transactions.keys, addrs)
        for unit in batch:
            self._attempt(transactions, unit, alone=False)
        with suppress(Exception):  # what it was shows when they run again
            transactions.write_out()
            return True
        transactions.rollback()
        transactions.begin()
        return False

    def _attempt(self, transactions: Transactions, unit: _Unit, *, alone: bool) -> None:
        unit.result = unit.error = None
        transactions.begin_unit()
        try:
            unit.result = unit.work(transactions.main, transactions.keys)
            if alone:
                transactions.write_out()
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            transactions.undo_unit()
            unit.error = self._translated(error)
            if unit.error is not error:
                unit.error.__cause__ = error
        else:
            transactions.end_unit()


def _fail(unit: _Unit, why: str) -> None:
    """Nothing was committed; what the unit itself raised stays its answer."""
    if unit.error is None:
        unit.error = StoreUnavailable(why)
    unit.done.release()
