"""A stop covers the one topic that it names, in every language, and leaves what it wants to keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import CHANNEL_SCOPE, STOPS, Channel, Intent
from bot.reading import Words, read
from bot.reading.data import table, tables

SCOPES = Path(__file__).parent.parent / "corpus" / "wishes" / "scopes.tsv"
LINES = [
    line.split("\t") for line in SCOPES.read_text("utf-8").splitlines() if not line.startswith("#")
]
OWN = Words(
    topics={
        "promotions": ("promotions",),
        "newsletter": ("newsletter",),
        "orders": ("order updates",),
    },
    programs={"acme": ("Acme Rewards",)},
)


def test_every_language_has_words_for_it_and_messages_to_try_them() -> None:
    langs = sorted(tables("keywords"))
    assert sorted(table("scopes").keys() - {"source", "names"}) == langs
    assert sorted({lang for lang, _, _ in LINES}) == langs


@pytest.mark.parametrize(("scope", "text"), [(scope, text) for _, scope, text in LINES])
def test_a_stop_covers_what_it_names(scope: str, text: str) -> None:
    found = read(text, channel=Channel.EMAIL, words=OWN)
    assert found.intent in STOPS
    assert str(found.scope) == scope


def test_the_usual_words_count_only_for_a_topic_of_that_name() -> None:
    other = Words(topics={"shoes": ("sneakers",)})
    assert read("stop the promos", channel=Channel.SMS, words=other).scope == CHANNEL_SCOPE
    assert (
        str(read("stop texting me about sneekers", channel=Channel.SMS, words=other).scope)
        == "topic:shoes"
    )


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("start promotions", "topic:promotions"),
        ("sign me back up for the newsletter", "topic:newsletter"),
        ("Newsletter wieder abonnieren", "topic:newsletter"),
        ("START", "None"),
        ("subscribe", "None"),
    ],
)
def test_a_start_asks_for_the_part_that_it_names(text: str, scope: str) -> None:
    found = read(text, channel=Channel.SMS, words=OWN)
    assert found.intent is Intent.OPT_IN
    assert str(found.scope) == scope
