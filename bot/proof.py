"""A proof for one address, and how it is checked: without the database, by anybody.

It is anchored in one seal. Checked are each entry's leaf and its place in the address's own chain,
that what is shown is what was committed to, that each sealed entry is in its seal, that each seal
is signed and in the past of the anchor, and, by the anchor's register, that none was left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bot import merkle
from bot.leaf import Disclosure, LeafFields, commitment, leaf
from bot.model import Address, Json
from bot.register import leads_to, shelf_of
from bot.seal import Item, Seal, broken_links, is_signed

TARDY = 3_600_000_000
"""An hour, in microseconds. A worker seals within a minute: it stood still, or worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Where an entry is sealed, and the way from it to the seal's root."""

    seal: int
    position: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofEntry:
    """`reads` is None where it was made unreadable, `sealed` where the anchor does not cover it."""

    fields: LeafFields
    leaf: bytes
    reads: Disclosure | None
    sealed: Inclusion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`anchor` is the number of one of `seals`, 0 where there is none. `notes` are not proved.

    `shelf` holds everything sealed until the anchor on the shelf of this address, also what
    belongs to others: their keyed hashes, numbers and leaves. `shelf_path` leads to the register.
    """

    address: Address | None
    addr: bytes
    entries: tuple[ProofEntry, ...]
    seals: tuple[Seal, ...]
    anchor: int
    shelf: tuple[Item, ...]
    shelf_path: tuple[bytes, ...]
    notes: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What came of checking a proof. With any fault it proves nothing.

    `complete_to` is the seal up to which nothing was left out; the entries `later` are not covered
    by it. `unread` are shown without their words; `tardy` were sealed long after they say that they
    were recorded; `bound` says whether any entry shows whose it is.
    """

    faults: tuple[str, ...]
    complete_to: Seal | None
    later: tuple[int, ...]
    unread: tuple[int, ...]
    tardy: tuple[int, ...]
    bound: bool


def check(proof: Proof, *, key: bytes, published: Seal | None = None) -> Findings:
    """Check a proof against the company's public key, and a seal of theirs that one kept."""
    seals = {seal.number: seal for seal in proof.seals}
    anchor = seals.get(proof.anchor)
    faults = [*_chain_faults(proof)]
    if anchor is None:
        faults.append("nothing in it is sealed")
    else:
        faults += _seal_faults(proof, anchor, key, published)
        faults += _inclusion_faults(proof, seals)
        faults += _register_faults(proof, anchor)
    return Findings(
        faults=tuple(faults),
        complete_to=None if faults else anchor,
        later=tuple(one.fields.number for one in proof.entries if one.sealed is None),
        unread=tuple(one.fields.number for one in proof.entries if one.reads is None),
        tardy=tuple(_tardy(proof, seals)),
        bound=any(one.reads is not None for one in proof.entries),
    )


def _chain_faults(proof: Proof) -> Iterator[str]:
    """The entries among themselves, and what they are said to read."""
    before = b""
    for expected, entry in enumerate(proof.entries, start=1):
        fields = entry.fields
        name = f"entry {fields.number}"
        if fields.number != expected:
            yield f"entry {expected} is missing: {fields.number} stands in its place"
        if fields.addr != proof.addr:
            yield f"{name} belongs to another address"
        if fields.prev_leaf != before:
            yield f"{name} does not follow the entry before it"
        if leaf(fields) != entry.leaf:
            yield f"{name} is not what its leaf says"
        if proof.address is not None and fields.channel != proof.address.channel:
            yield f"{name} is of another channel than the address"
        if entry.reads is not None and not _reads_so(proof.address, entry, entry.reads):
            yield f"{name} does not read so: the address, words or facts are others"
        before = entry.leaf


def _reads_so(address: Address | None, entry: ProofEntry, reads: Disclosure) -> bool:
    if address is None:
        return False
    bound = commitment(reads.nonce, address, reads.facts, reads.words)
    return bound == entry.fields.commitment


def _seal_faults(proof: Proof, anchor: Seal, key: bytes, published: Seal | None) -> Iterator[str]:
    if any(one.number >= other.number for one, other in pairwise(proof.seals)):
        yield "its seals are not in order"
    for seal in proof.seals:
        if seal.key != key:
            yield f"seal {seal.number} is signed by another key"
        if not is_signed(seal):
            yield f"the signature of seal {seal.number} does not match"
    for number in broken_links(proof.seals, anchor):
        yield f"seal {number} is not in the past of seal {anchor.number}"
    if published is None or published.hash == anchor.hash:
        return
    if published.number == anchor.number:
        yield f"seal {anchor.number} is not the one that was published"
    else:
        yield (
            f"it is anchored in seal {anchor.number}, not in the published seal"
            f" {published.number}: ask for a proof made with that seal"
        )


def _inclusion_faults(proof: Proof, seals: Mapping[int, Seal]) -> Iterator[str]:
    for entry in proof.entries:
        place = entry.sealed
        if place is None:
            continue
        seal = seals.get(place.seal)
        name = f"entry {entry.fields.number}"
        if seal is None:
            yield f"{name} names seal {place.seal}, which is not shown"
        elif merkle.root_of(_item(entry).data, place.position, seal.size, place.path) != seal.root:
            yield f"{name} is not in seal {place.seal}"


def _register_faults(proof: Proof, anchor: Seal) -> Iterator[str]:
    """Nothing sealed for this address until the anchor may be left out."""
    shelf = shelf_of(proof.addr)
    if any(shelf_of(item.addr) != shelf for item in proof.shelf) or not leads_to(
        anchor.register, shelf, proof.shelf, proof.shelf_path
    ):
        yield f"its shelf is not that of the register in seal {anchor.number}"
        return
    kept = [item for item in proof.shelf if item.addr == proof.addr]
    shown = {_item(entry) for entry in proof.entries if entry.sealed is not None}
    if len(set(kept)) < len(kept):
        yield "the register holds an entry twice"
    for item in sorted(set(kept) - shown, key=lambda one: one.number):
        yield f"entry {item.number} is sealed as another one, or left out"
    for item in sorted(shown - set(kept), key=lambda one: one.number):
        yield f"entry {item.number} is not in the register of seal {anchor.number}"


def _tardy(proof: Proof, seals: Mapping[int, Seal]) -> Iterator[int]:
    for entry in proof.entries:
        seal = seals.get(entry.sealed.seal) if entry.sealed else None
        if seal is not None and seal.sealed_at - entry.fields.recorded_at > TARDY:
            yield entry.fields.number


def _item(entry: ProofEntry) -> Item:
    return Item(addr=entry.fields.addr, number=entry.fields.number, leaf=entry.leaf)
