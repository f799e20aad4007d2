"""`heed import`: the opt-outs of the system that you had before."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from io import BufferedReader, RawIOBase
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO, cast

import click

from bot import addresses
from bot.addresses import AddressError
from bot.model import CHANNEL_SCOPE, Actor, Channel, Role, Scope
from handlers.cli.context import CHANNELS, fail, joined, login, shown
from handlers.cli.output import opened as written
from handlers.cli.progress import Progress
from handlers.importing import Fate, Fault, Outcome, take_in
from handlers.lists.columns import Columns, Part, find
from handlers.lists.dates import DateError, Order, instant
from handlers.lists.lines import CsvList, JsonList, Lines, ListError, opened
from handlers.lists.rows import Reading, scopes
from handlers.parts import Parts
from handlers.recorder import new_id
from storage import StoreUnavailable

DATES = click.Choice([str(one) for one in Order])
TOLD = 20  # faults that are told one by one; the rejects file holds all
EVERY = 100  # records between two looks at the progress
REJECTED = 1
_SAID = {
    Fate.NEW: "opt-outs that were not known: blocked",
    Fate.KNOWN: "of people who were blocked already: recorded beside it",
    Fate.BACK: "older than an opt-in of the same person: recorded, blocks nothing",
    Fate.SAME: "taken before: left as they are",
    Fate.FORGOTTEN: "of people who were erased here and stay blocked: left alone",
    Fate.NOT_OUT: "of people who did not opt out there: passed over",
    Fate.REJECTED: "rejected",
}


@click.command("import")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would come of it; record nothing.")
@click.option("--yes", is_flag=True, help="Do not ask first, on a terminal.")
@click.option("--column", default="", help="The column that holds the addresses.")
@click.option("--ignore", multiple=True, help="A column to leave out; may be given again.")
@click.option("--channel", type=CHANNELS, help="What the addresses are, where the list tells not.")
@click.option("--region", help="The country of numbers without one (US, DE); else heed.toml's.")
@click.option("--scope", default="channel", help="What a stop covers where the list tells not.")
@click.option("--dates", type=DATES, help="How 03/04/2026 is meant.")
@click.option("--as-of", help="The day of the list: the time of stops that tell none.")
@click.option("--source", default="import", help="The system it comes from, for the ledger.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where lines go that cannot be taken; else FILE.rejects (stdin: import.rejects).",
)
@click.option("--by", "name", help="Who imports; your login name where it is not given.")
def import_list(
    file: Path,
    *,
    dry_run: bool,
    yes: bool,
    column: str,
    ignore: tuple[str, ...],
    channel: str | None,
    region: str | None,
    scope: str,
    dates: str | None,
    as_of: str | None,
    source: str,
    rejects: Path | None,
    name: str | None,
) -> None:
    """Record the opt-outs of FILE (CSV or JSON lines; - is standard input).

    Needed is a column of addresses, under any usual name; scope or topic, sender, when, words,
    evidence, source, channel and status are taken where they are there. A list with one address a
    line needs no header. It only ever blocks: nobody is opted in, nothing is lifted, and a stop
    older than the same person's later START changes nothing.

    The same list again adds nothing, so that one that was interrupted is simply begun again.
    Exit 0 when all was taken, 1 when lines were rejected, 2 when it could not be read or finished.
    """
    with joined() as parts, _list(file) as (lines, total):
        now = parts.clock()
        try:
            records = opened(lines)
            reading = Reading(
                columns=_columns(records, column, ignore, region or parts.policy.region),
                policy=parts.policy,
                now=now,
                actor=Actor(name=f"cli:{shown(name or login(), 60)}", role=Role.RECORD),
                batch=f"import-{new_id(now)[:16]}",
                region=(region or parts.policy.region).upper(),
                channel=Channel(channel) if channel else None,
                scope=_scope(parts, scope),
                order=Order(dates) if dates else None,
                as_of=_as_of(as_of, dates, now),
                source=source,
                names=scopes(parts.policy),
            )
        except ListError as fault:
            fail(str(fault))
        click.echo(f"taking {reading.columns.describe()}", err=True)
        if not dry_run and not yes and str(file) != "-" and sys.stdin.isatty():
            click.confirm(f"Record the opt-outs of {file.name}?", abort=True, err=True)
        where = rejects or Path("import.rejects" if str(file) == "-" else f"{file}.rejects")
        outcome = _run(parts, records, reading, lines, total, None if dry_run else where)
    _tell(outcome, None if dry_run else where, "" if dry_run else reading.batch)
    if outcome.counts[Fate.REJECTED]:
        raise click.exceptions.Exit(REJECTED)


def _run(
    parts: Parts,
    records: CsvList | JsonList,
    reading: Reading,
    lines: Lines,
    total: int,
    where: Path | None,
) -> Outcome:
    progress = Progress()
    rejects = _Rejects(records, where)
    outcome = Outcome()

    def so_far(now: Outcome) -> None:
        nonlocal outcome
        outcome = now
        if now.read % EVERY or not now.read:
            return
        if total:
            progress("kB of the list", lines.done() // 1024, total // 1024 + 1)
        else:
            progress("records", now.read)

    try:
        with rejects:
            return take_in(
                parts.desk,
                records.records(),
                reading,
                dry_run=where is None,
                on_fault=rejects.take,
                progress=so_far,
            )
    except ListError as fault:
        fail(f"{fault}; {outcome.read:,} records before it are done, the same list again goes on")
    except StoreUnavailable as fault:
        fail(f"{fault}; {outcome.read:,} records are done: the same list again goes on from there")
    except OSError as fault:
        fail(f"cannot read the list or write the rejects: {fault.strerror or fault}")
    finally:
        progress.end()


class _Rejects:
    """Tells the first faults, and hands every line back with its fault, fit to be imported again.

    The file appears when the list was read to its end, and only if there is something in it.
    """

    def __init__(self, records: CsvList | JsonList, where: Path | None) -> None:
        self._records = records
        self._where = where
        self._count = 0
        self._open = ExitStack()
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self._open.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def take(self, fault: Fault) -> None:
        self._count += 1
        if self._count <= TOLD:
            click.echo(f"line {fault.record.line}: {fault.why}", err=True)
        elif self._count == TOLD + 1:
            click.echo("further faults are not told one by one", err=True)
        if self._where is not None:
            if self._file is None:
                self._file = self._open.enter_context(written(self._where, "surrogateescape"))
                self._file.write(self._head())
            self._file.write(self._line(fault))

    def _head(self) -> str:
        if isinstance(self._records, JsonList):
            return ""
        return self._records.delimiter.join(("line", "fault", _ended(self._records.head)))

    def _line(self, fault: Fault) -> str:
        record = fault.record
        if isinstance(self._records, JsonList):
            told = {"line": record.line, "fault": fault.why}
            rest = record.cells or {"raw": record.raw.rstrip("\r\n")}
            return json.dumps(told | dict(rest), ensure_ascii=True) + "\n"
        before = io.StringIO()
        row = csv.writer(before, delimiter=self._records.delimiter, lineterminator="")
        row.writerow([record.line, fault.why])
        return f"{before.getvalue()}{self._records.delimiter}{_ended(record.raw)}"


def _ended(line: str) -> str:
    return line if line.endswith(("\n", "\r")) else f"{line}\n"


@contextmanager
def _list(file: Path) -> Iterator[tuple[Lines, int]]:
    """The lines of the file and its size; of standard input nobody knows it."""
    if str(file) == "-":
        stdin = cast("RawIOBase", sys.stdin.buffer)
        yield Lines(BufferedReader(stdin)), 0
        return
    try:
        opened_file = file.open("rb")
    except OSError as fault:
        fail(f"cannot read the list: {fault.strerror}")
    with opened_file:
        yield Lines(opened_file), file.stat().st_size


def _columns(
    records: CsvList | JsonList, column: str, ignore: tuple[str, ...], region: str
) -> Columns:
    """What the columns mean. A plain list has none: then its first line is an address."""
    found = find(records.columns, column, ignore)
    if found is not None:
        return found
    if isinstance(records, CsvList) and len(records.columns) == 1:
        try:
            addresses.parse(records.columns[0], region=region)
        except AddressError:
            pass
        else:
            records.add_header([str(Part.ADDRESS)])
            return Columns(of={Part.ADDRESS: str(Part.ADDRESS)})
    raise ListError("no column is known: name the one with the addresses with --column")


def _scope(parts: Parts, text: str) -> Scope:
    known = {"all": CHANNEL_SCOPE} | scopes(parts.policy)
    if text.casefold() not in known:
        fail("--scope is no topic or program of heed.toml, and neither channel nor everything")
    return known[text.casefold()]


def _as_of(text: str | None, dates: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        found = instant(text, Order(dates) if dates else None)
    except DateError as fault:
        fail(f"--as-of: {fault}")
    if found.date() > now.date():
        fail("--as-of lies in the future")
    return found


def _tell(outcome: Outcome, where: Path | None, batch: str) -> None:
    """What became of the list, a line for each kind; without `where` nothing was recorded."""
    click.echo(f"{outcome.read:,} records")
    for fate, words in _SAID.items():
        if count := outcome.counts[fate]:
            click.echo(f"{count:12,}  {words}")
    if where is None:
        click.echo("Nothing was recorded (--dry-run).")
    elif outcome.counts[Fate.REJECTED]:
        click.echo(f"The rejected lines are in {where}: mend them and import that file.")
    if outcome.counts[Fate.NEW] and batch:
        click.echo(f"The wrong list? heed revert {batch}")
