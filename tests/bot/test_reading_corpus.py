"""The development corpus: how many stops are heard, and how many other messages are taken for one.

The floors are what this rule set reaches, a little rounded down. They guard against getting worse;
they say nothing about unseen messages.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.model import STOPS, Channel, Context, Intent
from bot.reading import read

CORPUS = Path(__file__).parents[1] / "corpus" / "dev.jsonl"


def messages(*, english: bool) -> list[dict[str, Any]]:
    lines = CORPUS.read_text("utf-8").splitlines()
    return [item for item in map(json.loads, lines) if (item["lang"] == "en") is english]


def figures(items: list[dict[str, Any]]) -> dict[str, float]:
    """Shares between 0 and 1.

    recall: stops read as stops. caught: those, and stops held for a person. false: other messages
    read as stops. load: clear other messages that a person would have to look at. exact: the label.
    """
    count: Counter[str] = Counter()
    for item in items:
        found = read(
            item["text"], channel=Channel(item["channel"]), context=Context(item["context"])
        )
        label, stops = Intent(item["intent"]), found.intent in STOPS
        count["exact"] += found.intent is label
        if label in STOPS:
            count["stops"] += 1
            count["recall"] += stops
            count["caught"] += stops or found.may_be_stop
        else:
            count["rest"] += 1
            count["false"] += stops
            count["load"] += found.intent is Intent.AMBIGUOUS is not label
    of = {"recall": "stops", "caught": "stops", "false": "rest", "load": "rest"}
    shares = {name: count[name] / count[total] for name, total in of.items()}
    return shares | {"exact": count["exact"] / len(items)}


@pytest.mark.parametrize(
    ("part", "floors", "ceilings"),
    [
        (
            "english",
            {"recall": 0.91, "caught": 0.97, "exact": 0.92},
            {"false": 0.01, "load": 0.04},
        ),
        (
            "other languages",
            {"recall": 0.95, "caught": 0.98, "exact": 0.91},
            {"false": 0.025, "load": 0.09},
        ),
    ],
)
def test_the_corpus_is_read_as_well_as_before(
    part: str, floors: dict[str, float], ceilings: dict[str, float]
) -> None:
    reached = figures(messages(english=part == "english"))
    assert all(reached[name] >= floor for name, floor in floors.items()), reached
    assert all(reached[name] <= ceiling for name, ceiling in ceilings.items()), reached
