"""The development corpus: how many stops are heard, and how many other messages are taken for one.

The floors are what rules and model reach, a little rounded down. They guard against getting worse.
The model is not trained on this file, but the rules were written beside it: for unseen messages see
`docs/accuracy.md`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.model import Channel, Context, Intent
from bot.reading import read
from bot.reading.evaluation import Outcome, figures

CORPUS = Path(__file__).parents[1] / "corpus" / "dev.jsonl"


def messages(*, english: bool) -> list[dict[str, Any]]:
    lines = CORPUS.read_text("utf-8").splitlines()
    return [item for item in map(json.loads, lines) if (item["lang"] == "en") is english]


def reached(items: list[dict[str, Any]]) -> dict[str, float]:
    """Each figure's share."""
    outcomes = []
    for item in items:
        found = read(
            item["text"], channel=Channel(item["channel"]), context=Context(item["context"])
        )
        outcomes.append(Outcome(lang=item["lang"], label=Intent(item["intent"]), read=found.intent))
    return {name: share.share for name, share in figures(outcomes).items()}


@pytest.mark.parametrize(
    ("part", "floors", "ceilings"),
    [
        (
            "english",
            {"recall": 0.94, "caught": 0.98, "exact": 0.94},
            {"false": 0.01, "load": 0.05},
        ),
        (
            "other languages",
            {"recall": 0.96, "caught": 0.99, "exact": 0.94},
            {"false": 0.02, "load": 0.08},
        ),
    ],
)
def test_the_corpus_is_read_as_well_as_before(
    part: str, floors: dict[str, float], ceilings: dict[str, float]
) -> None:
    shares = reached(messages(english=part == "english"))
    assert all(shares[name] >= floor for name, floor in floors.items()), shares
    assert all(shares[name] <= ceiling for name, ceiling in ceilings.items()), shares
