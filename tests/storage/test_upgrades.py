"""A desk that an earlier version left behind is brought up to date, with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.seal import public_key
from storage import OutboxState, Store, migrate, open_store, schema_is_current
from storage.audit import Audit
from storage.schema import KEYS, MAIN
from storage.sealer import Sealer
from tests import postgres
from tests.kit import ANN, GB_ANN, KEY, MAIL_ANN, NOW
from tests.storage.past import ERASED, FOLDER, HELD, relive
from tests.storage.test_migrations import differences


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    return sorted(step.revision for step in ScriptDirectory.from_config(config).walk_revisions())


PAST = [revision for revision in revisions() if (FOLDER / f"{revision}.json").exists()]


def test_every_earlier_schema_has_left_a_desk() -> None:
    assert set(revisions()[:-1]) <= set(PAST)


@pytest.fixture(params=PAST)
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old_desk(request: pytest.FixtureRequest, revision: str, tmp_path: Path) -> str:
    """The URL of a database as that version left it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/heed.db"
        relive(url, revision, f"sqlite:///{tmp_path}/heed-keys.db")
        return url
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    url = server.empty_url()
    relive(url, revision)
    return url


@pytest.fixture
def upgraded(old_desk: str) -> Iterator[Store]:
    migrate(old_desk)
    store = open_store(old_desk, secret_keys=[KEY], clock=lambda: NOW)
    yield store
    store.close()


def test_what_was_recorded_is_all_there(upgraded: Store) -> None:
    def holds(who: object) -> dict[str, str]:
        addr = upgraded.address_hash(who)  # type: ignore[arg-type]
        found = upgraded.read(lambda session: session.suppressions(addr, NOW))
        return {str(one.scope): str(one.hold) for one in found}

    assert holds(ANN) == holds(MAIL_ANN) == holds(ERASED) == {"channel": "stopped"}
    assert holds(HELD) == {"channel": "held"}
    assert holds(GB_ANN) == {}
    ann, mail_ann = upgraded.address_hash(ANN), upgraded.address_hash(MAIL_ANN)
    entry = upgraded.read(lambda session: session.history(ann))[0]
    assert (entry.words, entry.facts["rule"]) == ("stop", "test")
    owed = upgraded.read(lambda session: session.outbox(mail_ann))[0]
    assert owed.state is OutboxState.PENDING
    assert "text" in owed.payload
    sent = upgraded.read(lambda session: session.send_by_reference(ann, "SM9"))
    assert sent is not None
    assert sent.topic == "promotions"
    assert len(upgraded.read(lambda session: session.open_reviews())) == 1


def test_its_ledger_verifies_and_goes_on_being_sealed(upgraded: Store) -> None:
    Sealer(upgraded, lambda: NOW).step()
    audit = Audit(upgraded, key=public_key(upgraded.seal_key))
    assert list(audit.faults()) == []
    assert audit.entries == audit.sealed == 6


def test_its_tables_are_those_of_a_new_desk(old_desk: str, tmp_path: Path) -> None:
    assert not schema_is_current(old_desk)
    migrate(old_desk)
    if old_desk.startswith("sqlite"):
        assert differences(old_desk, MAIN) == []
        assert differences(f"sqlite:///{tmp_path}/heed-keys.db", KEYS) == []
    else:
        url = old_desk.replace("postgresql://", "postgresql+psycopg://", 1)
        assert differences(url, MAIN, KEYS) == []
