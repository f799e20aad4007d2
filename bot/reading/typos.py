"""Misspelt words: repaired only when nothing else knows the token.

Edit distance alone cannot tell `stpo` from `shop`, so real words that stand near a word of ours
(`innocent` in `bot/data/typos.toml`) are never repaired, short words only where the slip is known
or the word is `stop`, and longer words at a distance of one edit or swap (OSA).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.reading.data import folded, table

_TABLE = table("typos")
INNOCENT = frozenset(folded(_TABLE["innocent"]))
KNOWN: dict[str, str] = dict(_TABLE["known"])
_LEET = str.maketrans("0134578$@!", "oieastbsai")
_RUN = re.compile(r"(.)\1{2,}")
_SHORT_TARGETS = ("stop",)
_STOP_LENGTHS = range(4, 6)
_LONGEST = 40  # letters; no word of ours comes near
_LONG = 6  # from this length on, one edit away is a slip
_VERY_LONG = 10  # from this length on, two are


class Speller:
    """Repairs words towards one vocabulary. `short` adds the rule for `stop` itself."""

    def __init__(self, vocabulary: Iterable[str], *, short: bool = False) -> None:
        self._words = frozenset(vocabulary)
        self._long = sorted(word for word in self._words if len(word) >= _LONG)
        self._short = short
        self.repair = lru_cache(maxsize=8192)(self._repair)

    def _repair(self, word: str) -> str | None:
        """The word of the vocabulary that this one is a slip for, None when it is none."""
        if word in self._words or word in INNOCENT or len(word) > _LONGEST:
            return None
        if (known := KNOWN.get(word)) in self._words:
            return known
        if word.isdigit():
            return None
        for candidate in (*_unleet(word), *_squeezed(word)):
            if candidate in self._words:
                return candidate
        squeezed = _RUN.sub(r"\1", word)
        if squeezed in INNOCENT:
            return None
        return self._near(squeezed)

    def _near(self, word: str) -> str | None:
        if self._short and _STOP_LENGTHS.start <= len(word) < _STOP_LENGTHS.stop and word.isalpha():
            for target in _SHORT_TARGETS:
                if OSA.distance(word, target, score_cutoff=1) <= 1:
                    return target
        if len(word) < _LONG or not word.isalpha():
            return None
        most = 2 if len(word) >= _VERY_LONG else 1
        near = process.extract(word, self._long, scorer=OSA.distance, score_cutoff=most, limit=2)
        if not near or (len(near) > 1 and near[0][1] == near[1][1] and near[0][1] > 1):
            return None
        return str(near[0][0])


def _unleet(word: str) -> Iterable[str]:
    """`st0p` -> `stop`; a plain number stays a number."""
    if not word.isalpha() and any(c.isalpha() for c in word):
        plain = word.translate(_LEET)
        yield plain
        yield plain.replace("i", "l")


def _squeezed(word: str) -> Iterable[str]:
    """`stoppp` and `sttoooop` -> `stop`: people lengthen words."""
    if _RUN.search(word):
        yield _RUN.sub(r"\1", word)
        yield _RUN.sub(r"\1\1", word)
        yield re.sub(r"(.)\1+", r"\1", word)
