"""`heed move`: a SQLite desk to PostgreSQL."""

from __future__ import annotations

import os

import click

from handlers.cli.context import fail
from handlers.cli.progress import Progress
from handlers.moving import move as move_desk
from handlers.parts import utc_now
from handlers.settings import SettingsError, load_settings
from storage import StoreError
from storage.backup import in_use, sqlite_files

REFUSED = 1


@click.command()
@click.option(
    "--to",
    required=True,
    envvar="HEED_MOVE_TO",
    help="postgresql+psycopg://user:password@host/database, empty; or HEED_MOVE_TO.",
)
def move(to: str) -> None:
    """Move this SQLite desk to PostgreSQL. Stop every process of it first.

    Every row is copied and compared, every chain and seal checked over there, and samples are
    decrypted. Broken off, it goes on where it was when it is run again; until it has arrived the
    desk stays here, and once it has, the files here open no more. Answers that were not sent are
    parked, with an entry that says so: heed outbox.
    """
    try:
        settings = load_settings(os.environ)
        files = sqlite_files(settings.store_url)
        if not files.main.exists():
            fail(f"there is no desk in {files.main}", REFUSED)
        if in_use(files.main) or in_use(files.keys):
            fail("the desk is in use: stop every process of it first", REFUSED)
        progress = Progress()
        try:
            moved = move_desk(settings, to, now=utc_now(), progress=progress)
        finally:
            progress.end()
    except (SettingsError, StoreError) as fault:
        fail(str(fault))
    for found in moved.faults:
        click.echo(f"fault: {found}")
    if moved.faults:
        fail("the record has faults, see heed ledger verify; the desk was not moved", REFUSED)
    if moved.examined is not None:
        click.echo(
            f"{moved.examined.entries} entries of {moved.examined.addresses} addresses and "
            f"{moved.examined.seals} seals checked over there, all rows compared"
        )
        click.echo(f"moved; {moved.parked} unsent answers are parked: heed outbox")
    else:
        click.echo("it had arrived already; the files here are closed now")
    click.echo("heed: set HEED_DATABASE_URL to that database in every process", err=True)
