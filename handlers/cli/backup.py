"""`heed backup`: the SQLite desk into two files, while it works."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from handlers.cli.context import fail, joined
from handlers.cli.progress import Progress
from storage.backup import back_up, sqlite_files
from storage.location import SqliteFiles, keys_beside


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    "keys_target",
    type=click.Path(path_type=Path),
    help="Where the keys go: a folder or a file. Beside the data where it is not given.",
)
def backup(target: Path, keys_target: Path | None) -> None:
    """Copy the data and the keys into two files; TARGET is a folder or the file of the data.

    Keep the keys apart from the data, and delete each copy of the keys after 30 days: a backup of
    the keys is what undoes an erasure. Prove a backup with `heed restore --verify --from FILE`.
    """
    with joined() as parts:
        sqlite_files(parts.settings.store_url)
        to = _files(target, keys_target, parts.clock())
        for file in (to.main, to.keys):
            if not file.parent.is_dir():
                fail(f"there is no folder {file.parent}")
        progress = Progress()
        try:
            back_up(parts.settings.store_url, to, clock=parts.clock, progress=progress)
        finally:
            progress.end()
    click.echo(to.main)
    click.echo(to.keys)
    if to.keys.parent == to.main.parent:
        click.echo("heed: keep the keys apart, and for 30 days only (--keys)", err=True)


def _files(target: Path, keys: Path | None, now: datetime) -> SqliteFiles:
    """A folder gets files named by the moment, a file's keys lie beside it."""
    name = f"heed-{now:%Y%m%dT%H%M%SZ}.db"
    main = target / name if target.is_dir() else target
    beside = keys_beside(main)
    if keys is None:
        return SqliteFiles(main=main, keys=beside)
    return SqliteFiles(main=main, keys=keys / beside.name if keys.is_dir() else keys)
