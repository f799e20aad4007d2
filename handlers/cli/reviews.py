"""`heed reviews`: what waits for a person, and deciding it, without Slack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import click

from bot.addresses import masked
from bot.errors import HeedError
from bot.model import Actor, ReviewDecision, Role, Verdict
from handlers.cli.context import fail, joined, login, shown
from handlers.waiting import Waiting, find, waiting
from storage import Store

PAGE = 100
WORDS = 60
COLUMNS = "{:<8}  {:<12}  {:>4}  {:>5}  {:<8}  {:<20}  {}"
REFUSED = 1


@click.group(invoke_without_command=True)
@click.pass_context
def reviews(ctx: click.Context) -> None:
    """List what waits for a person's decision, the most urgent first.

    DUE is how long its clock still runs; `late` means that it has run out.
    """
    if ctx.invoked_subcommand is not None:
        return
    with joined() as parts:
        now = parts.clock()
        count = 0
        for one in _open(parts.store):
            if not count:
                click.echo(
                    COLUMNS.format("ID", "CAUSE", "AGE", "DUE", "CHANNEL", "ADDRESS", "WORDS")
                )
            click.echo(_line(one, now))
            count += 1
    if not count:
        click.echo("nothing waits", err=True)


@reviews.command(short_help="Decide the review ID.")
@click.argument("review_id", metavar="ID")
@click.argument("decision", type=click.Choice([str(one) for one in Verdict]))
@click.option("--by", "name", help="Who decides; your login name where it is not given.")
def decide(review_id: str, decision: str, name: str | None) -> None:
    """Decide the review ID: opt_out, not_opt_out, ask, wrong_number, erasure or done."""
    actor = Actor(name=f"cli:{shown(name or login(), 60)}", role=Role.ADMIN)
    with joined() as parts:
        found = parts.store.read(lambda session: find(session, review_id.strip()))
        if found is None:
            fail("there is no review of this id", REFUSED)
        try:
            receipt = parts.desk.receive(
                ReviewDecision(
                    review_id=found.id,
                    address_hash=found.addr,
                    verdict=Verdict(decision),
                    actor=actor,
                    received_at=parts.clock(),
                    version=found.version,
                )
            )
        except HeedError as refusal:
            fail(str(refusal), REFUSED)
    click.echo(receipt.outcome)


def _open(store: Store) -> Iterator[Waiting]:
    cursor = ""
    while True:
        page = store.read(
            lambda session, after=cursor: [  # type: ignore[misc]
                waiting(session, review) for review in session.open_reviews(PAGE, after)
            ]
        )
        yield from page
        if len(page) < PAGE:
            return
        cursor = page[-1].review.cursor


def _line(one: Waiting, now: datetime) -> str:
    review = one.review
    who = masked(one.address) if one.address else "(erased)"
    words = "(erased)" if one.words is None else shown(one.words, WORDS)
    return COLUMNS.format(
        review.id,
        review.cause,
        _span(now - review.opened_at),
        "late" if one.late(now) else _span(review.due_at - now),
        review.channel,
        shown(who, 40),
        words,
    ).rstrip()


def _span(length: timedelta) -> str:
    """Short, rounded down: `59s`, `14m`, `3h`, `12d`."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
