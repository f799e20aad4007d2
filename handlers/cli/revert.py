"""`heed revert`: take back the stops of one flood of forged mails, or of one import."""

from __future__ import annotations

import click

from bot.model import Actor, Role
from handlers.cli.context import joined, login, shown
from handlers.reverting import batches
from handlers.reverting import revert as revert_batch

NOTHING = 1


@click.command()
@click.argument("batch", required=False)
@click.option("--by", "name", help="Who reverts; your login name where it is not given.")
def revert(batch: str | None, name: str | None) -> None:
    """Take back the stops of BATCH; without it, list the batches there are.

    A batch is what came within one hour from one source by mails whose sender nobody vouched for,
    or what one `heed import` brought (import-...).
    What the people themselves said since, proved, stands.
    """
    with joined() as parts:
        if batch is None:
            for known, count in sorted(batches(parts).items()):
                click.echo(f"{known}  {count:8,}")
            return
        actor = Actor(name=f"cli:{shown(name or login(), 60)}", role=Role.ADMIN)
        done = revert_batch(parts, batch.strip().lower(), actor)
    click.echo(f"{done.reverted:,} of {done.found:,} stops taken back")
    if not done.found:
        raise click.exceptions.Exit(NOTHING)
