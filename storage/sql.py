"""SQLAlchemy Core statements on raw DB-API connections.

Core writes the dialect's SQL once per statement; running it through an engine would cost more than
the statement itself (`docs/decisions/0005-compiled-once.md`). Rows come back as tuples.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias

from sqlalchemy import BindParameter, ColumnClause, Table, Text, bindparam, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

Row: TypeAlias = tuple[Any, ...]
Insert: TypeAlias = sqlite.Insert | postgresql.Insert

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": PGDialect_psycopg(),  # type: ignore[no-untyped-call]
}
_INSERTS: dict[str, Callable[[Table], Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """An aware instant as stored: whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def instant(stored: int) -> datetime:
    """The instant that `micros` stored."""
    return _EPOCH + timedelta(microseconds=stored)


def instant_or_none(stored: int | None) -> datetime | None:
    return None if stored is None else instant(stored)


def plain(text: str) -> str:
    """Foreign text for a plain column: PostgreSQL knows no NUL, UTF-8 no lone surrogate."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def param(name: str) -> BindParameter[Any]:
    """A keyword of the statement's call."""
    return bindparam(name, required=False)


def word(name: str) -> ColumnClause[str]:
    """A constant spelt out in the SQL, so that the planner may use a partial index for it."""
    assert name.isidentifier()
    return literal_column(f"'{name}'", Text)


class Statement:
    """One Core statement; its SQL is made at the first use on a dialect.

    Every `param` is a keyword of the call; constants inside the statement stay as they are.
    """

    __slots__ = ("_build", "_compiled")

    def __init__(self, element: Executable | Callable[[str], Executable]) -> None:
        self._build = element
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def on(self, dialect: str) -> tuple[str, dict[str, Any]]:
        """The SQL text and the constants to send with it."""
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = self._compile(dialect)
        return found

    def _compile(self, dialect: str) -> tuple[str, dict[str, Any]]:
        element = self._build if isinstance(self._build, Executable) else self._build(dialect)
        assert isinstance(element, ClauseElement)
        compiled = element.compile(
            dialect=_DIALECTS[dialect], compile_kwargs={"render_postcompile": True}
        )
        values = compiled.params
        return str(compiled), {name: value for name, value in values.items() if value is not None}


def upsert(table: Table, *changing: str) -> Statement:
    """Insert a whole row; where its primary key exists, set the `changing` columns, or nothing."""

    def build(dialect: str) -> Executable:
        statement = _INSERTS[dialect](table)
        key = list(table.primary_key.columns)
        if not changing:
            return statement.on_conflict_do_nothing(index_elements=key)
        new = {name: statement.excluded[name] for name in changing}
        return statement.on_conflict_do_update(index_elements=key, set_=new)

    return Statement(build)


class Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[Row]: ...
    def fetchone(self) -> Row | None: ...


class Connection(Protocol):
    """What the sqlite3 and the psycopg connections have in common."""

    def execute(self, sql: Any, parameters: Any = ..., /) -> Any: ...
    def cursor(self) -> Any: ...


class Db:
    """One open transaction on one database."""

    __slots__ = ("_connection", "_execute", "dialect")

    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._execute = connection.execute
        self.dialect = dialect

    def _cursor(self, statement: Statement, params: dict[str, Any]) -> Cursor:
        sql, constants = statement.on(self.dialect)
        cursor: Cursor = self._execute(sql, {**constants, **params} if constants else params)
        return cursor

    def all(self, statement: Statement, **params: Any) -> list[Row]:
        return self._cursor(statement, params).fetchall()

    def one(self, statement: Statement, **params: Any) -> Row | None:
        """The first row. The statement selects by a unique key or carries its own limit."""
        return self._cursor(statement, params).fetchone()

    def run(self, statement: Statement, **params: Any) -> int:
        """How many rows it changed."""
        return self._cursor(statement, params).rowcount

    def run_many(self, statement: Statement, rows: list[dict[str, Any]]) -> None:
        """Run it once for each row of parameters."""
        sql, constants = statement.on(self.dialect)
        cursor = self._connection.cursor()
        cursor.executemany(sql, [{**constants, **row} for row in rows] if constants else rows)
        cursor.close()
