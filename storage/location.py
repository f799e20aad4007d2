"""Where the store lies: the two files of SQLite, or a PostgreSQL database."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import StoreError

_KEYS_SUFFIX = "-keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteFiles:
    """The keys lie in a file of their own, so that their backups can be short-lived."""

    main: Path
    keys: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresUrl:
    """One database; the keys have tables of their own in it."""

    url: URL = field(repr=False)  # it may hold a password


def locate(url: str, keys_url: str | None = None) -> SqliteFiles | PostgresUrl:
    """Read a database URL.

    `sqlite:///heed.db` is relative, `sqlite:////var/lib/heed/heed.db` absolute; the keys lie in
    `heed-keys.db` beside it unless `keys_url` says otherwise. `postgresql://` (or `postgres://`)
    takes no `keys_url`.

    Raises:
        StoreError: it is no URL of either kind. The message does not repeat it.
    """
    parsed = _parse(url, "HEED_DATABASE_URL")
    scheme = parsed.drivername.partition("+")[0]
    if scheme == "sqlite":
        main = _file(parsed, "HEED_DATABASE_URL")
        if keys_url is None:
            return SqliteFiles(main=main, keys=keys_beside(main))
        keys = _file(_parse(keys_url, "the URL of the keys"), "the URL of the keys")
        if keys == main:
            raise StoreError("the keys need a file of their own")
        return SqliteFiles(main=main, keys=keys)
    if scheme in ("postgresql", "postgres"):
        if keys_url is not None:
            raise StoreError("on PostgreSQL the keys lie in the same database")
        return PostgresUrl(url=parsed.set(drivername="postgresql+psycopg"))
    raise StoreError("HEED_DATABASE_URL must begin with sqlite:/// or postgresql://")


def keys_beside(main: Path) -> Path:
    """Where the keys of this file lie unless somebody says otherwise."""
    return main.with_stem(main.stem + _KEYS_SUFFIX)


def _parse(url: str, name: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"{name} is not a database URL such as sqlite:///heed.db") from None


def _file(url: URL, name: str) -> Path:
    if not url.drivername.startswith("sqlite") or not url.database or url.database == ":memory:":
        raise StoreError(f"{name} must name a file, such as sqlite:///heed.db")
    return Path(url.database)
