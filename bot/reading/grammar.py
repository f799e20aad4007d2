"""The small language in which phrases are written, and the machine that finds them.

A pattern is a row of elements between spaces, matched against the tokens of one sentence:

    stop            a word              unsubscri*     any word that begins so
    a|b_c           one of these; `_` joins the words of one alternative
    <msg>           one of a class      <det>?         may be missing
    ..3             up to three words, not across a pause
    ...             the rest of the sentence
    ^  $            where a clause begins or ends: the sentence's edge or a pause; `$|of` is either
    ,               a pause
    @name           a word written like a name

Words are folded as texts are. In scripts without spaces every sign is a token, so a written word
is a row of signs. Matching keeps a set of positions per element: time grows with the sentence's
length times the pattern's, never faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from bot.fold import Folded, fold
from bot.reading.tokens import PAUSE, Token, sentences

Words: TypeAlias = tuple[str, ...]

_GAP = re.compile(r"\.\.(\d+)$")
_STEM = 3  # letters of a stem that index it


def split(phrase: str) -> Words:
    """A phrase of a data file as tokens; a trailing `*` stays with its word."""
    words: list[str] = []
    for part in phrase.replace("_", " ").split():
        stem = part.endswith("*")
        folded: Folded = fold(part.removesuffix("*"))
        for sentence in sentences(folded, folded.text):
            words += [token.word for token in sentence.tokens]
        if stem and words:
            words[-1] += "*"
    return tuple(words)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several rows of words, found by their first word or its stem."""

    exact: Mapping[str, tuple[Words, ...]]
    stems: tuple[Words, ...]
    optional: bool

    @classmethod
    def of(cls, rows: Iterable[Words], *, optional: bool) -> Choice:
        exact: dict[str, list[Words]] = {}
        stems = []
        for row in rows:
            if row and row[0].endswith("*"):
                stems.append(row)
            elif row:
                exact.setdefault(row[0], []).append(row)
        return cls({k: tuple(v) for k, v in exact.items()}, tuple(stems), optional)

    def ends(self, tokens: Sequence[Token], at: int) -> Iterable[int]:
        found = [at] if self.optional else []
        if at >= len(tokens):
            return found
        first = tokens[at].word
        rows = self.exact.get(first, ())
        if self.stems:
            rows += tuple(row for row in self.stems if first.startswith(row[0][:-1]))
        found += [at + len(row) for row in rows if len(row) == 1 or _follows(tokens, at, row)]
        return found

    def keys(self) -> Iterable[str]:
        yield from self.exact
        yield from (row[0][: _STEM + 1] if len(row[0]) <= _STEM else row[0][:_STEM] + "*"
                    for row in self.stems)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    most: int

    def ends(self, tokens: Sequence[Token], at: int) -> Iterable[int]:
        yield at
        for end in range(at + 1, min(at + self.most, len(tokens)) + 1):
            if tokens[end - 1].word == PAUSE:
                return
            yield end


@dataclass(frozen=True, slots=True)
class Rest:
    def ends(self, tokens: Sequence[Token], at: int) -> Iterable[int]:
        return (len(tokens),) if at <= len(tokens) else ()


@dataclass(frozen=True, slots=True)
class Edge:
    opening: bool

    def ends(self, tokens: Sequence[Token], at: int) -> Iterable[int]:
        if self.opening:
            edge = at == 0 or tokens[at - 1].word == PAUSE
        else:
            edge = at == len(tokens) or tokens[at].word == PAUSE
        return (at,) if edge else ()


@dataclass(frozen=True, slots=True)
class Name:
    def ends(self, tokens: Sequence[Token], at: int) -> Iterable[int]:
        return (at + 1,) if at < len(tokens) and tokens[at].name else ()


@dataclass(frozen=True, slots=True)
class Either:
    """An edge or one of the words: `$|of|from`."""

    edge: Edge
    words: Choice

    def ends(self, tokens: Sequence[Token], at: int) -> Iterable[int]:
        yield from self.edge.ends(tokens, at)
        yield from self.words.ends(tokens, at)


