"""SQLAlchemy Core statements as text for the raw DB-API connections; `storage.db` runs them.

Core writes the dialect's SQL once per statement; running it through an engine would cost more than
the statement itself (`docs/decisions/0005-compiled-once.md`). Rows come back as tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    Table,
    Text,
    bindparam,
    literal_column,
)
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
# Whole rows go in by position: by name a driver looks up every value.
_BY_POSITION: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": PGDialect_psycopg(paramstyle="format"),  # type: ignore[no-untyped-call]
}
_INSERTS: dict[str, Callable[[Table], Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
FORESEEN_AT_ONCE = 16
"""How many addresses one statement looks up for `Db.foresee`."""
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
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def param(name: str) -> BindParameter[Any]:
    """A keyword of the statement's call."""
    return bindparam(name, required=False)


def among(column: ColumnElement[bytes], count: int) -> ColumnElement[bool]:
    """Whether the column is one of the values that `named` makes keywords of."""
    return column.in_([param(f"a{n}") for n in range(count)])


def named(values: Sequence[bytes], count: int) -> dict[str, bytes]:
    """Always so many keywords, so that it is one statement: a short list repeats its last value."""
    last = len(values) - 1
    return {f"a{n}": values[min(n, last)] for n in range(count)}


def word(name: str) -> ColumnClause[str]:
    """A constant spelt out in the SQL, so that the planner may use a partial index for it."""
    assert name.isidentifier()
    return literal_column(f"'{name}'", Text)


class Statement:
    """One Core statement; its SQL is made at the first use on a dialect.

    Every `param` is a keyword of the call; constants inside the statement stay as they are.
    `of_one` promises that it reads rows of the address `addr` only.
    """

    __slots__ = ("_build", "_compiled", "of_one")

    def __init__(
        self, element: Executable | Callable[[str], Executable], *, of_one: bool = False
    ) -> None:
        self.of_one = of_one
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
        if not changing:
            key = list(table.primary_key.columns)
            return statement.on_conflict_do_nothing(index_elements=key)
        return _setting(statement, table, changing)

    return Statement(build)


def adding(table: Table, sum_: str) -> Statement:
    """Insert a whole row; where its primary key exists, add to that column."""

    def build(dialect: str) -> Executable:
        statement = _INSERTS[dialect](table)
        return statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={sum_: table.c[sum_] + statement.excluded[sum_]},
        )

    return Statement(build)


def _setting(statement: Insert, table: Table, changing: Iterable[str]) -> Insert:
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in changing},
    )


class Insertion:
    """Whole rows for one table, any number of them in one statement (`Db.add`).

    Where the primary key of a row exists, its `changing` columns are set; without any, the database
    refuses the row.
    """

    __slots__ = ("_changing", "_compiled", "table", "values")

    def __init__(self, table: Table, *changing: str) -> None:
        self.table = table
        self.values: Callable[[dict[str, Any]], tuple[Any, ...]] = itemgetter(*table.columns.keys())
        self._changing = changing
        self._compiled: dict[tuple[str, int], str] = {}

    def on(self, dialect: str, count: int) -> str:
        """The SQL text for `count` rows; it takes their `values`, one row after the other."""
        found = self._compiled.get((dialect, count))
        if found is None:
            found = self._compiled[dialect, count] = self._compile(dialect, count)
        return found

    def _compile(self, dialect: str, count: int) -> str:
        names = self.table.columns.keys()
        statement = _INSERTS[dialect](self.table).values(
            [{name: bindparam(f"{name}_{n}") for name in names} for n in range(count)]
        )
        if self._changing:
            statement = _setting(statement, self.table, self._changing)
        return str(statement.compile(dialect=_BY_POSITION[dialect]))
