"""What holds for every text whatever, and for every keyword of every language file."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import STOPS, Channel, Context, Intent, Reading
from bot.reading import read
from bot.reading.data import tables

LANGS = sorted(tables("keywords"))
PER_SE = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")
MEGABYTE = 1 << 20
DRESSES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "title case": str.title,
    "full stop": lambda word: f"{word}.",
    "shouted": lambda word: f"{word}!!!",
    "quoted": lambda word: f'"{word}"',
    "dotted": lambda word: f"...{word}...",
    "spaced": lambda word: f"  {word} \n",
    "signed": lambda word: f"{word}\n-- \nBob Lee\nAcme Ltd",
    "sent from a phone": lambda word: f"{word}\nSent from my iPhone",
}


def keywords(lang: str) -> list[tuple[str, Intent, str | None]]:
    """Every keyword of a language file, its intent, and the hint that it needs."""
    return [
        (word, Intent(group["intent"]), lang if group.get("hinted") else None)
        for group in tables("keywords")[lang]["group"]
        for word in group["words"]
    ]


def sms(text: str, lang: str | None = None, context: Context = Context.NONE) -> Reading:
    return read(text, channel=Channel.SMS, lang=lang, context=context)


# --- every keyword -------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("dress", DRESSES)
def test_no_dress_changes_what_a_keyword_means(lang: str, dress: str) -> None:
    changed = [
        (word, plain.intent, dressed.intent)
        for word, _, hint in keywords(lang)
        if (plain := sms(word, hint)).intent
        is not (dressed := sms(DRESSES[dress](word), hint)).intent
    ]
    assert changed == []


@pytest.mark.parametrize("lang", LANGS)
def test_a_bare_word_of_joining_is_never_a_stop_nor_taken_for_one(lang: str) -> None:
    for word, intent, hint in keywords(lang):
        if intent is Intent.OPT_IN:
            found = sms(word, hint)
            assert found.intent not in STOPS
            assert not found.may_be_stop


@pytest.mark.parametrize("lang", LANGS)
def test_a_bare_word_of_stopping_is_a_stop(lang: str) -> None:
    missed = [
        word
        for word, intent, hint in keywords(lang)
        if intent in STOPS and sms(word, hint).intent not in STOPS
    ]
    assert missed == []


@pytest.mark.parametrize("context", list(Context))
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("word", PER_SE)
def test_a_word_that_the_law_names_is_a_stop_after_any_question_of_ours(
    word: str, channel: Channel, context: Context
) -> None:
    assert read(word, channel=channel, context=context).intent is Intent.OPT_OUT


# --- every text ----------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.text(min_size=1, max_size=60), st.sampled_from(list(Channel)), st.sampled_from(Context))
def test_a_megabyte_of_anything_is_read(piece: str, channel: Channel, context: Context) -> None:
    text = piece * (MEGABYTE // len(piece.encode("utf-8", "surrogatepass")) + 1)
    found = read(text, channel=channel, context=context)
    assert all(text[one.start : one.end] == one.words for one in found.evidence)


def work(text: str, context: Context) -> int:
    """How many functions, ours and C's, are called to read the text; caches are warm."""
    read(text, channel=Channel.EMAIL, context=context)
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read(text, channel=Channel.EMAIL, context=context)
    finally:
        sys.setprofile(before)
    return calls


PIECES = ["stop ", "no more texts, ", "a", "退", "what do you have on me? ", "once a week "]


@pytest.mark.parametrize("context", [Context.NONE, Context.REASON_ASKED])
@pytest.mark.parametrize("piece", PIECES)
def test_twice_the_text_is_at_most_twice_the_work(piece: str, context: Context) -> None:
    text = piece * (1400 // len(piece))  # twice what is read as one
    once, twice, four_times = (work(text * n, context) for n in (1, 2, 4))
    assert twice <= 2.1 * once
    assert four_times <= 4.2 * once
