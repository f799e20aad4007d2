"""Migrations: alembic, from the first table on, over one or two databases.

On SQLite the main file and the keys file are migrated in turn, each with a version table of its
own; on PostgreSQL both parts lie in one database. Every revision has both parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from storage.errors import StoreError, StoreUnavailable
from storage.location import PostgresUrl, SqliteFiles, locate
from storage.schema import REVISION
from storage.sqlite import connect, driver

_LOCK = 0x48656564  # any number that nobody else locks: "Heed"


def migrate(url: str, *, keys_url: str | None = None, to: str = "head") -> None:
    """Bring the database to this version's tables; nothing happens where it has them.

    `to` names an earlier revision: tests make the databases of earlier versions so.

    Raises:
        StoreError: it was made by a newer version, or a step failed (and was rolled back).
        StoreUnavailable: it is not to be reached.
    """
    for engine, parts in _databases(locate(url, keys_url), create=True):
        with begun(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
            _upgrade(connection, parts, to)


def schema_is_current(url: str, *, keys_url: str | None = None) -> bool:
    """Whether the tables are those of this version. Creates nothing.

    Raises:
        StoreUnavailable: the database is not to be reached.
    """
    location = locate(url, keys_url)
    if isinstance(location, SqliteFiles) and not (
        location.main.exists() and location.keys.exists()
    ):
        return False
    for engine, _ in _databases(location, create=False):
        with begun(engine) as connection:
            if _revision(connection) != REVISION:
                return False
    return True


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection, parts: frozenset[str], to: str) -> None:
    # Only here: it would add a third to the start of every `heed check` (measured).
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if _revision(connection) not in known | {None}:
        raise StoreError("the database was made by a newer Heed: upgrade the program instead")
    config.attributes["connection"] = connection
    config.attributes["parts"] = parts
    command.upgrade(config, to)


def _databases(
    location: SqliteFiles | PostgresUrl, *, create: bool
) -> list[tuple[Engine, frozenset[str]]]:
    if isinstance(location, SqliteFiles):
        return [
            (_sqlite_engine(location, "main", create=create), frozenset({"main"})),
            (_sqlite_engine(location, "keys", create=create), frozenset({"keys"})),
        ]
    return [(engine_of(location), frozenset({"main", "keys"}))]


def engine_of(location: PostgresUrl) -> Engine:
    return create_engine(
        location.url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 5},
    )


def _sqlite_engine(files: SqliteFiles, part: str, *, create: bool) -> Engine:
    path = files.main if part == "main" else files.keys
    engine = create_engine(
        "sqlite://",
        module=driver(),
        creator=lambda: connect(path, create=create),
        poolclass=NullPool,
        hide_parameters=True,
    )
    if create:  # SQLAlchemy emits no BEGIN of its own on SQLite before the first write
        event.listen(engine, "begin", lambda opened: opened.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """One transaction on a database of its own engine, with our names for what goes wrong."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(
            error.orig, getattr(engine.dialect.dbapi, "OperationalError", ())
        ):
            raise StoreUnavailable(
                "the database of HEED_DATABASE_URL is not to be reached, or too busy"
            ) from error
        raise StoreError(f"a migration failed: {error.orig}") from error
    finally:
        engine.dispose()
