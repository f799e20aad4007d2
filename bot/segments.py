"""Counts what a text costs on the air, as GSM 03.38 (3GPP TS 23.038) and 23.040 divide it.

A text whose characters are all in the GSM-7 alphabet goes as septets, 160 in one message and 153
in each of several; any other goes as UCS-2, 70 and 67 UTF-16 units. Neither an escape pair nor a
surrogate pair is split between two messages.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM7 = _BASIC | _EXTENDED

_NEIGHBOURS = {
    **dict.fromkeys("‘’‚‛′´`ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‹", "<"),
    **dict.fromkeys("›", ">"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u00a0\u2007\u202f\u2009\u200a\u2002\u2003\u3000\t", " "),
    **dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufeff", ""),
    **dict.fromkeys("•·", "-"),
    "…": "...",
}
_LETTERS = {
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "ẞ": "ss",
}  # fmt: skip


class Encoding(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


_ROOM = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}  # alone, as one of several


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """`units` are septets in GSM-7 and UTF-16 code units in UCS-2; `count` is what is billed."""

    encoding: Encoding
    units: int
    count: int


def segments(text: str) -> Segments:
    """What sending the text takes. An empty text takes no message."""
    if _GSM7.issuperset(text):
        encoding = Encoding.GSM7
        sizes = [2 if char in _EXTENDED else 1 for char in text]
    else:
        encoding = Encoding.UCS2
        sizes = [2 if char > "\uffff" else 1 for char in text]
    alone, shared = _ROOM[encoding]
    units = sum(sizes)
    count = min(units, 1) if units <= alone else _packed(sizes, shared)
    return Segments(encoding=encoding, units=units, count=count)


def to_gsm7(text: str, *, letters: bool = False) -> str:
    """The text with typographic characters as their GSM-7 neighbours, if that makes it fit GSM-7.

    Otherwise it comes back unchanged. With `letters`, accents that GSM-7 lacks are dropped too
    (`Promoções` becomes `Promocoes`), as texting people do themselves.
    """
    if _GSM7.issuperset(text):
        return text
    swapped = "".join(
        _neighbour(char, letters=letters) for char in unicodedata.normalize("NFC", text)
    )
    return swapped if _GSM7.issuperset(swapped) else text


def only_gsm7(text: str) -> str:
    """What is left of a text in GSM-7; empty for one in another script."""
    swapped = (_neighbour(char, letters=True) for char in unicodedata.normalize("NFC", text))
    return " ".join("".join(char for char in "".join(swapped) if char in _GSM7).split())


def _neighbour(char: str, *, letters: bool) -> str:
    if char in _GSM7:
        return char
    if char in _NEIGHBOURS:
        return _NEIGHBOURS[char]
    if not letters:
        return char
    base = unicodedata.normalize("NFKD", _LETTERS.get(char, char))
    return "".join(part for part in base if not unicodedata.combining(part))


def _packed(sizes: list[int], room: int) -> int:
    count, left = 1, room
    for size in sizes:
        if size > left:
            count, left = count + 1, room
        left -= size
    return count
