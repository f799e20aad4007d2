"""The labelled text and what the model sees of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.model import Channel, Context, Intent
from bot.reading.features import expand
from bot.reading.joined import seen_by_model
from bot.reading.model import bucket
from bot.reading.read import READ_LIMIT, rule
from tests.train.slips import misspelt

FOLDER = Path(__file__).parents[1] / "corpus" / "train"
_EVERYDAY = "everyday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled message, its features, and what the rules say of it.

    `author`: the file's name; each file was written by one hand. `buckets` are sorted, `counts`
    goes with them, `size` is the sum of all counts. `settled` is the rules' final word, if any.
    `copy`: a misspelt copy, to train with and not to measure by.
    """

    author: str
    lang: str
    label: Intent
    english: bool
    settled: Intent | None
    buckets: tuple[int, ...]
    counts: tuple[int, ...]
    size: int
    copy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    author: str
    bits: int
    item: dict[str, Any]
    copy: bool = False


def load(executor: Executor, bits: int, folder: Path = FOLDER) -> list[Example]:
    """Every line of every file, by file name and line."""
    lines = [
        _Line(author=path.stem, bits=bits, item=json.loads(line))
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]
    lines += [copy for line in lines if (copy := _misspelt(line)) is not None]
    return list(executor.map(example, lines, chunksize=500))


def _misspelt(line: _Line) -> _Line | None:
    """A copy with slips; none of everyday text, which has slips of its own, or of menu answers."""
    if line.author == _EVERYDAY or line.item.get("choices"):
        return None
    text = misspelt(line.item["text"])
    return None if text is None else replace(line, item=line.item | {"text": text}, copy=True)


def example(line: _Line) -> Example:
    """What the model sees of a line."""
    item = line.item
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
        features, times = expand(key)
        for feature in features:
            place = bucket(feature) & mask
            counts[place] = counts.get(place, 0) + times
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
        copy=line.copy,
    )


def authors(examples: Sequence[Example]) -> list[str]:
    """Who wrote them, in order."""
    return sorted({one.author for one in examples})
