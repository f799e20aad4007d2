"""Migrations build exactly the tables that the code uses, on both databases, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.pool import NullPool

from storage import StoreError, StoreUnavailable, migrate, open_store, schema_is_current
from storage.schema import KEYS, MAIN, REVISION
from storage.sqlite import connect
from tests import postgres
from tests.storage.conftest import MASTER, Place


def differences(url: str, *parts: MetaData) -> list[object]:
    wanted = MetaData()
    for part in parts:
        for table in part.tables.values():
            table.to_metadata(wanted)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, wanted))


def test_migrations_make_the_schema_on_sqlite(sqlite_place: Place, tmp_path: Path) -> None:
    assert differences(sqlite_place.url, MAIN) == []
    assert differences(f"sqlite:///{tmp_path / 'heed-keys.db'}", KEYS) == []
    assert differences(sqlite_place.url, MAIN, KEYS) != []  # the comparison does compare


@pytest.mark.postgres
def test_migrations_make_the_schema_on_postgres(postgres_place: Place) -> None:
    url = postgres_place.url.replace("postgresql://", "postgresql+psycopg://", 1)
    assert differences(url, MAIN, KEYS) == []


def test_the_code_knows_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_migrating_again_changes_nothing(place: Place) -> None:
    store = place.open()
    store.write(lambda s: s.save_setting("kept", "yes"))
    migrate(place.url)
    assert schema_is_current(place.url)
    assert store.read(lambda s: s.setting("kept")) == "yes"


def test_an_empty_sqlite_is_not_opened_and_not_created(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'heed.db'}"
    assert not schema_is_current(url)
    with pytest.raises(StoreError, match="heed migrate"):
        open_store(url, secret_keys=[MASTER])
    assert list(tmp_path.iterdir()) == []


def test_the_files_are_for_their_owner_only_wherever_they_lie(tmp_path: Path) -> None:
    home = tmp_path / "übung #1 100%"
    url = f"sqlite:///{home / 'heed.db'}"
    with pytest.raises(StoreUnavailable, match=r"heed\.db"):
        migrate(url)
    home.mkdir()
    migrate(url)
    store = open_store(url, secret_keys=[MASTER])
    store.ping()
    files = sorted(home.iterdir())
    assert {"heed.db", "heed-keys.db"} <= {file.name for file in files}
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    store.close()


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "heed.db").write_bytes(b"not a database at all" * 99)
    (tmp_path / "heed-keys.db").touch()
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'heed.db'}", secret_keys=[MASTER])


@pytest.mark.postgres
def test_an_empty_postgres_is_not_opened(postgres_server: postgres.Postgres) -> None:
    url = postgres_server.empty_url()
    assert not schema_is_current(url)
    with pytest.raises(StoreError, match="heed migrate"):
        open_store(url, secret_keys=[MASTER])
    migrate(url)
    assert schema_is_current(url)


def test_a_newer_database_is_left_alone(place: Place, tmp_path: Path) -> None:
    newer = "UPDATE alembic_version SET version_num = 'future'"
    if place.is_sqlite:
        connection = connect(tmp_path / "heed.db")
        connection.execute(newer)
        connection.close()
    else:
        engine = create_engine(
            place.url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool
        )
        with engine.begin() as opened:
            opened.execute(text(newer))
    assert not schema_is_current(place.url)
    with pytest.raises(StoreError, match="newer"):
        migrate(place.url)


def test_an_unreachable_postgres_is_unavailable() -> None:
    url = "postgresql://nobody@127.0.0.1:1/heed"
    with pytest.raises(StoreUnavailable):
        schema_is_current(url)
    with pytest.raises(StoreUnavailable):
        open_store(url, secret_keys=[MASTER])
