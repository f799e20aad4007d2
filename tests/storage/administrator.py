"""The database as somebody sees it who may do anything to it, and means no good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from storage.sqlite import connect
from tests.storage.conftest import Place

FINAL = ("ledger", "seals", "sealed")


class Raw:
    def __init__(self, place: Place) -> None:
        self.is_sqlite = place.is_sqlite
        self.sqlite = (
            connect(Path(place.url.removeprefix("sqlite:///"))) if place.is_sqlite else None
        )
        self.postgres = None if place.is_sqlite else psycopg.connect(place.url, autocommit=True)

    def run(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """`?` stands for a value on both databases."""
        cursor: Any
        if self.sqlite is not None:
            cursor = self.sqlite.execute(sql, values)
        else:
            assert self.postgres is not None
            cursor = self.postgres.execute(sql.replace("?", "%s").encode(), values or None)
        return list(cursor.fetchall()) if cursor.description else []

    def disarm(self) -> None:
        for table in FINAL:
            if self.is_sqlite:
                self.run(f"DROP TRIGGER {table}_no_UPDATE")
                self.run(f"DROP TRIGGER {table}_no_DELETE")
            else:
                self.run(f"DROP TRIGGER {table}_no_change ON {table}")

    def close(self) -> None:
        for connection in (self.sqlite, self.postgres):
            if connection is not None:
                connection.close()


@contextmanager
def administrator(place: Place) -> Iterator[Raw]:
    raw = Raw(place)
    try:
        yield raw
    finally:
        raw.close()
