"""Which kind of reason a person gave, from their words or from the choice they picked.

The words are those of `bot/data/reasons/<lang>.toml`. Every phrase that is found speaks for its
reason; the longest decides, among equals one of the language that was spoken.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from bot.fold import fold
from bot.model import Reason
from bot.reading.data import tables
from bot.reading.features import language
from bot.reading.finder import Finder
from bot.reading.grammar import Pattern, compile_pattern, split
from bot.reading.tokens import sentences

_ORDER = tuple(Reason)
"""Our own menu's order: `1` is the first, where the question listed no choices of its own."""
_HEAD = 2000  # characters; who tells why tells it at once


class _Said(NamedTuple):
    lang: str
    reason: Reason


def reason_of(words: str, *, picked: int | None = None) -> Reason:
    """The category of a free text or a choice's text; `picked` counts from 0 in our own menu."""
    if picked is not None:
        return _ORDER[picked] if 0 <= picked < len(_ORDER) else Reason.OTHER
    head = words[:_HEAD]
    folded = fold(head)
    spoken = language(folded.text)
    finds = _finder().finds(sentences(folded, head))
    best = max(finds, key=lambda find: (find.size, find.label.lang == spoken), default=None)
    return best.label.reason if best is not None else Reason.OTHER


@cache
def _finder() -> Finder[_Said]:
    return Finder(_patterns(), repairs=True)


def _patterns() -> Iterator[tuple[_Said, Pattern]]:
    for lang, table in tables("reasons").items():
        classes = {
            name: tuple(split(option) for option in options)
            for name, options in table.get("classes", {}).items()
        }
        for name, lines in table["reason"].items():
            for line in lines:
                yield _Said(lang, Reason(name)), compile_pattern(line, classes)
