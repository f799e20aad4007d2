"""`heed report`: the monthly proof sheet."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TextIO

import click

from bot.sheet import Month, Sheet
from handlers.cli import sheet_text
from handlers.cli.context import fail, joined
from handlers.cli.output import cell, opened
from handlers.reporting import report as make_report


@click.command()
@click.option("--month", metavar="YYYY-MM", help="In UTC; the running month where it is not given.")
@click.option("--format", "kind", type=click.Choice(["text", "json", "csv"]), default="text")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file, readable by you alone; standard output where it is not given.",
)
def report(month: str | None, kind: str, output: Path | None) -> None:
    """Show how soon stops were heeded in one month, and what is due and overdue now.

    It holds numbers, names of rules and versions: no address and no word of anybody.
    docs/report.md explains every figure.
    """
    try:
        asked = Month.parse(month) if month else None
    except ValueError as fault:
        fail(str(fault))
    with joined() as parts:
        now = parts.clock()
        progress = _Progress()
        sheet = make_report(parts.store, parts.policy, asked or Month.of(now), now, progress)
        progress.end()
    try:
        with opened(output) as file:
            _write(file, sheet, kind)
    except BrokenPipeError:
        raise  # whoever read us has enough; click ends quietly
    except OSError as fault:
        fail(f"cannot write the report: {fault.strerror}")


def _write(file: TextIO, sheet: Sheet, kind: str) -> None:
    if kind == "text":
        file.writelines(f"{line.rstrip()}\n" for line in sheet_text.text(sheet))
    elif kind == "csv":
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(sheet_text.COLUMNS)
        for row in sheet_text.rows(sheet):
            writer.writerow([cell(row[name]) for name in sheet_text.COLUMNS])
    else:
        from pydantic import TypeAdapter  # only JSON needs it

        file.write(TypeAdapter(Sheet).dump_json(sheet, indent=2).decode() + "\n")


class _Progress:
    """How far it is, on the terminal of whoever waits; nothing where nobody watches."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._what = ""

    def __call__(self, what: str, count: int) -> None:
        if not self._watched:
            return
        if self._what and what != self._what:
            click.echo(err=True)
        self._what = what
        click.echo(f"\r{count:,} {what}", nl=False, err=True)

    def end(self) -> None:
        if self._what:
            click.echo(err=True)
