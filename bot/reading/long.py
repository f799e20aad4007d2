"""Long texts: a wish buried in a mail weighs as much as one that stands alone.

The model was fitted on texts of a few sentences, and in a long one the rest would drown the wish.
So a long text is read window by window, and the strongest wish of any window is the text's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.model import Intent, Reading

LONG = 700
"""Characters; a text up to this length is read as one."""
_WINDOW = 120
_END = re.compile(r"[.!?。！？؟।]+[\s\"')\]]*|\n+")
# What outranks what (docs/intents.md), and then how sure it is.
_RANKS = {
    intent: rank
    for rank, intent in enumerate(
        (
            Intent.OTHER,
            Intent.REASON,
            Intent.AMBIGUOUS,
            Intent.HELP,
            Intent.OPT_IN,
            Intent.LESS,
            Intent.OPT_OUT,
            Intent.OPT_OUT_ALL,
            Intent.WRONG_NUMBER,
            Intent.ERASURE,
        )
    )
}


def by_windows(text: str, read: Callable[[str], Reading]) -> Reading:
    """The strongest of the windows' readings, its evidence placed in the whole text."""
    found = [_placed(read(text[start:end]), start) for start, end in windows(text)]
    best = max(found, key=_strength)
    return replace(
        best,
        lang=best.lang or next((one.lang for one in found if one.lang), None),
        privacy_request=any(one.privacy_request for one in found),
    )


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Whole sentences, about `_WINDOW` characters together; a sentence without end is cut."""
    start = 0
    for match in _END.finditer(text):
        while match.end() - start > LONG:
            yield start, start + LONG
            start += LONG
        if match.end() - start >= _WINDOW:
            yield start, match.end()
            start = match.end()
    while start < len(text):
        yield start, min(start + LONG, len(text))
        start += LONG


def _placed(reading: Reading, start: int) -> Reading:
    evidence = tuple(
        replace(one, start=one.start + start, end=one.end + start) for one in reading.evidence
    )
    return replace(reading, evidence=evidence)


def _strength(reading: Reading) -> tuple[int, float]:
    doubt = _RANKS[Intent.LESS] + 0.5 if reading.may_be_stop else 0.0
    return int(2 * max(_RANKS[reading.intent], doubt)), reading.confidence
