"""Why somebody left, told in their own words, falls into the right category in every language."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.model import Reason
from bot.reading.data import tables
from bot.reading.reasons import reason_of

WISHES = Path(__file__).parent.parent / "corpus" / "wishes"
LANGS = sorted(tables("keywords"))
ENOUGH = 20


def told(name: str) -> list[tuple[str, Reason, str]]:
    lines = (WISHES / name).read_text("utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    return [(item["lang"], Reason(item["reason"]), item["text"]) for item in items]


def right(items: list[tuple[str, Reason, str]]) -> float:
    return sum(reason_of(text) is reason for _, reason, text in items) / len(items)


def test_every_language_has_words_for_every_reason_and_messages_to_try_them() -> None:
    assert sorted(tables("reasons")) == LANGS
    named = {str(reason) for reason in Reason}
    assert all(set(table["reason"]) == named for table in tables("reasons").values())
    counted = Counter(lang for lang, _, _ in told("reasons.jsonl"))
    assert all(counted[lang] >= ENOUGH for lang in LANGS)


@pytest.mark.parametrize("lang", LANGS)
def test_the_reasons_of_one_language_are_told_apart(lang: str) -> None:
    assert right([one for one in told("reasons.jsonl") if one[0] == lang]) >= 0.89


def test_reasons_in_words_that_no_list_was_made_for_are_mostly_told_apart() -> None:
    unseen = told("reasons-unseen.jsonl")
    assert right(unseen) >= 0.75
    misnamed = [text for _, reason, text in unseen if reason_of(text) not in (reason, Reason.OTHER)]
    assert len(misnamed) <= 0.05 * len(unseen)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("i nevr subscribd to this", Reason.NEVER_SIGNED_UP),
        ("too many mesages", Reason.TOO_MANY),
        ("nie angemeldt, ohne meine Einwiligung", Reason.NEVER_SIGNED_UP),
        ("vie priveé", Reason.PRIVACY),
        ("TOO EXPENSIVE!!!", Reason.NOT_RELEVANT),
    ],
)
def test_slips_of_the_finger_do_not_hide_a_reason(text: str, reason: Reason) -> None:
    assert reason_of(text) is reason


@pytest.mark.parametrize("text", ["", "?", "🤷", "x" * 5000, "none of your business"])
def test_what_tells_no_reason_is_other(text: str) -> None:
    assert reason_of(text) is Reason.OTHER
