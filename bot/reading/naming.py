"""Which topic or program a wish names, and which it wants to keep, in every language.

The operator's words are literals, with slips of the finger repaired. A topic that heed.toml calls
by one of the names in `bot/data/scopes.toml` is known by the usual words for it in 22 languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

from bot.model import CHANNEL_SCOPE, Scope, ScopeKind
from bot.reading.concepts import of_signs, of_word, spelled, spoken
from bot.reading.data import table
from bot.reading.grammar import Pattern, compile_pattern, split
from bot.reading.grammar import Words as Row
from bot.reading.scope import Words
from bot.reading.tokens import PAUSE, Sentence, Token
from bot.reading.typos import Speller

_TABLE = table("scopes")
_Named: TypeAlias = tuple[ScopeKind, str, tuple[str, ...]]


class _Cues(NamedTuple):
    """Phrases that open and close a clause about what stays, and those for everything."""

    keep: tuple[Pattern, ...]
    stays: tuple[Pattern, ...]
    wide: tuple[Pattern, ...]


class _Calls(NamedTuple):
    """What people call one topic or program: literals, and the usual words for it."""

    scope: Scope
    rows: tuple[Row, ...]
    usual: tuple[Pattern, ...]


def named(parts: Iterable[Sentence], words: Words) -> Scope:
    """The one topic or program that is meant, else the channel.

    Only one named topic or program narrows a stop; several, or none, leave it at the channel,
    which protects more. What is to be kept is not meant.
    """
    if not (words.topics or words.programs):
        return CHANNEL_SCOPE
    found: set[Scope] = set()
    sentences = tuple(parts)
    lang = _language(sentences)
    cues = _cues(lang)
    calls, speller = _calls(_said(words), lang)
    for part in sentences:
        for clause, opened in _clauses(part.tokens, cues.keep):
            if opened or any(_closes(one, clause) for one in cues.stays):
                continue
            if any(_at(one, clause) for one in cues.wide):
                return CHANNEL_SCOPE
            spelt = [token._replace(word=speller.repair(token.word) or token.word)
                     for token in clause]  # fmt: skip
            found |= {one.scope for one in calls if _called(one, clause, spelt)}
    topics = {scope for scope in found if scope.kind is ScopeKind.TOPIC}
    narrowest = topics or found
    return next(iter(narrowest)) if len(narrowest) == 1 else CHANNEL_SCOPE


def _said(words: Words) -> tuple[_Named, ...]:
    kinds = ((ScopeKind.TOPIC, words.topics), (ScopeKind.PROGRAM, words.programs))
    return tuple((kind, name, tuple(said)) for kind, of in kinds for name, said in of.items())


@lru_cache(maxsize=64)
def _calls(named: tuple[_Named, ...], lang: str) -> tuple[tuple[_Calls, ...], Speller]:
    calls = tuple(
        _Calls(
            Scope(kind, name),
            tuple(row for row in map(split, (name, *said)) if row),
            _usual(name, lang) if kind is ScopeKind.TOPIC else (),
        )
        for kind, name, said in named
    )
    return calls, Speller(word for one in calls for row in one.rows for word in row)


@cache
def _usual(name: str, lang: str) -> tuple[Pattern, ...]:
    """The usual words of one language, and of English, for a topic that is called so."""
    return tuple(
        compile_pattern(_TABLE[one][topic], {})
        for topic, names in _TABLE["names"].items()
        if name in names.split("|")
        for one in _spoken(lang)
    )


@cache
def _cues(lang: str) -> _Cues:
    """Those of one language, and the English ones that everybody uses."""
    langs = [_TABLE[one] for one in _spoken(lang)]
    return _Cues(*(tuple(compile_pattern(one[key], {}) for one in langs) for key in _Cues._fields))


def _spoken(lang: str) -> list[str]:
    return [one for one in dict.fromkeys((lang, "en")) if one in _TABLE]


def _language(parts: Sequence[Sentence]) -> str:
    words = [token.word for part in parts for token in part.tokens if token.word != PAUSE]
    senses = [of_word(spelled(word)) for word in words]
    return spoken((*senses, *of_signs("".join(word for word in words if len(word) == 1))))[0]


def _clauses(
    tokens: Sequence[Token], keep: Sequence[Pattern]
) -> Iterator[tuple[list[Token], bool]]:
    """Pieces between pauses, and between the halves of "stop this but keep that".

    With each goes whether it begins with a word for what is to stay.
    """
    piece: list[Token] = []
    opened = False
    for at, token in enumerate(tokens):
        begins = any(_goes_on(tokens, one.end(tokens, at)) for one in keep)
        if token.word == PAUSE or (begins and piece and not opened):
            if piece:
                yield piece, opened
            piece, opened = [], begins
        elif begins and not piece:
            opened = True
        if token.word != PAUSE:
            piece.append(token)
    if piece:
        yield piece, opened


def _goes_on(tokens: Sequence[Token], end: int | None) -> bool:
    """Whether the clause has more words after a phrase; one at its end closes it instead."""
    return end is not None and end < len(tokens) and tokens[end].word != PAUSE


def _closes(pattern: Pattern, clause: Sequence[Token]) -> bool:
    return any(pattern.end(clause, at) == len(clause) for at in range(len(clause)))


def _at(pattern: Pattern, clause: Sequence[Token]) -> bool:
    return any(pattern.end(clause, at) is not None for at in range(len(clause)))


def _called(calls: _Calls, clause: Sequence[Token], spelt: Sequence[Token]) -> bool:
    if any(_at(one, clause) for one in calls.usual):
        return True
    plain = tuple(token.word for token in spelt)
    return any(
        plain[at : at + len(row)] == row
        for row in calls.rows
        for at in range(len(plain) - len(row) + 1)
    )
