"""Several workers on one outbox: everything is sent, nothing twice, and nobody waits for a clock."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest

from bot.model import CHANNEL_SCOPE, Act, Actor, Address, Channel, Recording, Role
from handlers.crew import Crew
from handlers.worker import Chore, Worker
from storage import OutboxItem, Store, StoreUnavailable, open_store
from tests.faults.fleet import until
from tests.faults.people import numbers
from tests.kit import KEY, US, Bench

PEOPLE = 40


class Line:
    """Counts what it sends; `before` happens in each call."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.sent: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._before = before

    def send(self, item: OutboxItem) -> str:
        self._before()
        with self._lock:
            self.sent[item.id] += 1
        return "ref"


def promise(at_desk: Bench, who: str) -> None:
    """A confirmation that a worker has to send."""
    at_desk.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=Address(channel=Channel.SMS, value=who),
            scope=CHANNEL_SCOPE,
            actor=Actor(name="api:crm", role=Role.RECORD),
            source="api",
            event_id=who,
            received_at=at_desk.clock.now,
            confirm=True,
            recipient=US,
        )
    )


@dataclass(frozen=True, slots=True)
class Office:
    """Crews with stores of their own, as in processes of their own."""

    at: Bench
    stack: ExitStack

    def crew(self, line: Line, *, senders: int = 2, chores: Sequence[Chore] = ()) -> Crew:
        store = open_store(self.at.url, secret_keys=[KEY], clock=self.at.clock)
        self.stack.callback(store.close)
        worker = Worker(
            store=store,
            desk=self.at.desk,
            speakers={"twilio": line},
            clock=self.at.clock,
            chores=chores,
        )
        crew = Crew(worker, store, senders=senders)
        crew.start()
        self.stack.callback(crew.stop)
        return crew


@pytest.fixture
def office(at_desk: Bench) -> Iterator[Office]:
    with ExitStack() as stack:
        yield Office(at_desk, stack)


def states(store: Store) -> Counter[str]:
    items = store.read(lambda session: session.recent_outbox(1000))
    return Counter(str(item.state) for item in items)


def test_three_workers_send_everything_once(office: Office) -> None:
    line = Line()
    for _ in range(3):
        office.crew(line)
    people = numbers(0)
    for _ in range(PEOPLE):
        promise(office.at, next(people))
    until(lambda: states(office.at.store) == {"sent": PEOPLE})
    assert set(line.sent.values()) == {1}


def test_no_more_is_claimed_than_is_being_sent(office: Office) -> None:
    """Who is killed now leaves as many answers in doubt as it has calls under way."""
    let_go = threading.Event()
    people = numbers(0)
    for _ in range(PEOPLE):
        promise(office.at, next(people))
    office.crew(Line(lambda: let_go.wait(60)), senders=3)
    office.stack.callback(let_go.set)
    until(lambda: states(office.at.store)["sending"] == 3)
    assert states(office.at.store) == {"sending": 3, "pending": PEOPLE - 3}


def test_what_became_of_a_call_is_kept_though_the_store_was_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart of the database in the call leaves no doubt: the worker knows how it ended."""
    away = threading.Event()
    write = Store.write
    tried: list[int] = []

    def unreliable(store: Store, work: Callable[..., object], **more: bytes | None) -> object:
        if away.is_set() and not tried:
            tried.append(1)
            raise StoreUnavailable("restarting")
        return write(store, work, **more)

    monkeypatch.setattr(Store, "write", unreliable)
    promise(office.at, "+12025550123")
    office.crew(Line(away.set), senders=1)
    until(lambda: states(office.at.store) == {"sent": 1})
    assert tried


def test_a_chore_that_hangs_or_fails_holds_up_no_other(office: Office) -> None:
    let_go, done = threading.Event(), threading.Event()

    def hangs(_now: datetime) -> int:  # as a Slack may that takes calls and answers none
        return int(let_go.wait(60))

    def fails(_now: datetime) -> int:
        raise ValueError

    def works(_now: datetime) -> int:
        done.set()
        return 0

    office.crew(Line(), chores=(hangs, fails, works))
    office.stack.callback(let_go.set)
    assert done.wait(30)


@pytest.mark.parametrize("at_desk", ["postgres"], indirect=True)
def test_on_postgresql_a_promise_wakes_the_worker_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.crew.WOKEN_IDLE_S", 600.0)  # looking alone would be too late
    line = Line()
    office.crew(line)
    people = numbers(0)
    for sent in range(1, 4):
        promise(office.at, next(people))
        until(lambda sent=sent: states(office.at.store) == {"sent": sent})  # type: ignore[misc]


@pytest.mark.parametrize("at_desk", ["postgres"], indirect=True)
def test_a_worker_hears_again_after_its_connection_was_lost(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.crew.WOKEN_IDLE_S", 600.0)
    line = Line()
    office.crew(line)
    promise(office.at, "+12025550123")
    until(lambda: states(office.at.store) == {"sent": 1})
    assert cut_listeners(office.at.url) == 1
    promise(office.at, "+12025550124")
    until(lambda: states(office.at.store) == {"sent": 2})


def cut_listeners(url: str) -> int:
    with admin(url) as connection:
        return len(
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            ).fetchall()
        )


@contextmanager
def admin(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
