"""Puts together the proof for one address: its entries, and what ties them to a seal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot import merkle
from bot.model import Json
from bot.proof import Inclusion, Proof, ProofEntry
from bot.register import Register, shelf_of
from bot.seal import Seal, way_back
from storage.errors import StoreError
from storage.seals import Place
from storage.session import Session
from storage.store import Store

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The seal that a proof is anchored in, and the register as it was then."""

    seal: Seal
    register: Register


def past_anchor(store: Store, published: Seal, progress: Callable[[int], None]) -> Anchor:
    """A seal that was published, with its register made again from all that is sealed until it.

    Raises:
        StoreError: this ledger does not have that seal.
    """
    kept = store.read(lambda session: session.seal(published.number))
    if kept is None or kept.hash != published.hash:
        raise StoreError("this ledger does not have that seal: run heed ledger verify with it")
    register = Register({})
    for first in range(1, published.number + 1, PAGE):
        numbers = range(first, min(first + PAGE, published.number + 1))
        for members in store.read(
            lambda session, these=numbers: [session.members(one) for one in these]  # type: ignore[misc]
        ):
            register.add(member.item for member in members)
        progress(numbers[-1])
    return Anchor(seal=kept, register=register)


def assemble(
    session: Session, addr: bytes, *, anchor: Anchor | None, notes: Mapping[str, Json]
) -> Proof:
    """The proof as of `anchor`, the newest seal where it is None.

    Raises:
        Unreadable: an entry was altered in the database.
    """
    latest = session.latest_seal()
    if anchor is None and latest is not None:
        anchor = Anchor(seal=latest, register=Register(session.shelves()))
    number = anchor.seal.number if anchor else 0
    places = {n: place for n, place in session.places(addr).items() if place.seal <= number}
    inclusions = _inclusions(session, places)
    shelf = shelf_of(addr)
    return Proof(
        address=session.address(addr),
        addr=addr,
        entries=tuple(
            ProofEntry(
                fields=record.fields,
                leaf=record.leaf,
                reads=session.disclose(record),
                sealed=inclusions.get(record.fields.number),
            )
            for record in session.records(addr)
        ),
        seals=_seals(session, number, {place.seal for place in places.values()}),
        anchor=number,
        shelf=tuple(session.shelf(shelf, number)),
        shelf_path=anchor.register.path(shelf) if anchor else (),
        notes=notes,
    )


def _inclusions(session: Session, places: Mapping[int, Place]) -> dict[int, Inclusion]:
    trees = {
        seal: merkle.levels([one.item.data for one in session.members(seal)])
        for seal in {place.seal for place in places.values()}
    }
    return {
        number: Inclusion(
            seal=place.seal,
            position=place.position,
            path=merkle.path(trees[place.seal], place.position),
        )
        for number, place in places.items()
    }


def _seals(session: Session, anchor: int, named: set[int]) -> tuple[Seal, ...]:
    """Those that hold an entry, the anchor, and those that lead from it to them."""
    wanted = {anchor} if anchor else set()
    for number in named:
        wanted |= set(way_back(anchor, number))
    found = (session.seal(number) for number in sorted(wanted))
    return tuple(seal for seal in found if seal is not None)
