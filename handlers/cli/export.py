"""`heed export`: the suppressions, the ledger with its words, or people's decisions, as rows."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import click

from bot.model import Json
from handlers.cli.context import fail, joined
from handlers.cli.output import cell, opened
from handlers.stored import PAGE, every_entry, labelled
from storage import AddressEntry, AddressSuppression, Store

SUPPRESSION = ("channel", "address", "scope", "hold", "since", "until", "entry", "flags")
ENTRY = (
    "channel",
    "address",
    "number",
    "id",
    "kind",
    "recorded_at",
    "effective_at",
    "scope",
    "message_id",
    "words",
    "facts",
)
LABEL = ("id", "lang", "channel", "context", "text", "intent", "read_as")
Row = Mapping[str, Json]


@click.command()
@click.option("--format", "kind", type=click.Choice(["ndjson", "csv"]), default="ndjson")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file, readable by you alone; standard output where it is not given.",
)
@click.option("--entries", is_flag=True, help="The ledger with people's words instead.")
@click.option("--labels", is_flag=True, help="What people decided in reviews, to learn from.")
def export(kind: str, output: Path | None, *, entries: bool, labels: bool) -> None:
    """Write out what is suppressed, one row for each address and scope.

    NDJSON is exact. CSV is made for spreadsheets: a cell that one would run as a formula gets a
    single quote before it.
    """
    if entries and labels:
        fail("--entries and --labels are two exports: choose one")
    columns = LABEL if labels else ENTRY if entries else SUPPRESSION
    with joined() as parts:
        if labels:
            rows = labelled(every_entry(parts.store))
        elif entries:
            rows = map(_entry, every_entry(parts.store))
        else:
            rows = _suppressions(parts.store)
        try:
            with opened(output) as file:
                if kind == "csv":
                    _write_csv(file, _counted(rows), columns)
                else:
                    _write_ndjson(file, _counted(rows))
        except BrokenPipeError:
            raise  # whoever read us has enough; click ends quietly
        except OSError as fault:
            fail(f"cannot write the export: {fault.strerror}")


def _write_ndjson(file: TextIO, rows: Iterator[Row]) -> None:
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    file.writelines(f"{line}\n" for line in lines)


def _write_csv(file: TextIO, rows: Iterator[Row], columns: tuple[str, ...]) -> None:
    writer = csv.writer(file, lineterminator="\r\n")  # a lone \r is quoted only then
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[name]) for name in columns])


def _counted(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, counted aloud for whoever watches."""
    watched = sys.stderr.isatty()
    count = 0
    for row in rows:
        yield row
        count += 1
        if watched and count % PAGE == 0:
            click.echo(f"\r{count:,} rows", nl=False, err=True)
    if watched:
        click.echo(f"\r{count:,} rows", err=True)


def _suppressions(store: Store) -> Iterator[Row]:
    cursor = ""
    while page := store.read(
        lambda session, after=cursor: session.all_suppressions(after, PAGE)  # type: ignore[misc]
    ):
        yield from map(_suppression, page)
        cursor = page[-1].cursor


def _suppression(one: AddressSuppression) -> Row:
    what = one.suppression
    return {
        "channel": str(one.address.channel) if one.address else None,
        "address": one.address.value if one.address else None,
        "scope": str(what.scope),
        "hold": str(what.hold),
        "since": what.since.isoformat(),
        "until": what.until.isoformat() if what.until else None,
        "entry": what.entry_id,
        "flags": list[Any](sorted(what.flags)),
    }


def _entry(one: AddressEntry) -> Row:
    entry = one.entry
    return {
        "channel": str(one.address.channel) if one.address else None,
        "address": one.address.value if one.address else None,
        "number": entry.number,
        "id": entry.id,
        "kind": str(entry.kind),
        "recorded_at": entry.recorded_at.isoformat(),
        "effective_at": entry.effective_at.isoformat(),
        "scope": str(entry.scope) if entry.scope else None,
        "message_id": entry.message_id,
        "words": entry.words,
        "facts": dict(entry.facts),
    }
