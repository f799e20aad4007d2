"""`heed lint-mail`: what a marketing mail lacks, and where that is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from handlers.cli.context import fail
from handlers.email.lint import lint

LACKING = 1


@click.command("lint-mail")
@click.argument("file", default="-")
@click.pass_context
def lint_mail(ctx: click.Context, file: str) -> None:
    """Check the marketing mail in FILE (or on standard input) as it leaves you.

    Exit 1 where something is missing. Advice counts as well: a mail without it works worse.
    """
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as fault:
        fail(f"cannot read {file}: {fault.strerror}")
    if not raw.strip():
        fail("there is no mail to look at")
    findings = lint(raw)
    for one in findings:
        click.echo(f"{'ok  ' if one.ok else 'MISS'}  {one.name}: {one.says}  [{one.source}]")
    if not all(one.ok for one in findings):
        ctx.exit(LACKING)
