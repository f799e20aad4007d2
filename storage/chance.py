"""Random bytes, fetched from the system many at a time.

A system call for each nonce costs more than sealing with it, and gives up the interpreter lock,
which under load is to be had again only behind every other thread.
"""

from __future__ import annotations

import os

_FETCHED_BYTES = 1024


class Chance:
    """Fresh random bytes with each call, none of them twice. For one thread at a time.

    A fork would copy what is left; a store refuses to be used after one.
    """

    __slots__ = ("_at", "_fetched")

    def __init__(self) -> None:
        self._fetched = b""
        self._at = 0

    def __call__(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._fetched):
            self._fetched = os.urandom(max(count, _FETCHED_BYTES))
            self._at, end = 0, count
        taken = self._fetched[self._at : end]
        self._at = end
        return taken
