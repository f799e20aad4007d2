"""Whether somebody asks about their own data: what is held about them, where it came from.

Such questions have a right behind them (GDPR Art. 13 to 15), so that a person answers. The words
are those of `bot/data/privacy/<lang>.toml`; a menu, a table, an order are nobody's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from bot.model import Intent, Reading
from bot.reading.concepts import of_signs, of_word, spelled
from bot.reading.data import tables
from bot.reading.finder import Finder
from bot.reading.grammar import Pattern, compile_pattern, split
from bot.reading.tokens import PAUSE, Sentence

_ENDING = frozenset(("stop", "off", "delete", "neg", "hostile"))  # concepts of bot/data/concepts
_SIGN = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def with_privacy(reading: Reading, parts: Sequence[Sentence]) -> Reading:
    """The reading, marked where one of its sentences asks for the writer's own data.

    Where every sentence does, and no word of it ends, denies or deletes anything, it is no stop and
    no erasure, however near those are: to see one's data is not to have it deleted.
    """
    asking = {find.part: find.label for find in _finder().finds(parts)}
    if not asking:
        return reading
    asks = replace(reading, privacy_request=True)
    if reading.intent is Intent.HELP or len(asking) < len(parts):
        return asks
    if any(_ends(part, asking[place]) for place, part in enumerate(parts)):
        return asks
    return replace(asks, intent=Intent.OTHER, scope=None, may_be_stop=False)


def _ends(part: Sentence, lang: str) -> bool:
    """Whether a word of the sentence is about ending something, in this language."""
    words = [token.word for token in part.tokens if token.word != PAUSE]
    if not frozenset(_tables()[lang].get("ends", ())).isdisjoint(words):
        return True
    senses = [of_word(spelled(word)) for word in words]
    if any(map(_SIGN.fullmatch, words)):
        senses += of_signs("".join(word for word in words if _SIGN.fullmatch(word)))
    return any(not _ENDING.isdisjoint(known.get(lang, ())) for known in senses)


@cache
def _finder() -> Finder[str]:
    return Finder(_patterns())


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tables("privacy")


def _patterns() -> Iterator[tuple[str, Pattern]]:
    for lang, table in _tables().items():
        classes = {
            name: tuple(split(option) for option in options)
            for name, options in table.get("classes", {}).items()
        }
        for line in table["ask"]["when"]:
            yield lang, compile_pattern(line, classes)
