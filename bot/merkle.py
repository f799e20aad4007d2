"""Merkle trees and inclusion proofs of RFC 9162, section 2.1 (RFC 6962's, on SHA-256)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

Levels = list[list[bytes]]


def levels(leaves: Sequence[bytes]) -> Levels:
    """The hashes of the whole tree, leaves first; the last level is the root alone.

    The RFC splits at the largest power of two. Level by level that means: join pairs, and carry an
    odd last one up as it is.
    """
    found = [[_leaf(one) for one in leaves] or [hashlib.sha256().digest()]]
    while len(below := found[-1]) > 1:
        pairs = [_node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        found.append(pairs + below[2 * len(pairs) :])
    return found


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash, 32 bytes; also that of an empty list."""
    return levels(leaves)[-1][0]


def path(tree: Levels, index: int) -> tuple[bytes, ...]:
    """What one needs beside leaf number `index` (from 0) to compute the root, from below."""
    found = []
    for level in tree[:-1]:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index >>= 1
    return tuple(found)


def replace(tree: Levels, leaves: Mapping[int, bytes]) -> None:
    """Put other leaves in the places that are named, with all that stands above them."""
    for index, leaf in leaves.items():
        tree[0][index] = _leaf(leaf)
    changed = set(leaves)
    for level, above in pairwise(tree):
        changed = {index >> 1 for index in changed}
        for index in changed:
            pair = level[2 * index : 2 * index + 2]
            above[index] = _node(*pair) if len(pair) > 1 else pair[0]


def root_of(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that the proof leads to (RFC 9162, 2.1.3.2); None where it fits no such tree."""
    if not 0 <= index < size:
        return None
    here, last, found = index, size - 1, _leaf(leaf)
    for sibling in proof:
        if last == 0:
            return None
        if here & 1 or here == last:
            found = _node(sibling, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = _node(found, sibling)
        here, last = here >> 1, last >> 1
    return None if last else found


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
