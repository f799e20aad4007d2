"""`heed check`: may this be sent? Exit 0 allowed, 1 blocked, 2 cannot tell (treat as blocked)."""

from __future__ import annotations

import click

from bot.verdict import Because
from handlers import checking
from handlers.cli.context import CHANNELS, address_of, fail, joined

BLOCKED = 1


@click.command()
@click.argument("address")
@click.option("--topic", default="", help="What it is about; without it, marketing.")
@click.option("--program", default="", help="Whose message it is, if you have several brands.")
@click.option("--channel", type=CHANNELS, help="Told from the address where it is not given.")
@click.pass_context
def check(ctx: click.Context, address: str, topic: str, program: str, channel: str | None) -> None:
    """Say whether a message may go to ADDRESS now.

    Exit 0: allowed. 1: blocked. 2: cannot tell, so treat it as blocked.
    """
    with joined() as parts:
        who = address_of(parts, address, channel)
        if kind := checking.unknown(parts.policy, topic=topic, program=program):
            fail(f"there is no {kind} of this name in heed.toml")
        question = checking.Question(topic=topic, program=program)
        ruling = checking.check(parts.store, parts.policy, who, question, parts.clock())
    if ruling.allowed:
        click.echo("allowed")
        return
    for one in ruling.because:
        click.echo(f"blocked: {_told(one)}")
    ctx.exit(BLOCKED)


def _told(one: Because) -> str:
    until = f" until {one.until:%Y-%m-%dT%H:%M:%SZ}" if one.until else ""
    linked = ", by another address of this person" if one.linked else ""
    since = f"{one.since:%Y-%m-%dT%H:%M:%SZ}"
    return f"{one.scope} {one.hold} since {since}{until}{linked} (entry {one.entry_id})"
