"""A desk moved to PostgreSQL is the same desk: nothing lost on the way, however often it broke off."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.model import CHANNEL_SCOPE, Act, Actor, Address, Channel, Recording, Role
from handlers.moving import move
from handlers.settings import load_settings
from storage import OutboxState, Store, StoreError, migrate, open_store
from storage.sealer import Sealer
from storage.sqlite import connect
from tests import postgres
from tests.faults.people import numbers
from tests.handlers.test_processes import KEY as SPELT_KEY
from tests.kit import ANN, KEY, MAIL_ANN, NOW, US, Bench, bench, mail, sms
from tests.processes import HEED, environment, heed

pytestmark = pytest.mark.postgres
CLOCK = lambda: NOW  # noqa: E731 - a clock that stands still


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The settings of a desk with a past: stops, erased people, mails that it owes, seals."""
    env = environment(tmp_path, HEED_ENV="production", HEED_SECRET_KEY=SPELT_KEY)
    (tmp_path / "var").mkdir()
    with bench(tmp_path / "var") as desk:
        fill(desk)
    return env


def fill(desk: Bench) -> None:
    desk.hears(sms("stop"))
    desk.hears(mail("stop"))
    desk.hears(sms("hm", who=Address(channel=Channel.SMS, value="+12025550142")))
    people = numbers(0)
    for _ in range(40):
        desk.desk.receive(
            Recording(
                act=Act.OPT_OUT,
                address=Address(channel=Channel.SMS, value=next(people)),
                scope=CHANNEL_SCOPE,
                actor=Actor(name="api:crm", role=Role.RECORD),
                source="api",
                event_id="1",
                received_at=desk.clock.now,
                words="asked on the phone, the naïve \N{PILE OF POO}",
                recipient=US,
            )
        )
    Sealer(desk.store, desk.clock).step()
    desk.hears(sms("stop", who=Address(channel=Channel.SMS, value="+12025550143")))
    desk.store.write(lambda session: session.erase(desk.addr(ANN)))


def moved_to(env: dict[str, str], url: str) -> dict[str, str]:
    return {**env, "HEED_DATABASE_URL": url}


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = open_store(url, secret_keys=[KEY], clock=CLOCK)
    try:
        yield store
    finally:
        store.close()


def test_what_was_recorded_is_there_and_the_old_files_open_no_more(
    env: dict[str, str], postgres_server: postgres.Postgres
) -> None:
    url = postgres_server.empty_url()
    before = heed(env, "export", "--entries").stdout
    ended = heed(env, "move", "--to", url)
    assert ended.returncode == 0, ended.stderr.decode()
    assert b"1 unsent answers are parked" in ended.stdout
    there = moved_to(env, url)
    after = heed(there, "export", "--entries").stdout
    assert set(before.splitlines()) < set(after.splitlines())
    assert heed(there, "check", MAIL_ANN.value).returncode == 1
    assert heed(there, "ledger", "verify").returncode == 0
    with opened(url) as store:
        addr = store.address_hash(MAIL_ANN)
        items = store.read(lambda session: session.outbox(addr))
        assert [item.state for item in items] == [OutboxState.PARKED]
        said = store.read(lambda session: session.history(addr))[-1]
        assert said.facts["outcome"] == "parked"
        assert said.facts["error"] == "moved"

    refused = heed(env, "check", MAIL_ANN.value)
    assert refused.returncode == 2
    assert b"was moved to PostgreSQL" in refused.stderr
    again = heed(env, "move", "--to", url)
    assert again.returncode == 2
    assert b"moved already" in again.stderr


