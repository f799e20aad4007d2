"""Fold a text so that two spellings a reader takes for one become one, and remember the way back.

Folding keeps words apart and punctuation in place; it takes away what carries no meaning here:
case, accents on Latin, Greek and Cyrillic letters, Arabic vowel signs, width and styling of
characters, invisible characters, and letters borrowed from another alphabet to look like Latin.
Folding a folded text changes nothing.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

_LOOKALIKES = tomllib.loads((files("bot") / "data" / "lookalikes.toml").read_text("utf-8"))
_LATIN_LOOK = str.maketrans(_LOOKALIKES["letters"])
_STOP_LIKE = frozenset(_LOOKALIKES["words"])

# Letters whose accent Unicode does not split off, and spellings that vary within one language.
_LETTERS = str.maketrans(
    {
        "ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": None,
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "\u2028": "\n", "\u2029": "\n",
    }
)  # fmt: skip
_KEPT = 20_000  # characters; more than all that people write with
_WORD = re.compile(r"[^\W\d_]+")
_STACKED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """`origin[i]` is the position in the original of the character that became `text[i]`.

    One more entry holds the original's length, so that ends map back as well.
    """

    text: str
    origin: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the original that `text[start:end]` came from."""
        first = self.origin[start]
        return first, max(self.origin[end], first + 1) if end > start else first


def fold(text: str) -> Folded:
    """The folded text with its map. Linear in the text's length; any `str` is accepted."""
    if text.isascii() and "`" not in text and "\r" not in text and "\0" not in text:
        return Folded(text=text.lower(), origin=range(len(text) + 1))
    folded = _plainly(text) or _once(text)
    while (again := _plainly(folded.text) or _once(folded.text)).text != folded.text:
        folded = Folded(text=again.text, origin=tuple(folded.origin[i] for i in again.origin))
    return folded


class _Chars(dict[str, str | None]):
    """Folded characters that stand for themselves; None for those that join their neighbour."""

    def __missing__(self, char: str) -> str | None:
        if len(self) >= _KEPT:
            self.clear()
        folded = None if _joins(char) else _fold_cluster(char)
        if folded is not None and any(map(_joins, folded)):
            folded = None
        self[char] = folded
        return folded


_CHARS = _Chars()


def _plainly(text: str) -> Folded | None:
    """The text folded character by character; None where one joins its neighbour."""
    pieces = [_CHARS[char] for char in text]
    kept = [piece for piece in pieces if piece is not None]
    if len(kept) < len(pieces):
        return None
    joined = "".join(kept)
    folded = _WORD.sub(_latin_look, joined)
    if len(joined) == len(text) and "" not in kept:
        return Folded(text=folded, origin=range(len(text) + 1))
    origin = [at for at, piece in enumerate(kept) for _ in piece]
    return Folded(text=folded, origin=(*origin, len(text)))


def _once(text: str) -> Folded:
    out: list[str] = []
    origin: list[int] = []
    for start, end in pairwise((*_clusters(text), len(text))):
        piece = _fold_cluster(text[start:end])
        out.append(piece)
        origin.extend([start] * len(piece))
    origin.append(len(text))
    return Folded(text=_WORD.sub(_latin_look, "".join(out)), origin=tuple(origin))


def _clusters(text: str) -> list[int]:
    """Where a new character begins, to a reader: marks and joining letters belong to the last."""
    return [i for i, c in enumerate(text) if i == 0 or not _joins(c)]


def _joins(char: str) -> bool:
    if char < "\u0300":
        return char == "\u00ad"
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf")
        or "\u1160" <= char <= "\u11ff"
        or char in "\uff9e\uff9f"
    )


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str) -> str:
    if cluster in {"\r", "\0"}:
        return " "
    shown = "".join(c for c in cluster if unicodedata.category(c) != "Cf" and not _selector(c))
    plain = unicodedata.normalize("NFKC", shown).casefold().translate(_LETTERS)
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFD", plain):
        if not unicodedata.category(char).startswith("M"):
            base = char
        elif not base or unicodedata.name(base, "").startswith(_STACKED) or not base.isalpha():
            continue
        kept.append(char)
    return unicodedata.normalize("NFKC", "".join(kept)).casefold().translate(_LETTERS)


def _selector(char: str) -> bool:
    """Variation selectors and skin tones: another look of the same sign."""
    return "\ufe00" <= char <= "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff"


def _latin_look(match: re.Match[str]) -> str:
    return match[0] if match[0].isascii() else _looking_latin(match[0])


@lru_cache(maxsize=8192)
def _looking_latin(word: str) -> str:
    look = word.translate(_LATIN_LOOK)
    mixed = any("a" <= c <= "z" for c in word)
    return look if len(look) == len(word) and (mixed or look in _STOP_LIKE) else word
