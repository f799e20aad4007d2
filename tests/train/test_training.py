"""Training is reproducible: the same text makes the same file.

One thread only: the fitting library keeps its random numbers per process.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sklearn")

from bot.model import Channel, Context, Intent
from bot.reading.features import look
from bot.reading.model import Model
from tests.train.__main__ import train
from tests.train.slips import misspelt

SAYINGS = {
    "opt_out": [
        "stop texting me",
        "no more of these please",
        "take me off the list",
        "leave me be",
    ],
    "other": [
        "see you at five",
        "the bus stop is wet",
        "thanks for the cake",
        "is lunch ready yet",
    ],
    "help": ["who is this", "what number is this", "who are you people", "how did you find me"],
}
BITS = 10


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "train").mkdir()
    for author in ("ann", "bob", "cem"):
        lines = [
            {"text": f"{saying} {author}", "channel": "sms", "lang": "en", "intent": intent}
            for intent, sayings in SAYINGS.items()
            for saying in sayings
        ]
        (tmp_path / "train" / f"{author}.jsonl").write_text(
            "\n".join(map(json.dumps, lines)), "utf-8"
        )
    return tmp_path


def test_the_same_text_makes_the_same_file(corpus: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        first, report = train(executor, corpus, BITS)
        again, _ = train(executor, corpus, BITS)
    assert first == again
    assert "36 messages" in report
    assert all(author in report for author in ("ann", "bob", "cem"))


def test_a_trained_model_knows_what_it_was_taught(corpus: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        model = Model(train(executor, corpus, BITS)[0])
    for intent, sayings in SAYINGS.items():
        for saying in sayings:
            shares = model.shares(look(saying, channel=Channel.SMS, context=Context.NONE))
            assert max(shares, key=lambda one: shares[one]) is Intent(intent)


@given(st.text(min_size=9, max_size=60))
def test_slips_are_few_and_the_same_every_time(text: str) -> None:
    slipped = misspelt(text)
    assert slipped == misspelt(text)
    assert slipped is not None
    assert abs(len(slipped) - len(text)) <= 2
