"""PostgreSQL: a unit that lost a race or its connection runs again; a lost server is said so."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from storage import Session, Store, StoreError, StoreUnavailable, open_store
from tests import postgres
from tests.storage.conftest import MASTER, NOW, Place
from tests.storage.people import ANN, BOB, stop

pytestmark = pytest.mark.postgres


def backend_pid(session: Session) -> int:
    pid: int = session._main._execute("SELECT pg_backend_pid()").fetchone()[0]
    return pid


def kill_connection(place: Place, pid: int) -> None:
    with psycopg.connect(place.url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


@pytest.fixture
def pg_store(postgres_place: Place) -> Store:
    return postgres_place.open()


def failing_first(error: Callable[[Session], None]) -> tuple[Callable[[Session], int], list[int]]:
    runs: list[int] = []

    def work(session: Session) -> int:
        stop(session, "1")
        runs.append(1)
        if len(runs) == 1:
            error(session)
        return len(runs)

    return work, runs


def test_a_unit_whose_connection_is_lost_runs_again(postgres_place: Place, pg_store: Store) -> None:
    def cut(session: Session) -> None:
        kill_connection(postgres_place, backend_pid(session))
        session.setting("any")  # finds out

    work, runs = failing_first(cut)
    assert pg_store.write(work) == 2
    assert len(runs) == 2
    assert len(pg_store.read(lambda s: s.history(s.hash_of(ANN)))) == 1


def test_an_idle_connection_that_died_is_replaced(postgres_place: Place, pg_store: Store) -> None:
    kill_connection(postgres_place, pg_store.read(backend_pid))
    pg_store.write(lambda s: stop(s, "1"))
    assert len(pg_store.read(lambda s: s.history(s.hash_of(ANN)))) == 1


def test_after_a_restart_no_unit_meets_the_dead_connections_one_by_one(
    postgres_place: Place, pg_store: Store
) -> None:
    together = threading.Barrier(8)
    pids: list[int] = []

    def hold(session: Session) -> None:
        pids.append(backend_pid(session))
        together.wait(20)

    threads = [threading.Thread(target=pg_store.read, args=(hold,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pid in set(pids):
        kill_connection(postgres_place, pid)
    assert len(set(pids)) == 8
    pg_store.write(lambda s: stop(s, "1"))


def test_a_serialization_failure_runs_again_but_not_for_ever(pg_store: Store) -> None:
    def lose(_session: Session) -> None:
        raise errors.SerializationFailure

    work, runs = failing_first(lose)
    assert pg_store.write(work) == 2

    runs.clear()

    def never(session: Session) -> None:
        runs.append(1)
        lose(session)

    with pytest.raises(StoreError):
        pg_store.write(never)
    assert len(runs) == 5


def test_units_that_lock_crosswise_both_end(pg_store: Store) -> None:
    ann, bob = pg_store.address_hash(ANN), pg_store.address_hash(BOB)
    both_hold_one = threading.Barrier(2)

    def crosswise(first: bytes, second: bytes) -> Callable[[Session], None]:
        tried: list[int] = []

        def work(session: Session) -> None:
            session.lock(first)
            if not tried:
                tried.append(1)
                both_hold_one.wait(20)
            session.lock(second)
            session.save_setting(first.hex(), "done")

        return work

    threads = [
        threading.Thread(target=pg_store.write, args=(crosswise(*pair),))
        for pair in ((ann, bob), (bob, ann))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settings = pg_store.read(lambda s: (s.setting(ann.hex()), s.setting(bob.hex())))
    assert settings == ("done", "done")


def test_a_commit_is_on_disk_even_where_the_server_says_otherwise(
    postgres_server: postgres.Postgres,
) -> None:
    url = postgres_server.fresh_url()
    name = postgres_server.made[-1]
    postgres_server.admin(f"ALTER DATABASE {name} SET synchronous_commit = off")
    store = open_store(url, secret_keys=[MASTER])
    try:
        answer = store.write(lambda s: s._main._execute("SHOW synchronous_commit").fetchone())
        assert answer == ("on",)
    finally:
        store.close()


def test_a_server_that_went_away_is_unavailable() -> None:
    server = postgres.start()
    url = server.fresh_url()
    store = open_store(url, secret_keys=[MASTER])
    store.write(lambda s: s.touch(ANN, NOW))
    server.stop()
    for use in (store.write, store.read):
        with pytest.raises(StoreUnavailable):
            use(lambda s: s.setting("x"))
    with pytest.raises(StoreUnavailable):
        store.ping()
    store.close()
