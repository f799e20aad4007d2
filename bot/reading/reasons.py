"""Which kind of reason a person gave, from their words or from the choice they picked."""

from __future__ import annotations

from functools import lru_cache

from bot.fold import fold
from bot.model import Reason
from bot.reading.data import table
from bot.reading.grammar import Pattern, compile_pattern, token_keys
from bot.reading.tokens import sentences

_ORDER = tuple(Reason)
"""Our own menu's order: `1` is the first, where the question listed no choices of its own."""


def reason_of(words: str, *, picked: int | None = None) -> Reason:
    """The category of a free text or a choice's text; `picked` counts from 0 in our own menu."""
    if picked is not None:
        return _ORDER[picked] if 0 <= picked < len(_ORDER) else Reason.OTHER
    index = _index()
    best: tuple[int, Reason] = (0, Reason.OTHER)
    for part in sentences(fold(words), words):
        for place, token in enumerate(part.tokens):
            for key in token_keys(token.word):
                for reason, pattern in index.get(key, ()):
                    for start in range(max(0, place - pattern.before), place + 1):
                        end = pattern.end(part.tokens, start)
                        if end is not None and end - start > best[0]:
                            best = (end - start, reason)
    return best[1]


@lru_cache(maxsize=1)
def _index() -> dict[str, list[tuple[Reason, Pattern]]]:
    index: dict[str, list[tuple[Reason, Pattern]]] = {}
    for name, lines in table("reasons")["reason"].items():
        for line in lines:
            pattern = compile_pattern(line, {})
            for key in pattern.keys:
                index.setdefault(key, []).append((Reason(name), pattern))
    return index