Element: TypeAlias = Choice | Gap | Rest | Edge | Name | Either


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A row of elements.

    `keys`: a sentence without any of these words cannot match. `before`: how many words at most
    may stand before the element that the keys belong to. `needed`: it cannot match where the
    sentence has none of the keys of one of these sets.
    """

    elements: tuple[Element, ...]
    keys: frozenset[str]
    before: int
    needed: tuple[frozenset[str], ...] = ()

    def words(self) -> Iterable[str]:
        """Every word that it speaks of, stems without their star."""
        for element in self.elements:
            choice = element.words if isinstance(element, Either) else element
            if isinstance(choice, Choice):
                rows = [*choice.stems, *(row for rows in choice.exact.values() for row in rows)]
                yield from (word.removesuffix("*") for row in rows for word in row)

    def end(self, tokens: Sequence[Token], start: int) -> int | None:
        """Where the longest match that begins at `start` ends."""
        positions: set[int] = {start}
        for element in self.elements:
            if len(positions) == 1:
                (at,) = positions
                positions = set(element.ends(tokens, at))
            else:
                positions = {end for at in positions for end in element.ends(tokens, at)}
            if not positions:
                return None
        return max(positions)


def compile_pattern(text: str, classes: Mapping[str, tuple[Words, ...]]) -> Pattern:
    """The pattern that `text` spells.

    Raises:
        ValueError: an unknown class, or nothing in it must match a word.
    """
    elements = tuple(_element(part, classes) for part in text.split())
    anchors = [i for i, e in enumerate(elements) if isinstance(e, Choice) and not e.optional]
    if not anchors:
        raise ValueError(f"pattern {text!r} could match without a word")
    anchor = min(anchors, key=lambda i: len(list(_choice(elements[i]).keys())))
    before = sum(_widest(element) for element in elements[:anchor])
    needed = tuple(frozenset(_choice(elements[i]).keys()) for i in anchors if i != anchor)
    return Pattern(elements, frozenset(_choice(elements[anchor]).keys()), before, needed)


@lru_cache(maxsize=16384)
def token_keys(word: str) -> tuple[str, ...]:
    """The keys under which patterns with this word are indexed."""
    return (word, *(word[:size] + "*" for size in range(1, min(len(word), _STEM) + 1)))


def _element(part: str, classes: Mapping[str, tuple[Words, ...]]) -> Element:
    if part in ("^", "$"):
        return Edge(opening=part == "^")
    if part == "...":
        return Rest()
    if part == "@name":
        return Name()
    if gap := _GAP.match(part):
        return Gap(int(gap[1]))
    optional = part.endswith("?")
    rows: list[Words] = []
    options = part.removesuffix("?").split("|")
    for option in options:
        if option == "$":
            continue
        if option.startswith("<") and option.endswith(">"):
            if option[1:-1] not in classes:
                raise ValueError(f"no class {option} for {part!r}")
            rows += classes[option[1:-1]]
        else:
            rows.append((PAUSE,) if option == PAUSE else split(option))
    choice = Choice.of(rows, optional=optional)
    return Either(Edge(opening=False), choice) if "$" in options else choice


def _follows(tokens: Sequence[Token], at: int, row: Words) -> bool:
    """True where the row's words after the first stand at their places."""
    return at + len(row) <= len(tokens) and all(
        _is(tokens[at + i].word, row[i]) for i in range(1, len(row))
    )


def _is(word: str, wanted: str) -> bool:
    return word == wanted or (wanted.endswith("*") and word.startswith(wanted[:-1]))


def _choice(element: Element) -> Choice:
    assert isinstance(element, Choice)
    return element


def _widest(element: Element) -> int:
    match element:
        case Choice():
            rows = [row for rows in element.exact.values() for row in rows] + list(element.stems)
            return max(map(len, rows), default=0)
        case Gap():
            return element.most
        case Name():
            return 1
        case Either():
            return _widest(element.words)
        case _:
            return 0
