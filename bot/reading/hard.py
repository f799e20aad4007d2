"""Which messages are hard: those that hold a stop word of some language, whatever they want."""

from __future__ import annotations

import re
from functools import cache

from bot.fold import fold
from bot.model import STOPS
from bot.reading.keywords import LISTS

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def holds_stop_word(text: str, lang: str) -> bool:
    """True where a stop keyword of the language, or an English one, stands in the text."""
    folded = fold(text).text
    words, signs = _stop_words(lang)
    padded = f" {' '.join(_WORD.findall(folded))} "
    return any(f" {word} " in padded for word in words) or any(sign in folded for sign in signs)


@cache
def _stop_words(lang: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words between spaces, and rows of signs that may stand anywhere."""
    spaced, unspaced = set(), set()
    for row, keywords in LISTS.entries.items():
        if any(k.intent in STOPS and k.lang in (lang, "en") for k in keywords):
            if _UNSPACED.search("".join(row)):
                unspaced.add("".join(row))
            else:
                spaced.add(" ".join(row))
    return frozenset(spaced), frozenset(unspaced)
