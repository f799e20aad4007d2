"""What the statistical model looks at: a message as keys, a key as features.

A key is a word, a pair of neighbouring words, some signs, a row of concepts, or a fact
about the message. `expand` says which features a key stands for (the parts of a word, the stems of
a pair), so that a key's weight can be looked up whole once it was seen. Training and reading share
this module; what it makes of a text is part of the weights' meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.model import Channel, Context
from bot.reading.concepts import UNKNOWN, Senses, about, of_signs, of_word, spelled, spoken

FACT = "\x02"  # begins a key that is one feature
_GRAM = "\x01"  # begins a row of signs
_KIND = "\x03"  # begins a row of concepts
_ASKED = "\x05"  # begins a key as it counts under a question of ours, named by one letter
_SIGNS = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_MARKS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962-\u0963"
_LETTERS = rf"(?:(?![{_SIGNS}])[^\W\d_]|[{_MARKS}])+"
_PIECE = re.compile(
    rf"(?P<sign>[{_SIGNS}]+)|(?P<word>{_LETTERS}(?:'{_LETTERS})*)|(?P<number>\d+)"
    r"|(?P<mark>[?!\u061f\uff1f]|[\u2190-\u2bff\U0001f000-\U0001faff])"
    r"|(?P<pause>[,\u3001\uff0c\u060c])|(?P<end>[.;:\n\u3002\u0964]+)"
)
_REPEATED = re.compile(r"(.)\1{2,}")
_MOST_PIECES = 600  # of a long mail; the rest is not weighed
_LONGEST_WORD = 30
_ROW = "\x04"  # stands for a run of signs among words
_ASKS = frozenset("?\u061f\uff1f")
_SMALL = "small"  # a word that only joins others; it tells the language
_NEAR = 3  # concepts further apart say nothing together
_FEW = 5
_KIND_WEIGHT, _FACT_WEIGHT = 2, 3  # how often their features count; chosen by cross-validation


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, run of signs, number or mark of a folded text; `word` is how the model spells it."""

    kind: str
    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the model sees of a message. `known`: how many words told the language."""

    keys: Sequence[str]
    pieces: Sequence[Piece]
    lang: str
    known: int


def look(text: str, *, channel: Channel, context: Context, findings: Iterable[str] = ()) -> Seen:
    """The keys of a folded text. `findings` are what the rules made of it, as words of our own."""
    pieces = _pieces(text)
    keys: list[str] = []
    words: list[str] = []
    for piece in pieces:
        if piece.kind == "sign":
            keys += sign_keys(piece.word)
            words.append(_ROW)
        else:
            words.append(piece.word)
    row = ["^", *words, "$"]
    keys += words
    keys += [f"{one} {two}" for one, two in pairwise(row)]
    lang, known = _concepts(pieces, keys)
    if context is not Context.NONE:
        keys += [f"{_ASKED}{context[0]}{key}" for key in keys]
    size = len(words)
    keys.append(f"{FACT}channel {channel}")
    keys.append(f"{FACT}size {size if size <= _FEW else 6 + min(size // 8, 5)}")
    keys += [FACT + finding for finding in findings]
    if context is not Context.NONE:
        keys += [f"{FACT}context {context}"] * 3
    return Seen(keys, pieces, lang, known)


def language(text: str) -> str | None:
    """The language that most words of a folded text belong to; None where no word tells."""
    lang, known = spoken(one for one in _senses(_pieces(text)) if not isinstance(one, str))
    return lang if known else None


def expand(key: str) -> tuple[list[str], int]:
    """The features that a key stands for, and how often each counts."""
    first = key[0]
    if first == _KIND:
        return [key], _KIND_WEIGHT
    if first == FACT:
        return [key], _FACT_WEIGHT
    if first == _GRAM:
        return [key], 1
    if first == _ASKED:
        features, times = expand(key[2:])
        return [key[:2] + feature for feature in features], times
    parts = key.split(" ")
    if len(parts) == 1:
        return _of_word(key), 1
    syllabic = "\uac00" <= key[0] <= "\ud7af"
    stem = 2 if syllabic else 4
    short = [part[:stem] for part in parts]
    pair = [f"b:{key}", f"s:{short[0]} {short[1]}"]
    return (pair if syllabic else [*pair, f"x:{parts[0][-3:]} {parts[1][:3]}"]), 1


def sign_keys(run: str) -> list[str]:
    """Every one to four neighbouring signs of a run, its edges marked."""
    edged = f"^{run}$"
    return [
        _GRAM + edged[at : at + size] for size in range(1, 5) for at in range(len(edged) - size + 1)
    ]


def _of_word(word: str) -> list[str]:
    word = _REPEATED.sub(r"\1\1", word)
    features = ["w:" + word]
    if word[0].isalpha():
        edged = f"<{word}>"
        sizes = range(1, 4) if "\uac00" <= word[0] <= "\ud7af" else range(3, 6)
        features += [edged[at : at + size] for size in sizes for at in range(len(edged) - size + 1)]
    return features


def _pieces(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    for match in _PIECE.finditer(text):
        kind, word = str(match.lastgroup), match[0]
        match kind:
            case "word":
                word = spelled(word)[:_LONGEST_WORD]
            case "number" if len(word) > 1:
                word = "0"
            case "mark" if word in _ASKS:
                word = "?"
            case "pause":
                word = ","
            case "end":
                word = "."
            case "sign":
                word = word[:_MOST_PIECES]
        pieces.append(Piece(kind, word, *match.span()))
        if len(pieces) >= _MOST_PIECES:
            break
    return pieces


def _concepts(pieces: Sequence[Piece], keys: list[str]) -> tuple[str, int]:
    """Add what the words are about, alone and in rows; the language and how many words tell it."""
    met = _senses(pieces)
    lang, known = spoken(senses for senses in met if not isinstance(senses, str))
    alone: list[str] = []
    for senses in met:
        concepts = (senses,) if isinstance(senses, str) else about(senses, lang)
        if concepts[0] != _SMALL:
            alone.append(concepts[0])
        keys += [_KIND + concept for concept in concepts]
    plain = [concept for concept in alone if concept != UNKNOWN]
    named = [concept for concept in plain if len(concept) > 1]
    row = _row(alone)
    for size in (2, 3):
        keys += [_KIND + ">".join(row[at : at + size]) for at in range(len(row) - size + 1)]
    keys += [f"{_KIND}~{'>'.join(named[at : at + 3])}" for at in range(len(named) - 2)]
    for at, concept in enumerate(plain):
        keys += [f"{_KIND}{concept}..{later}" for later in plain[at + 1 : at + 1 + _NEAR]]
    strange, total = len(alone) - len(plain), len(alone) or 1
    keys.append(f"{_KIND}share {strange * 5 // total} {min(total // 3, 8)}")
    keys.append(f"{_KIND}strange {min(strange, 9)}")
    if len(named) <= _FEW:
        keys.append(f"{_KIND}set {' '.join(sorted(set(named)))}")
    return lang, known


def _senses(pieces: Sequence[Piece]) -> list[Senses | str]:
    """What each word may be about; numbers and marks are of one known kind."""
    met: list[Senses | str] = []
    for piece in pieces:
        match piece.kind:
            case "word":
                met.append(of_word(piece.word))
            case "sign":
                met += of_signs(piece.word)
            case "number":
                met.append("#")
            case _:
                met.append(piece.word if piece.word in "?!.," else ":")
    return met


def _row(alone: Sequence[str]) -> list[str]:
    """The concepts between the message's edges; of unknown words in a row at most two are told."""
    row = ["^"]
    for concept in alone:
        if concept != UNKNOWN:
            row.append(concept)
        elif row[-1] == UNKNOWN:
            row[-1] = UNKNOWN + UNKNOWN
        elif row[-1] != UNKNOWN + UNKNOWN:
            row.append(UNKNOWN)
    return [*row, "$"]
