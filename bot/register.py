"""The register: one digest over all sealed entries, from which one address can be shown whole.

A seal's batch shows that an entry is in it. That no entry was left out needs more: the register
sorts addresses onto 4096 shelves by the first 12 bits of their hash. Each shelf is a chain of
hashes over all its items in the order in which they were sealed, and the root over the shelves is
signed in every seal. To show one address whole, show its shelf: about one item in 4096.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from bot import merkle
from bot.seal import Item

SHELVES = 4096
EMPTY = bytes(32)
_LINK = b"heed-shelf-1"


class Register:
    """All shelves and the tree over them; `shelves` gives the digests of those not empty."""

    def __init__(self, shelves: Mapping[int, bytes]) -> None:
        self.shelves = dict(shelves)
        self._tree = merkle.levels([shelves.get(shelf, EMPTY) for shelf in range(SHELVES)])

    @property
    def root(self) -> bytes:
        return self._tree[-1][0]

    def add(self, items: Iterable[Item]) -> dict[int, bytes]:
        """Put items on their shelves, in order; returns the digests that changed."""
        changed: dict[int, bytes] = {}
        for item in items:
            shelf = shelf_of(item.addr)
            before = changed.get(shelf) or self.shelves.get(shelf, EMPTY)
            changed[shelf] = _extended(before, [item])
        merkle.replace(self._tree, changed)
        self.shelves |= changed
        return changed

    def path(self, shelf: int) -> tuple[bytes, ...]:
        """What leads from the shelf's digest to the root."""
        return merkle.path(self._tree, shelf)


def shelf_of(addr: bytes) -> int:
    """The first 12 bits of the address hash."""
    return int.from_bytes(addr[:2], "big") >> 4


def bounds(shelf: int) -> tuple[bytes, bytes]:
    """The shelf's addresses are those from the first up to, without, the second."""
    first, after = shelf << 4, (shelf + 1) << 4
    last = shelf == SHELVES - 1
    return first.to_bytes(2, "big"), b"\xff" * 17 if last else after.to_bytes(2, "big")


def leads_to(root: bytes, shelf: int, items: Iterable[Item], path: Sequence[bytes]) -> bool:
    """Whether a register of this root has these items on this shelf, and no others."""
    return merkle.root_of(_extended(EMPTY, items), shelf, SHELVES, path) == root


def _extended(digest: bytes, items: Iterable[Item]) -> bytes:
    for item in items:
        digest = hashlib.sha256(_LINK + digest + item.data).digest()
    return digest
