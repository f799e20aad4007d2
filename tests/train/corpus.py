"""The labelled text and what the model sees of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from bot.model import Channel, Context, Intent
from bot.reading.features import expand
from bot.reading.joined import seen_by_model
from bot.reading.model import bucket
from bot.reading.read import READ_LIMIT, rule

FOLDER = Path(__file__).parents[1] / "corpus" / "train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled message, its features, and what the rules say of it.

    `author`: the file's name; each file was written by one hand. `buckets` are sorted, `counts`
    goes with them, `size` is the sum of all counts. `settled` is the rules' final word, if any.
    """

    author: str
    lang: str
    label: Intent
    english: bool
    settled: Intent | None
    buckets: tuple[int, ...]
    counts: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    author: str
    bits: int
    text: str


def load(executor: Executor, bits: int, folder: Path = FOLDER) -> list[Example]:
    """Every line of every file, by file name and line."""
    lines = [
        _Line(author=path.stem, bits=bits, text=line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]
    return list(executor.map(example, lines, chunksize=500))


def example(line: _Line) -> Example:
    """What the model sees of a line."""
    item = json.loads(line.text)
    channel, context = Channel(item["channel"]), Context(item.get("context", "none"))
    folded, _, ruled = rule(
        item["text"][:READ_LIMIT],
        channel=channel,
        context=context,
        choices=tuple(item.get("choices") or ()),
    )
    seen = seen_by_model(folded, ruled, channel=channel, context=context)
    mask = (1 << line.bits) - 1
    counts: dict[int, int] = {}
    for key in seen.keys:
        for feature in expand(key):
            place = bucket(feature) & mask
            counts[place] = counts.get(place, 0) + 1
    places = sorted(counts)
    return Example(
        author=sys.intern(line.author),
        lang=item["lang"],
        label=Intent(item["intent"]),
        english=seen.lang == "en",
        settled=ruled.answer.intent if ruled.settled else None,
        buckets=tuple(places),
        counts=tuple(counts[place] for place in places),
        size=sum(counts.values()),
    )


def authors(examples: Sequence[Example]) -> list[str]:
    """Who wrote them, in order."""
    return sorted({one.author for one in examples})
