"""`heed keys`: which master keys wrap the store's keys, and wrapping them all by the newest."""

from __future__ import annotations

import click

from handlers.cli.context import joined
from handlers.cli.progress import Progress
from storage import Store

LINE = "{:<16}  {:<7}  {:>7}  {:>12}"


@click.group()
def keys() -> None:
    """See and rotate the master key.

    HEED_SECRET_KEY is a list: its first key wraps every new key, all of them unwrap. To rotate, put
    a new one first, restart every process, then run `heed keys rotate`.
    """


@keys.command()
def status() -> None:
    """Say how many keys are wrapped by which master key. Ids tell nothing of a key itself."""
    with joined() as parts:
        found = parts.store.wrapped_by()
    click.echo(LINE.format("MASTER KEY", "USE", "KEYRING", "ADDRESSES"))
    for one in found:
        use = "current" if one.current else "older"
        click.echo(LINE.format(one.key_id, use, one.keyring, one.addresses))


@keys.command(short_help="Wrap every key by the first of HEED_SECRET_KEY.")
def rotate() -> None:
    """Wrap every key by the first key of HEED_SECRET_KEY; go on where an earlier run stopped.

    No entry is touched. The older keys may leave HEED_SECRET_KEY when `heed keys status` shows none
    of them, after every process was restarted with the new key first. They still open old backups.
    """
    with joined() as parts:
        older = _older(parts.store)
        progress = Progress()
        done = parts.store.rewrap_keys(lambda count: progress("address keys", count, older))
        progress.end()
        shredded = parts.store.shred()
        left = _older(parts.store)
    click.echo(f"{done} address keys and the keyring are wrapped by the current key")
    if left:
        click.echo(
            f"heed: {left} keys were made under an older key meanwhile: restart every process with "
            "the new key first, then run this again",
            err=True,
        )
    if not shredded:
        click.echo("heed: a reader keeps old bytes in a log file until it ends", err=True)


def _older(store: Store) -> int:
    return sum(one.addresses for one in store.wrapped_by() if not one.current)
