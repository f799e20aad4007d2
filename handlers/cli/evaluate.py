"""`heed evaluate`: how well labelled messages are read, as a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bot.model import Channel, Context, Intent, Reading, Reason
from bot.reading import VERSION, read
from bot.reading.evaluation import FIGURES, Outcome, Share, confusion, cost, figures
from bot.reading.hard import holds_stop_word
from handlers.cli.baselines import BASELINES
from handlers.cli.context import fail, shown
from handlers.cli.reason_table import Named, reason_table

_WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A line of a labelled file."""

    text: str
    lang: str
    label: Intent
    channel: Channel
    context: Context
    choices: tuple[str, ...]
    reason: Reason | None = None


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--baselines", is_flag=True, help="Show four simpler methods beside it.")
@click.option("--errors", type=click.IntRange(min=0), default=0, help="Show the N worst errors.")
def evaluate(files: Sequence[Path], *, baselines: bool, errors: int) -> None:
    """Read the labelled messages of FILES and say how well they were understood.

    A line is {"text", "channel", "lang", "intent", "context"?, "choices"?, "reason"?}.
    docs/accuracy.md explains the figures.
    """
    try:
        items = [item for path in files for item in labelled(path)]
    except ValueError as fault:
        fail(str(fault))
    outcomes = [outcome(item) for item in items]
    print("\n".join(report(outcomes)))
    if any(item.reason for item in items):
        print("\nreasons\n")
        print("\n".join(reasons(items)))
    if baselines:
        print("\nsimpler methods, on the same messages\n")
        print("\n".join(compared(items, outcomes)))
    if errors:
        print("\nthe worst errors\n")
        print("\n".join(worst(items, outcomes, errors)))


def labelled(path: Path) -> Iterator[Labelled]:
    """The lines of a file.

    Raises:
        ValueError: a line is no labelled message; the words name file and line, not the text.
    """
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
                yield Labelled(
                    text=str(item["text"]),
                    lang=str(item.get("lang") or "und"),
                    label=Intent(item["intent"]),
                    channel=Channel(item["channel"]),
                    context=Context(item.get("context") or "none"),
                    choices=tuple(map(str, item.get("choices") or ())),
                    reason=Reason(item["reason"]) if item.get("reason") else None,
                )
            except (KeyError, TypeError, ValueError) as fault:
                what = f"{path.name}, line {number}: no labelled message ({type(fault).__name__})"
                raise ValueError(what) from None


def outcome(item: Labelled) -> Outcome:
    """The message as Heed reads it, without being told its language."""
    found = _reading(item)
    return Outcome(
        lang=item.lang,
        label=item.label,
        read=found.intent,
        maybe=found.may_be_stop,
        hard=holds_stop_word(item.text, item.lang),
        sure=found.confidence,
    )


def reasons(items: Sequence[Labelled]) -> Iterator[str]:
    """The table of the reasons that people gave, for those lines that are labelled with one."""
    named = [
        Named(lang=item.lang, label=item.reason, found=_reading(item).reason)
        for item in items
        if item.reason is not None
    ]
    return reason_table(named)


def _reading(item: Labelled) -> Reading:
    return read(item.text, channel=item.channel, context=item.context, choices=item.choices)


def report(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The tables: English and the others, by language, by intent, the confusion."""
    yield f"{len(outcomes)} messages, rules {VERSION}; each share with its 95 % interval (Wilson)\n"
    yield _heading("")
    groups: dict[str, Callable[[Outcome], bool]] = {
        "English": lambda one: one.lang == "en",
        "other languages": lambda one: one.lang != "en",
    }
    for name, belongs in groups.items():
        if own := [one for one in outcomes if belongs(one)]:
            shares = figures(own)
            yield _row(name, len(own), shares)
            yield _bounds(shares)
    yield ""
    yield _heading("language")
    for lang in sorted({one.lang for one in outcomes}):
        own = [one for one in outcomes if one.lang == lang]
        yield _row(lang, len(own), figures(own))
    yield ""
    yield from _by_intent(outcomes)


def compared(items: Sequence[Labelled], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Heed and the baselines, which know only stop and not."""
    yield _heading("method", ("recall", "false", "hard"))
    for english in (True, False):
        own = [i for i, one in enumerate(outcomes) if (one.lang == "en") is english]
        if not own:
            continue
        yield "English" if english else "other languages"
        yield _row("  Heed", len(own), _stops(outcomes[i] for i in own))
        for name, hears in BASELINES.items():
            read_so = (
                Outcome(
                    lang=outcomes[i].lang,
                    label=outcomes[i].label,
                    read=Intent.OPT_OUT if hears(items[i].text) else Intent.OTHER,
                    hard=outcomes[i].hard,
                )
                for i in own
            )
            yield _row(f"  {name}", len(own), _stops(read_so))


def worst(items: Sequence[Labelled], outcomes: Sequence[Outcome], most: int) -> Iterator[str]:
    """The costliest errors first."""
    ranked = sorted(range(len(items)), key=lambda i: -cost(outcomes[i]))
    for i in ranked[:most]:
        if cost(outcomes[i]) > 0:
            one = outcomes[i]
            yield (
                f"{one.label} read as {one.read} ({one.sure:.2f}), {one.lang}: "
                f"{shown(items[i].text, _WIDTH)}"
            )


def _by_intent(outcomes: Sequence[Outcome]) -> Iterator[str]:
    table = confusion(outcomes)
    short = [intent.value[:8] for intent in Intent]
    yield f"{'label, read as:':16} " + " ".join(f"{name:>8}" for name in short) + "    right"
    for label in Intent:
        total = sum(table[label].values())
        if not total:
            continue
        right = Share(hits=table[label][label], total=total)
        cells = " ".join(f"{table[label][found] or '.':>8}" for found in Intent)
        yield f"{label.value:16} {cells} {right.share:8.3f}"


def _stops(outcomes: Iterable[Outcome]) -> Mapping[str, Share]:
    return {
        name: share
        for name, share in figures(outcomes).items()
        if name in ("recall", "false", "hard")
    }


def _heading(first: str, names: Sequence[str] = FIGURES) -> str:
    return f"{first:24} {'n':>6} " + " ".join(f"{name:>13}" for name in names)


def _row(name: str, count: int, shares: Mapping[str, Share]) -> str:
    cells = (f"{share.share:13.3f}" if share.total else f"{'-':>13}" for share in shares.values())
    return f"{name:24} {count:6} " + " ".join(cells)


def _bounds(shares: Mapping[str, Share]) -> str:
    cells = []
    for share in shares.values():
        low, high = share.interval
        cells.append(f"{f'{low:.3f}-{high:.3f}':>13}" if share.total else f"{'-':>13}")
    return f"{'':24} {'':6} " + " ".join(cells)
