"""Reads a list line by line, CSV or JSON lines; a line that is neither harms no other.

Every record keeps its own text, so that what cannot be taken can be handed back as it was.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedReader, TextIOWrapper
from itertools import chain

from bot.model import Json

LINE_MAX = 1 << 20  # characters; a longer line is a file of another kind
CELL_LINES = 100  # what one quoted cell may span before its quote counts as never closed
DELIMITERS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class ListError(ValueError):
    """This is no list that could be read; the message says why and repeats none of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record: its first line (from 1), its text as it was, and its cells by column name.

    `fault` says why it could not be read; then it has no cells.
    """

    line: int
    raw: str
    cells: Mapping[str, Json] = field(default_factory=dict)
    fault: str = ""


class Lines:
    """The lines of a file, counted, with a way to give some back."""

    def __init__(self, file: BufferedReader) -> None:
        head = file.peek(4)[:4]
        encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
        self._file = file
        # what is no UTF-8 is the fault of its own cell, not of the file
        self._text = TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
        self._back: deque[str] = deque()
        self.number = 0

    def take(self) -> str:
        """The next line with its end; empty at the end.

        Raises:
            ListError: a line is longer than any list has.
        """
        try:
            line = self._back.popleft() if self._back else self._text.readline(LINE_MAX)
        except UnicodeError:
            raise ListError(f"line {self.number + 1} is not text in its encoding") from None
        if len(line) >= LINE_MAX:
            raise ListError(f"line {self.number + 1} has over a million characters: no list has")
        self.number += bool(line)
        return line

    def give_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)

    def done(self) -> int:
        """How many bytes of the file were read."""
        return self._file.tell() if self._file.seekable() else 0


class CsvList:
    """`head` is the line that names the columns, `columns` the names."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        head = lines.take()
        while head and not head.strip():
            head = lines.take()
        if "\0" in head:
            raise ListError("this is neither CSV nor JSON lines")
        lines.give_back([head])
        self.delimiter = max(DELIMITERS, key=head.count)
        self.head, self.columns = self._next()

    def add_header(self, columns: list[str]) -> None:
        """The first line named nothing: it is a record already."""
        self._lines.give_back(self.head.splitlines(keepends=True))
        self.head, self.columns = self.delimiter.join(columns) + "\n", columns

    def records(self) -> Iterator[Record]:
        """The records after the header. Lines with nothing in them are passed over."""
        while True:
            raw, cells = "", list[str]()
            line = self._lines.number + 1
            try:
                raw, cells = self._next()
            except _Broken as broken:
                yield Record(line=line, raw=broken.raw, fault=broken.why)
                continue
            if not raw:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(self.columns) :]):
                fault = f"has {len(cells)} cells, the header {len(self.columns)}"
                yield Record(line=line, raw=raw, fault=fault)
                continue
            yield Record(line=line, raw=raw, cells=dict(zip(self.columns, cells, strict=False)))

    def _next(self) -> tuple[str, list[str]]:
        """The next record as it stands there, and its cells; both empty at the end."""
        taken: list[str] = []
        reader = csv.reader(self._fed(taken), delimiter=self.delimiter, strict=True)
        try:
            cells = next(reader, [])
        except csv.Error as error:
            first, *others = taken
            self._lines.give_back(others)
            why = "a quote that is never closed" if others else f"not CSV: {error}"
            raise _Broken(first, why) from None
        return "".join(taken), cells

    def _fed(self, taken: list[str]) -> Iterator[str]:
        while len(taken) < CELL_LINES and (line := self._lines.take()):
            taken.append(line)
            yield line


class _Broken(Exception):  # noqa: N818 - it names what the line is
    def __init__(self, raw: str, why: str) -> None:
        super().__init__()
        self.raw = raw
        self.why = why


class JsonList:
    """JSON lines: an object each."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._first: list[Record] = []
        self.columns: list[str] = []
        for record in self.records():  # the columns of a good many say what there is
            self._first.append(record)
            self.columns += [name for name in record.cells if name not in self.columns]
            if len(self._first) == CELL_LINES:
                break

    def records(self) -> Iterator[Record]:
        first, self._first = self._first, []
        return chain(first, self._rest())

    def _rest(self) -> Iterator[Record]:
        while raw := self._lines.take():
            if not raw.strip():
                continue
            try:
                cells = json.loads(raw)
            except (ValueError, RecursionError):
                yield Record(line=self._lines.number, raw=raw, fault="not JSON")
                continue
            if isinstance(cells, dict):
                yield Record(line=self._lines.number, raw=raw, cells=cells)
            else:
                yield Record(line=self._lines.number, raw=raw, fault="not a JSON object")


def opened(lines: Lines) -> CsvList | JsonList:
    """The list, read as what it looks like.

    Raises:
        ListError: it is empty, or nothing that Heed reads.
    """
    first = lines.take()
    while first and not first.strip():
        first = lines.take()
    if not first:
        raise ListError("the list is empty")
    lines.give_back([first])
    match first.lstrip()[:1]:
        case "{":
            return JsonList(lines)
        case "[":
            raise ListError("a JSON array: write an object a line (jq -c '.[]')")
        case _:
            try:
                return CsvList(lines)
            except _Broken as broken:
                raise ListError(f"the first line is {broken.why}") from None
