"""Finds which of many phrases, each under a label, stand in a text; all languages at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from bot.reading.grammar import Pattern, token_keys
from bot.reading.tokens import PAUSE, Sentence, Token
from bot.reading.typos import Speller

_MOST_STARTS = 24  # places in a sentence where one pattern is tried; people repeat themselves less

L = TypeVar("L")


class Find(NamedTuple, Generic[L]):
    """`label` was found over `size` tokens of the sentence `part`."""

    label: L
    size: int
    part: int


class Finder(Generic[L]):
    """`repairs`: words that no phrase knows are taken for a near one that some phrase does."""

    def __init__(self, rows: Iterable[tuple[L, Pattern]], *, repairs: bool = False) -> None:
        self._index: dict[str, list[tuple[L, Pattern]]] = {}
        vocabulary: set[str] = set()
        for label, pattern in rows:
            vocabulary.update(pattern.words())
            for key in pattern.keys:
                self._index.setdefault(key, []).append((label, pattern))
        self._speller = Speller(vocabulary) if repairs else None

    def finds(self, parts: Sequence[Sentence]) -> Iterator[Find[L]]:
        """Every find. Work grows with the text's length times the patterns that may match."""
        for place, part in enumerate(parts):
            tokens = self._spelt(part.tokens)
            keys = {key for token in tokens for key in token_keys(token.word)}
            tried: dict[int, set[int]] = {}
            for at, token in enumerate(tokens):
                for label, pattern in self._candidates(token.word):
                    if any(needed.isdisjoint(keys) for needed in pattern.needed):
                        continue
                    starts = tried.setdefault(id(pattern), set())
                    for start in range(max(0, at - pattern.before), at + 1):
                        if start in starts or len(starts) >= _MOST_STARTS:
                            continue
                        starts.add(start)
                        end = pattern.end(tokens, start)
                        if end is not None and end > start:
                            yield Find(label, end - start, place)

    def _candidates(self, word: str) -> Iterator[tuple[L, Pattern]]:
        for key in token_keys(word):
            yield from self._index.get(key, ())

    def _spelt(self, tokens: Sequence[Token]) -> Sequence[Token]:
        if self._speller is None:
            return tokens
        repair = self._speller.repair
        return [
            token if token.word == PAUSE else token._replace(word=repair(token.word) or token.word)
            for token in tokens
        ]
