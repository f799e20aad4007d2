"""One message never needs two shards: the tables cut by address, every statement of it explained.

With partitions of one number standing for a shard, PostgreSQL itself says which of them a statement
would read or change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    Channel,
    Recording,
    ReviewDecision,
    Role,
    SentMessage,
    Verdict,
)
from handlers.checking import Question, rule
from storage import OutboxState, StoreError, migrate
from storage.partitions import FINAL, SHARDED, partition
from storage.schema import KEYS, MAIN
from storage.sealer import Sealer
from tests import postgres
from tests.kit import ANN, MAIL_ANN, NOW, POLICY, US, Bench, bench, mail, sms
from tests.storage.past import relive
from tests.storage.test_migrations import differences

pytestmark = pytest.mark.postgres

SHARDS = 4
PART = re.compile(r"^(\w+)_(\d{3})$")
CRM = Actor(name="crm", role=Role.ADMIN)


@pytest.fixture(scope="module")
def cut(postgres_server: postgres.Postgres) -> str:
    """An empty desk with `SHARDS` partitions, to be copied."""
    url = postgres_server.fresh_url()
    assert partition(url, SHARDS) == len(SHARDED)
    return url


@pytest.fixture
def desk(postgres_server: postgres.Postgres, cut: str, tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, url=postgres_server.copy_url(cut)) as joined:
        yield joined


class Seen:
    """The statements of some acts, as PostgreSQL was asked them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.begun: list[int] = []  # how many statements there were when each unit began

    def written(self, url: str) -> list[set[int]]:
        """For each unit of work that changed anything, the shards that it changed."""
        shards = self.shards(url)
        units = [
            [touched for sql, touched in shards[begin:end] if not sql.startswith("SELECT")]
            for begin, end in pairwise([*self.begun, len(shards)])
        ]
        return [set().union(*unit) for unit in units if unit]

    def shards(self, url: str) -> list[tuple[str, set[int]]]:
        """For each statement, the shards that it would read or change."""
        with psycopg.connect(url, autocommit=True) as connection:
            return [(sql, _touched(connection, sql, values)) for sql, values in self.asked]

    def all(self, url: str) -> set[int]:
        return {shard for _, shards in self.shards(url) for shard in shards}


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    seen = Seen()
    execute = psycopg.Connection.execute

    def noted(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        sql = query.decode() if isinstance(query, bytes) else str(query)
        if sql.startswith("BEGIN"):
            seen.begun.append(len(seen.asked))
        if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            seen.asked.append((sql, params))
        return execute(self, query, params, **more)

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.Connection, "execute", noted)
        yield seen


def _touched(connection: psycopg.Connection[Any], sql: str, values: Any) -> set[int]:
    """By the plan; where a row goes in, by the key that it carries."""
    if sql.startswith("INSERT"):
        table = sql.split()[2]
        return {_shard_of(connection, table, _key(sql, values))} if table in NAMES else set()
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {sql}".encode(), values).fetchone()
    assert row is not None
    names = set(_relations(row[0][0]["Plan"]))
    assert not names & NAMES, (names, sql)  # the whole table: it was not cut, or nothing prunes
    return {int(part[2]) for name in names if (part := PART.match(name))}


NAMES = {table.name for table in SHARDED}


