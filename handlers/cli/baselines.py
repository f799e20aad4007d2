"""Four simpler ways to hear a stop, re-stated from public documentation, to compare Heed with.

Each takes a text and says whether it is a stop; none knows the other intents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from rapidfuzz import fuzz

from bot.model import STOPS
from bot.reading.keywords import LISTS

_TWILIO = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"))
_LIKE_ENOUGH = 85
_PATTERNS = re.compile(
    r"^\s*(?:stop|stop ?all|unsubscribe|cancel|end|quit)\b|\bstop\s*$|\bunsubscribe\b"
    r"|\bopt(?:ing)?[ -]?(?:me )?out\b|\bremove (?:me|my (?:name|number))\b"
    r"|\btake (?:me|us|my (?:name|number)) off\b|\b(?:lose|delete|erase) (?:my|this) number\b"
    r"|\bwrong (?:number|person)\b|\b(?:do not|don'?t|quit|stop) (?:text|contact|call|messag|email)"
    r"|\bleave me alone\b|\bno more (?:texts?|messages?|emails?)\b|\bf+u+c+k+ (?:off|you)\b"
    r"|\bnot interested\b",
    re.IGNORECASE,
)


def twilio(text: str) -> bool:
    """The whole message is a default keyword (Twilio, "Advanced Opt-Out"; case does not matter)."""
    return text.strip().lower() in _TWILIO


def contains(text: str) -> bool:
    """A stop keyword of any of our languages stands somewhere, as a part of a word or not."""
    return _alternation().search(text.casefold()) is not None


def fuzzy(text: str) -> bool:
    """RapidFuzz: `partial_ratio` with any stop keyword is 85 or more."""
    lowered = text.casefold()
    return any(
        fuzz.partial_ratio(word, lowered, score_cutoff=_LIKE_ENOUGH) >= _LIKE_ENOUGH
        for word in _words()
    )


def patterns(text: str) -> bool:
    """A list of expressions such as campaigns put into Spoke's automatic opt-out; English."""
    return _PATTERNS.search(text) is not None


BASELINES: Mapping[str, Callable[[str], bool]] = {
    "whole word (Twilio)": twilio,
    "keyword contained": contains,
    "partial_ratio >= 85": fuzzy,
    "patterns (Spoke-like)": patterns,
}


@cache
def _words() -> tuple[str, ...]:
    """The stop keywords of every language, longer than two letters."""
    rows = (
        " ".join(row)
        for row, keywords in LISTS.entries.items()
        if any(keyword.intent in STOPS for keyword in keywords)
    )
    return tuple(sorted({row for row in rows if len(row) > 2 or not row.isascii()}))  # noqa: PLR2004


@cache
def _alternation() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_words(), key=len, reverse=True))))
