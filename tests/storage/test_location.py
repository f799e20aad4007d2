"""A database URL is understood, or refused in one line that does not repeat it."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from storage import StoreError
from storage.location import PostgresUrl, SqliteFiles, locate
from storage.sqlite import driver, fixed_release


@pytest.mark.parametrize(
    ("url", "main", "keys"),
    [
        ("sqlite:///heed.db", "heed.db", "heed-keys.db"),
        (
            "sqlite:////var/lib/heed/h.sqlite",
            "/var/lib/heed/h.sqlite",
            "/var/lib/heed/h-keys.sqlite",
        ),
        ("sqlite:///data/heed", "data/heed", "data/heed-keys"),
    ],
)
def test_sqlite_has_its_keys_beside_it(url: str, main: str, keys: str) -> None:
    assert locate(url) == SqliteFiles(main=Path(main), keys=Path(keys))


def test_the_keys_can_lie_elsewhere() -> None:
    place = locate("sqlite:///heed.db", "sqlite:////mnt/keys/k.db")
    assert place == SqliteFiles(main=Path("heed.db"), keys=Path("/mnt/keys/k.db"))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgres_is_spoken_to_by_psycopg(scheme: str) -> None:
    place = locate(f"{scheme}://heed:hunter2@db.example.com/heed")
    assert isinstance(place, PostgresUrl)
    assert place.url.drivername == "postgresql+psycopg"
    assert "hunter2" not in repr(place)


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("", None),
        ("hunter2", None),
        ("mysql://u:hunter2@example.com/heed", None),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("sqlite:///heed.db", "sqlite:///heed.db"),
        ("sqlite:///heed.db", "postgresql://u:hunter2@example.com/keys"),
        ("postgresql://u:hunter2@example.com/heed", "sqlite:///keys.db"),
        ("postgresql://u:hunter2@example.com:port/heed", None),
    ],
)
def test_other_urls_are_refused_without_repeating_them(url: str, keys: str | None) -> None:
    with pytest.raises(StoreError) as refused:
        locate(url, keys)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ((3, 40, 1), "refused"),
        ((3, 44, 5), "refused"),
        ((3, 44, 6), "fixed"),
        ((3, 45, 3), "refused"),
        ((3, 50, 6), "refused"),
        ((3, 50, 7), "fixed"),
        ((3, 51, 2), "refused"),
        ((3, 51, 3), "fixed"),
        ((3, 52, 0), "refused"),
        ((3, 53, 0), "fixed"),
        ((3, 54, 1), "fixed"),
        ((4, 0, 0), "fixed"),
    ],
)
def test_only_a_sqlite_without_the_wal_reset_bug_will_do(
    version: tuple[int, ...], verdict: str
) -> None:
    assert fixed_release(version) is (verdict == "fixed")


def test_without_pysqlite3_an_unfixed_system_sqlite_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.40.1")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    with pytest.raises(StoreError, match=r"SQLite 3\.40\.1 can lose commits"):
        driver()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    assert driver() is sqlite3
