"""The labelled text and what the model sees of it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.model import Channel, Context, Intent
from bot.reading.features import Seen, expand
from bot.reading.joined import seen_by_model
from bot.reading.model import bucket
from bot.reading.read import READ_LIMIT, rule, seen_by_sentence
from tests.train.sentences import sentences
from tests.train.slips import misspelt

FOLDER = Path(__file__).parents[1] / "corpus"
_EVERYDAY = "everyday"
_SENTENCES = 2000  # of each file of slots
_SENTENCE_WEIGHT = 0.3  # beside what a person wrote out; chosen by cross-validation
_HAND = re.compile(r"[a-z]{2}-([a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Features: sorted `buckets`, the `counts` that go with them, and the sum of all counts."""

    buckets: tuple[int, ...]
    counts: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled message, its features, and what the rules say of it.

    `author`: the file's name; each file was written by one hand. `whole`: the message, `sentences`:
    each of its sentences, where there are several. `settled` is the rules' final word, if any,
    `agreed` that they found a stop. `measured`: written out by a person; misspelt copies and sentences made from slots are there to
    train with, by their `weight`, and not to measure by.
    """

    author: str
    lang: str
    label: Intent
    english: bool
    settled: Intent | None
    agreed: bool
    whole: Row
    sentences: tuple[Row, ...]
    weight: float
    measured: bool

    @property
    def hand(self) -> str:
        """Who wrote it: the letter of `LANG-x`, who wrote several languages, else the author."""
        found = _HAND.fullmatch(self.author)
        return found[1] if found else self.author


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    author: str
    bits: int
    item: dict[str, Any]
    weight: float = 1.0
    measured: bool = True


def load(executor: Executor, bits: int, folder: Path = FOLDER) -> list[Example]:
    """Every line of `train`, its misspelt copy, and sentences from each file of `sentences`."""
    lines = [
        _Line(author=path.stem, bits=bits, item=json.loads(line))
        for path in sorted((folder / "train").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]
    lines += [copy for line in lines if (copy := _misspelt(line)) is not None]
    lines += [
        _Line(author=path.stem, bits=bits, item=item, weight=_SENTENCE_WEIGHT, measured=False)
        for path in sorted((folder / "sentences").glob("*.toml"))
        for item in sentences(path, _SENTENCES)
    ]
    return list(executor.map(example, lines, chunksize=500))


def _misspelt(line: _Line) -> _Line | None:
    """A copy with slips; none of everyday text, which has slips of its own, or of menu answers."""
    if line.author == _EVERYDAY or line.item.get("choices"):
        return None
    text = misspelt(line.item["text"])
    return None if text is None else replace(line, item=line.item | {"text": text}, measured=False)


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
    alone = seen_by_sentence(item["text"], channel=channel, context=context)
    return Example(
        author=sys.intern(line.author),
        lang=item["lang"],
        label=Intent(item["intent"]),
        english=seen.lang == "en",
        settled=ruled.answer.intent if ruled.settled else None,
        agreed=ruled.stops,
        whole=_row(seen, line.bits),
        sentences=tuple(_row(one, line.bits) for one in alone) if line.measured else (),
        weight=line.weight,
        measured=line.measured,
    )


def _row(seen: Seen, bits: int) -> Row:
    mask = (1 << bits) - 1
    counts: dict[int, int] = {}
    for key in seen.keys:
        features, times = expand(key)
        for feature in features:
            place = bucket(feature) & mask
            counts[place] = counts.get(place, 0) + times
    places = sorted(counts)
    return Row(
        buckets=tuple(places),
        counts=tuple(counts[place] for place in places),
        size=sum(counts.values()),
    )


def authors(examples: Sequence[Example]) -> list[str]:
    """The files they stand in, in order."""
    return sorted({one.author for one in examples})
