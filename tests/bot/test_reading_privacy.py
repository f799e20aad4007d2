"""Questions about one's own data are known, in every language, and what looks like one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import STOPS, Channel, Intent
from bot.reading import read
from bot.reading.data import tables

QUESTIONS = Path(__file__).parent.parent / "corpus" / "wishes" / "privacy.tsv"
LINES = [
    line.split("\t")
    for line in QUESTIONS.read_text("utf-8").splitlines()
    if not line.startswith("#")
]
ABOUT_A_PERSON = (Intent.HELP, Intent.OTHER)


def test_every_language_has_words_for_it_and_questions_to_try_them() -> None:
    assert sorted({lang for lang, _, _ in LINES}) == sorted(tables("privacy"))
    assert sorted(tables("privacy")) == sorted(tables("keywords"))


@pytest.mark.parametrize(("asks", "text"), [(asks, text) for _, asks, text in LINES])
def test_a_question_about_ones_own_data_is_marked_and_nothing_else(asks: str, text: str) -> None:
    found = read(text, channel=Channel.EMAIL)
    assert found.privacy_request is (asks == "yes")
    if found.privacy_request:
        assert found.intent not in STOPS


def test_nearly_all_of_them_are_plain_questions() -> None:
    asked = [read(text, channel=Channel.EMAIL) for _, asks, text in LINES if asks == "yes"]
    assert sum(one.intent in ABOUT_A_PERSON for one in asked) >= 0.95 * len(asked)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("delete all the data you have on me", Intent.ERASURE),
        ("whatever info you keep on me, trash it", Intent.ERASURE),
        ("where did you get my number? stop texting me", Intent.OPT_OUT),
        ("löscht alle Daten, die ihr über mich gespeichert habt", Intent.ERASURE),
    ],
)
def test_a_stop_beside_the_question_stays_a_stop(text: str, intent: Intent) -> None:
    assert read(text, channel=Channel.SMS).intent is intent


def test_the_question_is_found_in_a_long_mail() -> None:
    chatter = "We had a lovely weekend by the lake and the children swam every day. "
    found = read(
        f"{chatter * 12}What data do you hold about me? {chatter * 12}", channel=Channel.EMAIL
    )
    assert found.privacy_request
