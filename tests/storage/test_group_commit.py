"""Many units, one commit: nobody is answered before it, nobody suffers for another, nobody hangs."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import StoreError, StoreUnavailable
from storage import sqlite as sqlite_store
from storage.db import Db
from storage.writer import GroupCommit
from tests.storage.conftest import Place
from tests.storage.people import stop

WAIT_S = 20


class Journal:
    """Stands for the two files: notes what the writer does with them."""

    main: Db
    keys: Db

    def __init__(self) -> None:
        self.main = self.keys = Db(sqlite3.connect(":memory:", check_same_thread=False), "sqlite")
        self.done: list[str] = []
        self.on_begin: Callable[[], None] = lambda: None
        self.on_commit: Callable[[], None] = lambda: None

    def begin(self) -> None:
        self.done.append("begin")
        self.on_begin()

    def begin_unit(self) -> None:
        self.done.append("unit")

    def end_unit(self) -> None:
        self.done.append("keep")

    def undo_unit(self) -> None:
        self.done.append("undo")

    def write_out(self) -> None:
        pass

    def rollback(self) -> None:
        self.done.append("rollback")

    def commit(self) -> None:
        self.on_commit()
        self.done.append("commit")

    def close(self) -> None:
        self.done.append("close")


class Callers:
    """Threads that each wait for one unit, and what each of them got."""

    def __init__(self, writer: GroupCommit) -> None:
        self.writer = writer
        self.outcomes: dict[int, object] = {}
        self.threads: list[threading.Thread] = []

    def send(self, number: int, work: Callable[[Db, Db], object]) -> None:
        def call() -> None:
            try:
                self.outcomes[number] = self.writer.submit(work)
            except Exception as error:  # noqa: BLE001 - it is the outcome
                self.outcomes[number] = error

        thread = threading.Thread(target=call)
        thread.start()
        self.threads.append(thread)

    def join(self) -> None:
        for thread in self.threads:
            thread.join(WAIT_S)
            assert not thread.is_alive(), "a caller hangs"


def hold_back(callers: Callers, count: int) -> threading.Event:
    """Keep the writer busy with a unit until `count` others wait behind it."""
    release, started = threading.Event(), threading.Event()

    def slow(_main: Db, _keys: Db) -> str:
        started.set()
        assert release.wait(WAIT_S)
        return "slow"

    callers.send(0, slow)
    assert started.wait(WAIT_S)
    for number in range(1, count + 1):
        callers.send(number, work_of(number))
    changed = callers.writer._changed
    with changed:
        assert changed.wait_for(lambda: len(callers.writer._waiting) == count, WAIT_S)
    return release


def work_of(number: int) -> Callable[[Db, Db], object]:
    def work(_main: Db, _keys: Db) -> int:
        if number == 3:
            raise LookupError("the third fails")
        return number * 10

    return work


def test_those_who_wait_share_one_commit_and_a_failing_one_fails_alone() -> None:
    journal = Journal()
    callers = Callers(GroupCommit(lambda: journal, lambda error: error))
    hold_back(callers, 5).set()
    callers.join()
    callers.writer.close()

    assert isinstance(callers.outcomes.pop(3), LookupError)
    assert callers.outcomes == {0: "slow", 1: 10, 2: 20, 4: 40, 5: 50}
    assert journal.done.count("commit") == 2
    assert journal.done.count("undo") == 1
    assert journal.done[-1] == "close"


def test_a_batch_is_bounded() -> None:
    journal = Journal()
    callers = Callers(GroupCommit(lambda: journal, lambda error: error))
    hold_back(callers, 70).set()
    callers.join()
    callers.writer.close()
    assert len(callers.outcomes) == 71
    assert journal.done.count("commit") == 3


def test_nobody_is_answered_before_the_commit() -> None:
    journal = Journal()
    writer = GroupCommit(lambda: journal, lambda error: error)
    callers = Callers(writer)
    answered_early: list[bool] = []
    journal.on_commit = lambda: answered_early.append(bool(callers.outcomes))
    hold_back(callers, 2).set()
    callers.join()
    writer.close()
    assert answered_early[0] is False


def test_a_failed_commit_fails_every_unit_of_its_batch_and_the_next_goes_on() -> None:
    journals: list[Journal] = []

    def connect() -> Journal:
        journals.append(Journal())
        return journals[-1]

    writer = GroupCommit(connect, lambda error: error)
    callers = Callers(writer)
    release = hold_back(callers, 2)

    def full() -> None:
        raise OSError("disk full")

    journals[0].on_commit = full
    release.set()
    callers.join()
    assert isinstance(callers.outcomes[0], StoreUnavailable)
    assert "disk full" in str(callers.outcomes[0])
    assert callers.outcomes[1] == 10
    assert journals[0].done[-1] == "close"
    assert journals[1].done.count("commit") == 1
    writer.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dying_writer_leaves_nobody_hanging_and_another_takes_over() -> None:
    journal = Journal()
    callers = Callers(GroupCommit(lambda: journal, lambda error: error))
    release = hold_back(callers, 4)

    def die() -> None:
        raise SystemExit  # ends a thread without a word

    dying = callers.writer._thread
    assert dying is not None
    journal.on_begin = die
    release.set()
    callers.join()
    dying.join(WAIT_S)
    assert callers.outcomes[0] == "slow"
    assert all(isinstance(callers.outcomes[n], StoreUnavailable) for n in range(1, 5))

    journal.on_begin = lambda: None
    assert callers.writer.submit(work_of(7)) == 70
    callers.writer.close()


def test_closing_finishes_what_waits_and_refuses_what_comes_after() -> None:
    journal = Journal()
    callers = Callers(GroupCommit(lambda: journal, lambda error: error))
    release = hold_back(callers, 2)
    closing = threading.Thread(target=callers.writer.close)
    closing.start()
    release.set()
    closing.join(WAIT_S)
    callers.join()
    assert callers.outcomes == {0: "slow", 1: 10, 2: 20}
    with pytest.raises(StoreError, match="closed"):
        callers.writer.submit(work_of(1))


def test_a_unit_inside_a_unit_is_refused_instead_of_waiting_for_itself() -> None:
    journal = Journal()
    writer = GroupCommit(lambda: journal, lambda error: error)
    with pytest.raises(StoreError, match="inside"):
        writer.submit(lambda _main, _keys: writer.submit(work_of(1)))
    writer.close()


def test_a_database_that_another_process_keeps_busy_is_unavailable_not_broken(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "_BUSY_S", 0.05)
    store = sqlite_place.open()
    other = sqlite_store.connect(Path(sqlite_place.url.removeprefix("sqlite:///")))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.write(lambda s: stop(s, "1"))
    other.execute("ROLLBACK")
    other.close()
    store.write(lambda s: stop(s, "1"))


def test_while_another_process_writes_without_end_nothing_is_promised(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "_BUSY_S", 0.05)
    store = sqlite_place.open()
    other = sqlite_store.connect(Path(sqlite_place.url.removeprefix("sqlite:///")))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.ping()
    other.execute("ROLLBACK")
    store.ping()
    other.close()
