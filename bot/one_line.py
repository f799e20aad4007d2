"""Makes any text one line of visible characters, and cuts it where people would."""

from __future__ import annotations

import unicodedata

_ZWJ = "\u200d"
_JOINERS = frozenset({_ZWJ, "\u200c"})  # Persian and Indic words and emoji need them
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
_BRACES = str.maketrans("{}", "()")
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def clean(text: str) -> str:
    """On one line, composed (NFC), without control and direction marks, braces as parentheses."""
    composed = unicodedata.normalize("NFC", text)
    seen = (" " if char.isspace() else char for char in composed)
    kept = (char for char in seen if char in _JOINERS or unicodedata.category(char) not in _UNSEEN)
    return " ".join("".join(kept).translate(_BRACES).split()).strip("".join(_JOINERS))


def cut(line: str, size: int) -> str:
    """At most `size` code points, without half an accented letter or half an emoji at the end."""
    if len(line) <= size:
        return line
    end = size
    while end and (_continues(line[end]) or line[end - 1] == _ZWJ):
        end -= 1
    return line[: end or size].rstrip()


def _continues(char: str) -> bool:
    """Whether it belongs to the character before it."""
    mark = unicodedata.category(char).startswith("M")
    return mark or char in _JOINERS or ord(char) in _SKIN_TONES
