"""What an opt-out covers, as far as the words say: the operator's topics and programs, by name.

The operator's words are literals. Only one named topic or program narrows a stop; several, or
none, leave it at the channel, which protects more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bot.fold import fold
from bot.model import CHANNEL_SCOPE, Scope, ScopeKind
from bot.reading.grammar import Words as Row
from bot.reading.grammar import split
from bot.reading.tokens import PAUSE, Sentence, Token

_KEEPING = frozenset(
    (
        "keep", "except", "but", "still", "leave", "stay", "fine", "continue", "ok", "need",
        "want", "stays",
        "excepto", "menos", "pero", "sauf", "garder", "mais", "ausser", "behalten", "aber",
        "exceto", "manter", "mas",
    )
)  # fmt: skip
_SPACED = r"[^\W\u3040-\u30ff\u3400-\u9fff]"  # a letter of a script that parts words
_OPENING = _KEEPING - {"fine", "ok", "stay", "stays"}
_WIDENING = frozenset(
    ("all", "everything", "every", "todo", "todos", "tout", "tous", "alle", "alles", "tudo")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The operator's own literals.

    Topic and program names with what people call them, further stop, start and help words, which
    count as whole messages, and `innocent` phrases, which are no part of anybody's wish wherever
    they stand ("Stop & Shop"). Case, accents and punctuation in them do not matter. `narrower` are
    further lists for one sender of ours or one language.
    """

    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()
    narrower: tuple[Narrower, ...] = ()

    def told(self, *, sender: str, langs: Collection[str]) -> Words:
        """The lists that hold for a message to this sender in one of these languages, as one."""
        own = [
            one
            for one in self.narrower
            if one.sender in ("", sender) and (not one.lang or one.lang in langs)
        ]
        return replace(
            self,
            stop=sum((one.stop for one in own), self.stop),
            start=sum((one.start for one in own), self.start),
            help=sum((one.help for one in own), self.help),
            innocent=sum((one.innocent for one in own), self.innocent),
            narrower=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrower:
    """Lists for messages to one sender of ours, in one language; empty: to any, in any."""

    sender: str = ""
    lang: str = ""
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()


NO_WORDS = Words()


def without(text: str, phrases: tuple[str, ...]) -> str:
    """The text with every one of these phrases blank; positions stay what they were."""
    folded, pattern = fold(text), _anywhere(phrases)
    kept = list(text)
    for found in pattern.finditer(folded.text):
        start, end = folded.span(*found.span())
        kept[start:end] = " " * (end - start)
    return "".join(kept)


@lru_cache(maxsize=64)
def _anywhere(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Longest first, as whole words where the language has any."""
    rows = sorted({fold(phrase).text.strip() for phrase in phrases} - {""}, key=len, reverse=True)
    spelled = [r"\W+".join(map(re.escape, row.split())) for row in rows]
    return re.compile(rf"(?<!{_SPACED})(?:{'|'.join(spelled) or '(?!)'})(?!{_SPACED})")


def named(parts: Iterable[Sentence], words: Words) -> Scope:
    """The one topic or program that is to stop, else the channel."""
    kinds = ((ScopeKind.TOPIC, words.topics), (ScopeKind.PROGRAM, words.programs))
    table = [
        (kind, name, _rows(name, tuple(said))) for kind, of in kinds for name, said in of.items()
    ]
    if not table:
        return CHANNEL_SCOPE
    found: set[Scope] = set()
    for part in parts:
        for clause in _clauses(part.tokens):
            plain = [token.word for token in clause]
            if not _keeps(plain) and not _WIDENING.isdisjoint(plain):
                return CHANNEL_SCOPE
            for kind, name, rows in table:
                at = _at(plain, rows)
                if at is not None and not _keeps(plain):
                    found.add(Scope(kind, name))
    topics = {scope for scope in found if scope.kind is ScopeKind.TOPIC}
    narrowest = topics or found
    return next(iter(narrowest)) if len(narrowest) == 1 else CHANNEL_SCOPE


@lru_cache(maxsize=1024)
def _rows(name: str, said: tuple[str, ...]) -> tuple[Row, ...]:
    return tuple(row for row in map(split, (name, *said)) if row)


def _clauses(tokens: Sequence[Token]) -> Iterable[list[Token]]:
    """Pieces between pauses and between the halves of "stop this but keep that"."""
    piece: list[Token] = []
    for token in tokens:
        if token.word == PAUSE:
            yield piece
            piece = []
        elif token.word in _OPENING and piece:
            yield piece
            piece = [token]
        else:
            piece.append(token)
    yield piece


def _keeps(plain: Sequence[str]) -> bool:
    return bool(plain) and (plain[0] in _KEEPING or plain[-1] in _KEEPING)


def _at(plain: Sequence[str], rows: Iterable[Row]) -> int | None:
    for row in rows:
        for start in range(len(plain) - len(row) + 1):
            if tuple(plain[start : start + len(row)]) == row:
                return start
    return None