def test_killed_in_the_middle_it_goes_on_when_it_is_run_again(
    env: dict[str, str], postgres_server: postgres.Postgres
) -> None:
    url = postgres_server.empty_url()
    with subprocess.Popen(
        [*HEED, "move", "--to", url], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as first:
        assert first.stderr is not None
        for line in first.stderr:
            if b"copied, addresses" in line:
                first.send_signal(signal.SIGKILL)
                break
    assert first.returncode == -signal.SIGKILL
    refused = heed(moved_to(env, url), "check", MAIL_ANN.value)
    assert refused.returncode == 2  # half a desk would find nobody blocked
    assert heed(env, "check", MAIL_ANN.value).returncode == 1  # it is still here

    ended = heed(env, "move", "--to", url)
    assert ended.returncode == 0, ended.stderr.decode()
    assert heed(moved_to(env, url), "check", MAIL_ANN.value).returncode == 1


class Unplugged(Exception):  # noqa: N818 - what happened
    pass


def unplugged_after(steps: int) -> Callable[[str, int, int], None]:
    left = iter(range(steps))

    def progress(what: str, done: int, total: int) -> None:
        del what, done, total
        if next(left, None) is None:
            raise Unplugged

    return progress


def test_broken_off_anywhere_nothing_is_lost_and_nothing_comes_twice(
    env: dict[str, str], postgres_server: postgres.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.move.BATCH", 7)
    url = postgres_server.empty_url()
    settings = load_settings(env)
    broken = 0
    for steps in range(3, 200, 9):
        try:
            found = move(settings, url, now=NOW, progress=unplugged_after(steps))
            break
        except Unplugged:
            broken += 1
    assert broken >= 5
    assert found.faults == ()
    assert found.parked == 1
    assert heed(moved_to(env, url), "ledger", "verify").returncode == 0


def test_it_arrives_once_though_the_last_step_was_lost(
    env: dict[str, str], postgres_server: postgres.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over there it is the desk already; here it is closed by the second run, and nothing else."""
    url = postgres_server.empty_url()

    def lost(_move: object, _now: object) -> None:
        raise Unplugged

    with monkeypatch.context() as patched:
        patched.setattr("storage.move.Move.leave", lost)
        with pytest.raises(Unplugged):
            move(load_settings(env), url, now=NOW, progress=lambda *_: None)
    with opened(url) as store:
        before = store.read(lambda session: session.history(store.address_hash(MAIL_ANN)))
    assert move(load_settings(env), url, now=NOW, progress=lambda *_: None).examined is None
    with opened(url) as store:
        assert store.read(lambda session: session.history(store.address_hash(MAIL_ANN))) == before
    with pytest.raises(StoreError, match="was moved"):
        open_store(load_settings(env).store_url, secret_keys=[KEY])


def test_a_running_desk_is_not_moved(
    env: dict[str, str], tmp_path: Path, postgres_server: postgres.Postgres
) -> None:
    with opened(f"sqlite:///{tmp_path}/var/heed.db") as running:
        running.ping()
        ended = heed(env, "move", "--to", postgres_server.empty_url())
    assert ended.returncode == 1
    assert b"is in use" in ended.stderr


def test_a_database_that_holds_something_is_not_moved_into(
    env: dict[str, str], postgres_server: postgres.Postgres
) -> None:
    url = postgres_server.fresh_url()
    with opened(url):
        pass  # a desk of its own: it has keys now
    ended = heed(env, "move", "--to", url)
    assert ended.returncode == 2
    assert b"not empty" in ended.stderr
    assert heed(env, "check", MAIL_ANN.value).returncode == 1


def test_a_row_that_is_not_the_same_over_there_stops_it(
    env: dict[str, str], postgres_server: postgres.Postgres
) -> None:
    url = postgres_server.empty_url()

    def meddle(what: str, done: int, total: int) -> None:
        del done, total
        if what == "copied, suppressions":
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "DELETE FROM suppressions WHERE addr = (SELECT min(addr) FROM suppressions)"
                )

    with pytest.raises(StoreError, match="suppressions is not the same"):
        move(load_settings(env), url, now=NOW, progress=meddle)
    assert heed(env, "check", MAIL_ANN.value).returncode == 1


def test_a_record_with_faults_stays_where_it_is(
    env: dict[str, str], tmp_path: Path, postgres_server: postgres.Postgres
) -> None:
    connection = connect(tmp_path / "var" / "heed.db")
    connection.execute("DROP TRIGGER ledger_no_UPDATE")
    connection.execute("UPDATE ledger SET message_id = 'other' WHERE number = 1")
    connection.close()
    ended = heed(env, "move", "--to", postgres_server.empty_url())
    assert ended.returncode == 1
    assert b"fault: " in ended.stdout
    assert b"was not moved" in ended.stderr


@pytest.mark.parametrize("to", ["sqlite:///other.db", "nonsense"])
def test_it_goes_to_postgresql_only(env: dict[str, str], to: str) -> None:
    ended = heed(env, "move", "--to", to)
    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr


def test_without_a_desk_there_is_nothing_to_move(tmp_path: Path) -> None:
    env = environment(tmp_path, HEED_ENV="production", HEED_SECRET_KEY=SPELT_KEY)
    ended = heed(env, "move", "--to", "postgresql://nobody@127.0.0.1:1/none")
    assert ended.returncode == 1
    assert b"no desk" in ended.stderr
    (tmp_path / "var").mkdir()
    migrate(f"sqlite:///{tmp_path}/var/heed.db")
    ended = heed(env, "move", "--to", "postgresql://nobody@127.0.0.1:1/none")
    assert ended.returncode == 2
    assert b"not to be reached" in ended.stderr
