"""`heed replay`: how stored messages would be read by the rules as they are now."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import click

from bot.errors import HeedError, NotFound
from handlers.cli.context import fail, joined, shown
from handlers.cli.progress import Progress
from handlers.parts import reader
from handlers.proposing import Proposal, effect, in_words, propose
from handlers.stored import Changed, every_entry, replayed
from storage import Session

_SPAN = re.compile(r"(\d{1,5})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}
_WIDTH = 80


@click.command()
@click.option("--since", default="30d", help="How far back: 12h, 30d, 8w.")
@click.option("--words", is_flag=True, help="Show what people wrote beside each change.")
@click.option("--limit", type=click.IntRange(min=0), default=50, help="Show at most N changes.")
@click.option(
    "--review",
    metavar="ID",
    help="Propose lines for heed.toml that read a decided review's message as it was decided.",
)
def replay(since: str, limit: int, review: str | None, *, words: bool) -> None:
    """Read stored messages again, with the present rules and heed.toml; change nothing.

    Run it after editing words in heed.toml or before an upgrade goes live. Exit 1 where a message
    that was a stop would no longer be one. With --review it prints lines to paste into heed.toml
    and what they would change among the messages of the last 90 days; nothing is applied.
    """
    if review is not None:
        _propose(review)
        return
    found = _SPAN.fullmatch(since)
    if found is None:
        fail("--since is a number and h, d or w, for example 30d")
    span = timedelta(hours=int(found[1]) * _HOURS[found[2]])
    with joined() as parts:
        entries = every_entry(parts.store)
        outcomes = [*replayed(entries, reader(parts.words), parts.clock() - span)]
    changes = [one for one in outcomes if one is not None]
    click.echo(f"{len(outcomes):,} messages read again, {len(changes):,} would be read otherwise")
    moves = Counter((one.before, one.after) for one in changes)
    for (before, after), count in moves.most_common():
        click.echo(f"{count:8,}  {before} -> {after}")
    ranked = sorted(changes, key=lambda one: (not one.stop_lost, not one.stop_won))
    for one in ranked[:limit]:
        click.echo(_line(one, words=words))
    if len(changes) > limit:
        click.echo(f"and {len(changes) - limit:,} more; --limit shows them")
    if any(one.stop_lost for one in changes):
        raise click.exceptions.Exit(1)


def _propose(review_id: str) -> None:
    with joined() as parts:

        def read(session: Session) -> list[Proposal]:
            review = session.review(review_id)
            if review is None:
                raise NotFound("there is no review of this id")
            return propose(session, review, parts.policy, parts.words)

        try:
            proposals = parts.store.read(read)
        except HeedError as refusal:
            fail(str(refusal))
        progress = Progress()
        for one in proposals:
            found = effect(
                parts.store,
                one,
                parts.words,
                parts.clock(),
                lambda count: progress("messages", count),
            )
            progress.end()
            click.echo(f"{one.lines}\n\nWith these lines the message is read as {one.reads}.")
            click.echo("\n".join(in_words(found)) + "\n")


def _line(one: Changed, *, words: bool) -> str:
    mark = "stop lost" if one.stop_lost else "stop won" if one.stop_won else ""
    said = f"  {shown(one.words, _WIDTH)}" if words else ""
    return f"{one.entry_id}  {mark:9}  {one.before} -> {one.after}{said}"
