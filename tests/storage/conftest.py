"""A migrated store on each database. Tests that take `place` hold on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import Store, migrate, open_store
from tests import postgres

MASTER = b"m" * 32
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass(slots=True)
class Place:
    """Where a test's database lies; every store that it opens is closed after the test."""

    url: str
    opened: list[Store] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def open(self, *keys: bytes) -> Store:
        store = open_store(self.url, secret_keys=keys or (MASTER,), clock=lambda: NOW)
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.close()


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    place = Place(f"sqlite:///{tmp_path / 'heed.db'}")
    migrate(place.url)
    yield place
    place.close()


@pytest.fixture
def postgres_place(postgres_server: postgres.Postgres) -> Iterator[Place]:
    place = Place(postgres_server.fresh_url())
    yield place
    place.close()


@pytest.fixture(
    params=["sqlite_place", pytest.param("postgres_place", marks=pytest.mark.postgres)],
    ids=["sqlite", "postgres"],
)
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def store(place: Place) -> Store:
    return place.open()
