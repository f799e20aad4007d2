"""A seal: what the company signs over everything recorded until then.

Each seal takes a batch of entries that no seal holds yet. It signs

- `root`, the Merkle root of the batch: item i is (address hash, number, leaf);
- `register`, the root over all entries so far, in `bot.register`;
- `prev`, the hash of the seal before it, and `back`, that of the seal whose number is its own
  without its lowest set bit, so that any earlier seal is a few hashes away.

Whoever keeps a copy of one seal holds the whole past before it
(`docs/decisions/0010-two-roots-in-a-seal.md`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.leaf import integer, joined

_STATEMENT = b"heed-seal-1"
HASH_BYTES, KEY_BYTES, SIGNATURE_BYTES = 32, 32, 64
NOTHING = bytes(HASH_BYTES)
"""Stands for the seal before the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """`size` entries in this batch, `total` in all seals so far; `sealed_at` in microseconds.

    `number` counts from 1. `key` is the public key that signed it.
    """

    number: int
    sealed_at: int
    size: int
    total: int
    root: bytes
    register: bytes
    prev: bytes
    back: bytes
    key: bytes
    signature: bytes = b""

    @property
    def hash(self) -> bytes:
        """What later seals name it by: covers the signature too."""
        return hashlib.sha256(joined(_statement(self), self.signature)).digest()


class Item(NamedTuple):
    """An entry as a seal holds it; sorts by address hash and number. A tuple: there are many."""

    addr: bytes
    number: int
    leaf: bytes

    @property
    def data(self) -> bytes:
        return self.addr + integer(self.number) + self.leaf


def back_of(number: int) -> int:
    """The number that `back` names; 0 stands for none."""
    return number & (number - 1)


def way_back(start: int, to: int) -> list[int]:
    """The seals, both ends included, that lead from `start` back to the earlier seal `to`."""
    way = [start]
    while (here := way[-1]) > to:
        way.append(back_of(here) if back_of(here) >= to else here - 1)
    return way


def public_key(private: bytes) -> bytes:
    """The 32 bytes that check what the 32-byte seal key signed."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def signed(seal: Seal, private: bytes) -> Seal:
    """The seal under the key's name, signed."""
    key = Ed25519PrivateKey.from_private_bytes(private)
    named = replace(seal, key=key.public_key().public_bytes_raw())
    return replace(named, signature=key.sign(_statement(named)))


def is_signed(seal: Seal) -> bool:
    """Whether the key that it names did sign it. Whose key that is, is for the caller to know."""
    try:
        Ed25519PublicKey.from_public_bytes(seal.key).verify(seal.signature, _statement(seal))
    except (InvalidSignature, ValueError):
        return False
    return True


def broken_links(seals: Iterable[Seal], newest: Seal) -> list[int]:
    """The numbers among `seals` to which no unbroken way of hashes leads from `newest`."""
    pinned = {newest.number: newest.hash}
    broken = []
    for seal in sorted(seals, key=lambda one: one.number, reverse=True):
        if pinned.get(seal.number) != seal.hash:
            broken.append(seal.number)
            continue
        for number, named in ((seal.number - 1, seal.prev), (back_of(seal.number), seal.back)):
            if pinned.setdefault(number, named) != named:
                broken.append(seal.number)
    return broken


def _statement(seal: Seal) -> bytes:
    return joined(
        _STATEMENT,
        integer(seal.number),
        integer(seal.sealed_at),
        integer(seal.size),
        integer(seal.total),
        seal.root,
        seal.register,
        seal.prev,
        seal.back,
        seal.key,
    )
