"""`heed sync`: what a provider's own opt-out list and ours do not agree on, and mending it."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime

import click

from handlers.account import Account
from handlers.cli.context import fail, joined
from handlers.cli.simulate import ACCOUNT, account_of
from handlers.ports import OutcomeUnknown, SendError
from handlers.syncing import Drift, Outcome, has_list
from handlers.syncing import sync as compare


@click.command()
@click.argument("provider", type=ACCOUNT)
@click.option("--dry-run", is_flag=True, help="Only say what differs; write nothing anywhere.")
def sync(provider: Account, *, dry_run: bool) -> None:
    """Compare our opt-outs with PROVIDER's own list, and bring both to "blocked".

    What is blocked only there is recorded here as a block by the provider; what was heard only here
    is told to it, where it has a way. Nothing is ever lifted. The worker does the same four times a
    day.
    """
    with joined() as parts:
        account_of(parts, provider)
        if not has_list(parts, provider.key):
            fail(
                f"{provider.provider} has no opt-out list that can be read or written, or it is "
                "not set up; docs/providers.md: Both ways"
            )
        try:
            outcome = compare(parts, provider.key, dry_run=dry_run, progress=_progress)
        except (SendError, OutcomeUnknown) as fault:
            wait = getattr(fault, "retry_after", None)
            later = f"; try again in {wait.total_seconds():.0f} s" if wait else ""
            fail(f"{provider.key} did not answer as it should: {fault.code}{later}")
    for line in report(outcome, dry_run=dry_run):
        click.echo(line)


def report(outcome: Outcome, *, dry_run: bool) -> list[str]:
    """A line for each difference, with its dates, then the sums."""
    lines = [
        f"{one.drift:<12} {one.address.value:<18} here {_day(one.here)}   there {_day(one.there)}"
        for one in sorted(outcome.differences, key=lambda one: (one.drift, one.address.value))
    ]
    counts = Counter(one.drift for one in outcome.differences)
    told = ", ".join(f"{counts[drift]} {drift}" for drift in Drift)
    both = f"{outcome.agreeing} blocked on both sides, " if outcome.reads else ""
    lines.append(f"{both}{told}")
    if outcome.unreadable:
        lines.append(f"{outcome.unreadable} rows of its list name nobody that one can read")
    if not outcome.reads:
        lines.append("This provider's list cannot be read: what is only there cannot be seen.")
    if not outcome.writes:
        lines.append(
            "This provider's list cannot be written: what is only here is blocked by Heed."
        )
    if dry_run:
        lines.append("Nothing was written (--dry-run).")
    else:
        waiting = f"; {outcome.waiting} wait for their confirmation" if outcome.waiting else ""
        lines.append(f"recorded here {outcome.learnt}, told there {outcome.told}{waiting}")
    return lines


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-" * 16


def _progress(outcome: Outcome) -> None:
    if sys.stderr.isatty():
        compared = outcome.agreeing + len(outcome.differences)
        click.echo(f"\rcompared {compared:,}, told {outcome.told:,} ", nl=False, err=True)
