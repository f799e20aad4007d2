"""`heed erase`: a person's record becomes unreadable for ever; the address stays blocked."""

from __future__ import annotations

import sys

import click

from bot.addresses import masked
from bot.errors import HeedError
from bot.model import Actor, Role
from handlers.cli.context import CHANNELS, address_of, fail, joined, login, shown
from handlers.erasing import erase as erase_record
from handlers.recorder import new_id

REFUSED = 1


@click.command()
@click.argument("address")
@click.option("--channel", type=CHANNELS, help="Told from the address where it is not given.")
@click.option("--by", "name", help="Who erases; your login name where it is not given.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def erase(address: str, channel: str | None, name: str | None, *, yes: bool) -> None:
    """Destroy the key of all that is recorded about ADDRESS. There is no way back.

    Its words, facts and the address itself become unreadable; a keyed hash, the scopes and the
    dates stay, so that it stays blocked and the ledger still verifies. What this does not reach
    (old backups, Slack, your mailboxes) stands in docs/privacy.md.
    """
    actor = Actor(name=f"cli:{shown(name or login(), 60)}", role=Role.ADMIN)
    with joined() as parts:
        who = address_of(parts, address, channel)
        addr = parts.store.address_hash(who)
        count = parts.store.read(lambda session: len(session.records(addr)))
        if not yes:
            if not sys.stdin.isatty():
                fail("nothing was erased: say --yes where nobody can be asked", REFUSED)
            click.echo(f"{masked(who)} has {count} entries. Erasing cannot be undone.", err=True)
            click.confirm("Erase?", abort=True, err=True)
        try:
            done = erase_record(
                parts, who, actor=actor, source="cli", event_id=new_id(parts.clock())
            )
        except HeedError as refusal:
            fail(str(refusal), REFUSED)
    click.echo(f"erased (entry {done.receipt.entry_id}); the address stays blocked")
    if done.linked:
        click.echo(
            f"heed: {done.linked} other addresses of this person keep their records", err=True
        )
    if not done.shredded:
        click.echo(
            "heed: a reader keeps old bytes in a log file; the worker clears it soon", err=True
        )
