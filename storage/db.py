"""One open transaction on one database: statements at once, whole new rows as late as possible.

A message leaves rows in eight tables, and on SQLite many messages share a transaction. Rows that
are only added therefore wait, and go in together: one statement for each table instead of one for
each row. Nobody can tell the difference, because a statement that might see a waiting row writes
all of them first (`docs/decisions/0016-rows-wait-for-their-batch.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from storage.chance import Chance
from storage.sql import FORESEEN_AT_ONCE, Insertion, Row, Statement, named

_MOST_ROWS = 16
_UNKNOWN: Row = ("unknown",)


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
    """One open transaction, of one unit of work or of a batch of them (`begin_unit`)."""

    __slots__ = (
        "_addrs",
        "_connection",
        "_execute",
        "_known",
        "_of_earlier",
        "_saved",
        "_unit",
        "_waiting",
        "chance",
        "dialect",
        "promised",
    )

    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection: Any = connection
        self._execute = connection.execute
        self.dialect = dialect
        self.chance = Chance()
        self.promised = False  # something waits to be sent once this is committed
        self._waiting: list[tuple[Insertion, dict[str, Any]]] = []
        self._addrs: set[bytes] = set()  # whose rows wait
        self._known: dict[tuple[Statement, bytes], Row | None] = {}  # foreseen, unchanged since
        self._unit = False
        self._of_earlier = 0  # so many of the waiting rows belong to units before this one
        self._saved = False  # this unit has changed something, after a savepoint

    def all(self, statement: Statement, **params: Any) -> list[Row]:
        return self._read(statement, params).fetchall()

    def one(self, statement: Statement, **params: Any) -> Row | None:
        """The first row. The statement selects by a unique key or carries its own limit."""
        if self._known and statement.of_one and params["addr"] not in self._addrs:
            found = self._known.get((statement, params["addr"]), _UNKNOWN)
            if found is not _UNKNOWN:
                return found
        return self._read(statement, params).fetchone()

    def run(self, statement: Statement, **params: Any) -> int:
        """How many rows it changed."""
        self.write_out(changing=True)
        return self._cursor(statement, params).rowcount

    def run_many(self, statement: Statement, rows: list[dict[str, Any]]) -> None:
        """Run it once for each row of parameters."""
        self.write_out(changing=True)
        sql, constants = statement.on(self.dialect)
        cursor = self._connection.cursor()
        cursor.executemany(sql, [{**constants, **row} for row in rows] if constants else rows)
        cursor.close()

    def add(self, insertion: Insertion, *, addr: bytes, **row: Any) -> None:
        """Write a whole row of an address, at the latest before anything could miss it.

        A row that the database refuses therefore makes a later statement raise, or the commit.
        """
        row["addr"] = addr
        self._waiting.append((insertion, row))
        self._addrs.add(addr)

    def foresee(self, statement: Statement, many: Statement, addrs: Sequence[bytes]) -> None:
        """Answer `statement` for all these addresses by `many`, before it is asked for each.

        `statement` is `of_one` and asks by nothing but the address; `many` selects the address
        before the same columns.
        """
        for start in range(0, len(addrs), FORESEEN_AT_ONCE):
            chunk = addrs[start : start + FORESEEN_AT_ONCE]
            rows = {row[0]: row[1:] for row in self.all(many, **named(chunk, FORESEEN_AT_ONCE))}
            self._known.update({(statement, addr): rows.get(addr) for addr in chunk})

    def write_out(self, *, changing: bool = False) -> None:
        """Write all waiting rows. `changing`: the unit goes on to change something itself."""
        if self._unit and not self._saved:
            self._write_earlier()
            if changing or self._waiting:
                self._execute("SAVEPOINT unit")
                self._saved = True
        if changing or self._waiting:
            self._known.clear()
        if self._waiting:
            self._write(self._waiting)
            self._forget_waiting()

    # --- a batch of units in one transaction -----------------------------------------------------

    def begin_unit(self) -> None:
        """What follows can be undone alone, until `end_unit`."""
        self._unit = True
        self._of_earlier = len(self._waiting)

    def end_unit(self) -> None:
        if self._saved:
            self._execute("RELEASE unit")
        self._unit = self._saved = False

    def undo_unit(self) -> None:
        """Take back what this unit did, and end it."""
        del self._waiting[self._of_earlier :]
        if self._saved:
            self._execute("ROLLBACK TO unit")
        self.end_unit()

    def begin(self) -> None:
        """Another transaction: nothing waits, and what was known may have changed."""
        self._forget_waiting()
        self._known.clear()
        self._unit = self._saved = self.promised = False

    # --- inside ----------------------------------------------------------------------------------

    def _read(self, statement: Statement, params: dict[str, Any]) -> Cursor:
        if self._waiting and not (statement.of_one and params["addr"] not in self._addrs):
            self.write_out()
        return self._cursor(statement, params)

    def _cursor(self, statement: Statement, params: dict[str, Any]) -> Cursor:
        sql, constants = statement.on(self.dialect)
        cursor: Cursor = self._execute(sql, {**constants, **params} if constants else params)
        return cursor

    def _write_earlier(self) -> None:
        """A savepoint must not take the rows of earlier units with it when it is undone.

        If one is refused, this unit gets the blame for now; as the rows still wait, the end of the
        batch is refused too, and all of it runs again.
        """
        if not self._of_earlier:
            return
        self._known.clear()
        self._write(self._waiting[: self._of_earlier])
        del self._waiting[: self._of_earlier]
        self._of_earlier = 0

    def _write(self, rows: list[tuple[Insertion, dict[str, Any]]]) -> None:
        """Rows of one table keep their order; between tables none matters."""
        tables: dict[Insertion, list[tuple[Any, ...]]] = {}
        for insertion, row in rows:
            tables.setdefault(insertion, []).append(insertion.values(row))
        if self.dialect == "sqlite":
            for insertion, values in tables.items():
                self._write_many(insertion, values)
            return
        # PostgreSQL: all in one round trip. One statement there may not set a row twice.
        with self._connection.pipeline():
            for insertion, values in tables.items():
                for one in values:
                    self._execute(insertion.on(self.dialect, 1), one)

    def _write_many(self, insertion: Insertion, values: list[tuple[Any, ...]]) -> None:
        """At most `_MOST_ROWS` at once, so that few texts serve any number of rows."""
        start, left = 0, len(values)
        while left:
            count = min(_MOST_ROWS, left)
            flat = [value for row in values[start : start + count] for value in row]
            self._execute(insertion.on(self.dialect, count), flat)
            start, left = start + count, left - count

    def _forget_waiting(self) -> None:
        self._waiting.clear()
        self._addrs.clear()
        self._of_earlier = 0
