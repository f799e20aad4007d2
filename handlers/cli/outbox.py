"""`heed outbox`: what waits to be sent, and what was refused for good."""

from __future__ import annotations

from datetime import timedelta

import click

from bot.addresses import masked
from handlers.cli.context import fail, joined
from storage import OutboxItem, OutboxState


@click.group(invoke_without_command=True)
@click.pass_context
def outbox(ctx: click.Context) -> None:
    """List answers and notices that are not settled: pending, sending, parked.

    Parked ones were refused for good, or lack a setting; once it is mended, `heed outbox retry`
    sends them. What may have been sent already (`unknown`) is in the ledger, and never sent again.
    """
    if ctx.invoked_subcommand is not None:
        return
    with joined() as parts:
        items = parts.store.read(lambda session: session.unsettled())
        now = parts.clock()
    if not items:
        click.echo("nothing waits", err=True)
        return
    click.echo(f"{'ID':<28}  {'STATE':<8} {'KIND':<14} {'AGE':>7}  {'TO':<24} WHY")
    for item in items:
        click.echo(_line(item, now - item.created_at))


@outbox.command()
@click.argument("ids", nargs=-1)
@click.option("--all-parked", is_flag=True, help="Every parked one.")
def retry(ids: tuple[str, ...], *, all_parked: bool) -> None:
    """Send parked items IDS again."""
    if bool(ids) == all_parked:
        fail("name the items, or say --all-parked")
    with joined() as parts:
        now = parts.clock()
        parked = {item.id: item for item in parts.store.read(lambda session: session.parked())}
        chosen = list(parked) if all_parked else [one for one in ids if one in parked]
        for item_id in chosen:
            parts.store.write(
                lambda session, item=parked[item_id]: session.settle(  # type: ignore[misc]
                    item.addr, item.id, OutboxState.PENDING, due_at=now
                )
            )
    click.echo(f"{len(chosen)} to be sent again")
    if missing := set(ids) - set(chosen):
        fail(f"not parked: {', '.join(sorted(missing))}")


def _line(item: OutboxItem, age: timedelta) -> str:
    who = masked(item.address) if item.address else "(erased)"
    hours, rest = divmod(int(age.total_seconds()), 3600)
    return (
        f"{item.id:<28}  {item.state:<8} {item.kind:<14} {hours:>3}h{rest // 60:02}m  "
        f"{who:<24} {item.error}"
    )
