"""PostgreSQL: the tables of people cut into partitions by the hash of what their keys begin with.

Partitions of one number hold the same addresses in every table, so that one message stays within
them (`docs/scale.md`). A desk works on either form; `heed migrate` keeps whichever there is.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.schema import CreateTable

from storage.errors import StoreError
from storage.location import PostgresUrl, locate
from storage.migrate import begun, engine_of, schema_is_current
from storage.schema import KEYS, MAIN

MOST = 256
SHARDED: tuple[Table, ...] = tuple(
    table
    for table in (*MAIN.sorted_tables, *KEYS.sorted_tables)
    if next(iter(table.primary_key.columns)).name in {"addr", "contact"}
)
"""What grows with people. The others hold a few rows for the whole desk, or one for each seal."""
FINAL = {"ledger": "ledger_is_final", "sealed": "seals_are_final"}
_ASIDE = "heed_whole"


def shard_key(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name


def partition(url: str, count: int, progress: Callable[[str], None] = lambda _: None) -> int:
    """Cut each table of people that is still whole into `count` partitions; how many were cut.

    One transaction: whoever works on the desk meanwhile waits, or is told to come back.

    Raises:
        StoreError: not PostgreSQL, not migrated, or `count` is not from 2 to `MOST`.
        StoreUnavailable: the database is not to be reached.
    """
    location = locate(url, None)
    if not isinstance(location, PostgresUrl):
        raise StoreError("only PostgreSQL has partitions")
    if not 2 <= count <= MOST:  # noqa: PLR2004 - one would be none
        raise StoreError(f"the number of partitions is from 2 to {MOST}")
    if not schema_is_current(url):
        raise StoreError("the database has no tables, or those of another version: heed migrate")
    with begun(engine_of(location)) as connection:
        whole = [table for table in SHARDED if _is_whole(connection, table)]
        if whole:
            connection.execute(text(f"CREATE SCHEMA {_ASIDE}"))
        for table in whole:
            progress(table.name)
            _cut(connection, table, count)
        if whole:
            connection.execute(text(f"DROP SCHEMA {_ASIDE} CASCADE"))
    return len(whole)


def _is_whole(connection: Connection, table: Table) -> bool:
    kind = connection.scalar(
        text("SELECT relkind::text FROM pg_class WHERE oid = to_regclass(:name)"),
        {"name": table.name},
    )
    return bool(kind == "r")


def _cut(connection: Connection, table: Table, count: int) -> None:
    name = table.name
    # With the table go the names of its indexes.
    connection.execute(text(f"ALTER TABLE {name} SET SCHEMA {_ASIDE}"))
    parted = table.to_metadata(MetaData())
    parted.kwargs["postgresql_partition_by"] = f"HASH ({shard_key(table)})"
    connection.execute(CreateTable(parted))
    parts = [f"{name}_{number:03}" for number in range(count)]
    for number, part in enumerate(parts):
        connection.execute(
            text(
                f"CREATE TABLE {part} PARTITION OF {name}"
                f" FOR VALUES WITH (MODULUS {count}, REMAINDER {number})"
            )
        )
    columns = ", ".join(table.columns.keys())
    connection.execute(
        text(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {_ASIDE}.{name}")  # noqa: S608 - names of ours
    )
    for index in parted.indexes:
        index.create(connection)
    if name in FINAL:
        for one in (name, *parts):  # a partition that is named itself fires its own
            connection.execute(
                text(
                    f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {one}"
                    f" FOR EACH STATEMENT EXECUTE FUNCTION {FINAL[name]}()"
                )
            )
    connection.execute(text(f"ANALYZE {name}"))