def _relations(plan: dict[str, Any]) -> Iterator[str]:
    """The tables of a plan; what is changed is named by the scans below it."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan["Relation Name"]
    for below in plan.get("Plans", []):
        yield from _relations(below)


def _key(sql: str, values: Any) -> bytes:
    """The first column of the row: the address, or the contact."""
    first = values[0] if not isinstance(values, dict) else values[re.findall(r"\((\w+),", sql)[0]]
    assert isinstance(first, bytes)
    return first


def _shard_of(connection: psycopg.Connection[Any], table: str, key: bytes) -> int:
    for number in range(SHARDS):
        row = connection.execute(
            "SELECT satisfies_hash_partition(%s::regclass, %s, %s, %s)",
            (table, SHARDS, number, key),
        ).fetchone()
        if row == (True,):
            return number
    raise AssertionError(key)


def starting(desk: Bench) -> None:
    desk.hears(sms("stop"))
    desk.hears(sms("start", at=desk.clock.forward(minutes=1)))


def retried(desk: Bench) -> None:
    desk.hears(sms("stop", event_id="SM7"))
    assert desk.hears(sms("stop", event_id="SM7")).duplicate


def unclear_then_clear(desk: Bench) -> None:
    desk.hears(sms("hm"))
    desk.hears(sms("stop", at=desk.clock.forward(minutes=1)))


def told_by_the_company(desk: Bench) -> None:
    desk.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=ANN,
            scope=CHANNEL_SCOPE,
            actor=CRM,
            source="api",
            event_id="k1",
            received_at=desk.clock.now,
            confirm=True,
            recipient=US,
        )
    )


def erased(desk: Bench) -> None:
    desk.hears(sms("stop"))
    desk.desk.receive(
        Recording(
            act=Act.ERASE,
            address=ANN,
            scope=CHANNEL_SCOPE,
            actor=CRM,
            source="api",
            event_id="k2",
            received_at=desk.clock.now,
        )
    )


def checked(desk: Bench) -> None:
    desk.hears(sms("stop"))
    asked = desk.store.read(lambda session: rule(session, POLICY, ANN, Question(), NOW))
    assert not asked.allowed


def sent(desk: Bench) -> None:
    message = SentMessage(sender="+12025550199", topic="promotions", lang="en", sent_at=NOW)
    desk.store.write(lambda session: session.record_send(session.touch(ANN, NOW), message, id="s1"))
    desk.hears(sms("stop"))


@pytest.mark.parametrize(
    "act",
    [retried, starting, unclear_then_clear, told_by_the_company, erased, checked, sent],
    ids=lambda act: str(act.__name__),
)
def test_whatever_a_message_or_a_check_asks_lies_in_one_shard(
    desk: Bench, monkeypatch: pytest.MonkeyPatch, act: Callable[[Bench], None]
) -> None:
    with watching(monkeypatch) as seen:
        act(desk)
    assert len(seen.asked) > 5
    assert len(seen.all(desk.url)) == 1
    assert len(shards_with_rows(desk.url)) == 1


def test_many_addresses_lie_in_all_shards(desk: Bench) -> None:
    for number in range(60):  # that one of four is left out has a chance of one in ten million
        who = replace(ANN, value=f"+120255501{number:02}")
        desk.store.write(lambda session, who=who: session.touch(who, NOW))  # type: ignore[misc]
    assert len(shards_with_rows(desk.url)) == SHARDS


def test_of_a_linked_person_each_statement_asks_one_shard(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in (ANN, MAIL_ANN):
        desk.store.write(
            lambda session, who=who: session.link_contact(session.touch(who, NOW), "customer 7")  # type: ignore[misc]
        )
    desk.hears(mail("stop all"))
    with watching(monkeypatch) as seen:
        asked = desk.store.read(lambda session: rule(session, POLICY, ANN, Question(), NOW))
    assert not asked.allowed
    assert {len(shards) for _, shards in seen.shards(desk.url)} == {1}


def test_the_same_number_on_whatsapp_is_linked_a_shard_at_a_time(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = replace(ANN, channel=Channel.WHATSAPP)
    with watching(monkeypatch) as seen:
        desk.hears(sms("stop all", who=who, provider="whatsapp"))
    written = seen.written(desk.url)
    assert [len(shards) for shards in written] == [1, 1, 1, 1]  # the message, the link's three
    asked = desk.store.read(lambda session: rule(session, POLICY, ANN, Question(), NOW))
    assert not asked.allowed


def test_an_answer_is_claimed_wherever_it_waits_and_settled_in_one_shard(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hears(mail("stop"))
    with watching(monkeypatch) as claiming:
        (item,) = desk.store.write(lambda s: s.claim(desk.clock.now, 10, timedelta(minutes=1)))
    claim = [shards for sql, shards in claiming.shards(desk.url) if sql.startswith("UPDATE")]
    assert claim == [set(range(SHARDS))]  # the outbox is one queue, on purpose
    with watching(monkeypatch) as settling:
        desk.store.write(lambda s: s.settle(item.addr, item.id, OutboxState.SENT))
    assert len(settling.all(desk.url)) == 1


def test_a_persons_decision_looks_everywhere_once_for_the_review_it_names(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hears(sms("hm"))
    (review,) = desk.store.read(lambda session: session.reviews_of(desk.addr()))
    decision = ReviewDecision(
        review_id=review.id,
        address_hash=review.addr,
        verdict=Verdict.OPT_OUT,
        actor=CRM,
        received_at=desk.clock.now,
    )
    with watching(monkeypatch) as seen:
        desk.desk.receive(decision)
    wide = [sql for sql, shards in seen.shards(desk.url) if len(shards) > 1]
    assert len(wide) == 1
    assert "reviews.id = " in wide[0]


# --- the tables themselves ---


def test_tables_that_were_cut_are_those_of_a_whole_desk(desk: Bench) -> None:
    url = desk.url.replace("postgresql://", "postgresql+psycopg://", 1)
    parts = {f"{name}_{number:03}" for name in NAMES for number in range(SHARDS)}
    unexpected = [
        change
        for change in differences(url, MAIN, KEYS)
        if not (
            isinstance(change, tuple) and change[0].startswith("remove_") and _of(change) in parts
        )
    ]
    assert unexpected == []
    migrate(desk.url)  # nothing to do
    assert partition(desk.url, SHARDS) == 0


def _of(change: tuple[Any, ...]) -> str:
    thing = change[1]
    return str(
        thing.name
        if hasattr(thing, "columns") and not hasattr(thing, "table")
        else thing.table.name
    )


def test_the_database_refuses_to_change_a_cut_ledger_too(desk: Bench) -> None:
    desk.hears(sms("stop"))
    Sealer(desk.store, desk.clock).step()
    for name in FINAL:
        for table in (name, *(f"{name}_{number:03}" for number in range(SHARDS))):
            for change in ("DELETE FROM {}", "UPDATE {} SET leaf = ''", "TRUNCATE {}"):
                with (
                    psycopg.connect(desk.url, autocommit=True) as connection,
                    pytest.raises(psycopg.Error, match="is never changed"),
                ):
                    connection.execute(change.format(table).encode())


def test_a_desk_with_people_in_it_is_cut_with_all_of_them(
    postgres_server: postgres.Postgres,
) -> None:
    url = postgres_server.empty_url()
    relive(url, "0003")
    migrate(url)
    before = everything(url)
    told: list[str] = []
    assert partition(url, 4, told.append) == len(told) == len(SHARDED)
    assert everything(url) == before


def test_only_postgresql_that_is_migrated_has_partitions(
    postgres_server: postgres.Postgres, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="PostgreSQL"):
        partition(f"sqlite:///{tmp_path}/heed.db", SHARDS)
    with pytest.raises(StoreError, match="heed migrate"):
        partition(postgres_server.empty_url(), SHARDS)
    with pytest.raises(StoreError, match="2 to"):
        partition(postgres_server.fresh_url(), 1)


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2".encode()).fetchall()
            for name in sorted(NAMES)
        }


def shards_with_rows(url: str) -> set[str]:
    """The numbers of the partitions in which any table has a row."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = set()
        for name in NAMES:
            rows = connection.execute(f"SELECT tableoid::regclass::text FROM {name}".encode())
            found |= {row[0].rpartition("_")[2] for row in rows.fetchall()}
        return found
