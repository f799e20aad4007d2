"""Copies of messages with slips of the finger, so that the model sees words written badly."""

from __future__ import annotations

import random
from zlib import crc32

_LEAST = 9  # characters; a shorter text may become another word
_LONG = 40  # characters; a longer text gets two slips


def misspelt(text: str) -> str | None:
    """The text with one or two letters swapped, lost, doubled or replaced; the same every time.

    None for a text that is too short to survive it.
    """
    if len(text) < _LEAST:
        return None
    chance = random.Random(crc32(text.encode("utf-8", "surrogatepass")))
    letters = [char for char in text if char.isalpha()] or list(text)
    for _ in range(2 if len(text) > _LONG else 1):
        at = chance.randrange(len(text) - 1)
        if text[at].isalpha():
            one, two = text[at], text[at + 1]
            swaps = (two + one, two, one + one + two, chance.choice(letters) + two)
            text = text[:at] + chance.choice(swaps) + text[at + 2 :]
    return text
