"""Taking back a batch: unproved stops of one source and hour, or what one import brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.errors import HeedError, NotAllowed
from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    Assurance,
    EntryKind,
    Recording,
    ReviewDecision,
    Role,
    Verdict,
)
from handlers.parts import Parts
from handlers.stored import every_entry
from storage import ReviewState
from storage.rows import AddressEntry

BLOCKING = frozenset({EntryKind.OPTED_OUT, EntryKind.HELD, EntryKind.IMPORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverted:
    """`found` stops were in the batch, `reverted` of them were taken back.

    The others were said again, proved, decided by a person or erased meanwhile, and stand.
    """

    found: int
    reverted: int


def batches(parts: Parts) -> Counter[str]:
    """How many stops each batch holds."""
    return Counter(str(one.entry.facts["batch"]) for one in _in_a_batch(parts))


def revert(parts: Parts, batch: str, actor: Actor) -> Reverted:
    """Take back all of the batch that still stands as it was made. Doing it again changes nothing.

    Raises:
        NotAllowed: the actor is no admin.
        StoreUnavailable: not all of it was done; do it again.
    """
    if actor.role is not Role.ADMIN:
        raise NotAllowed("reverting a batch needs the role admin")
    found = [one for one in _in_a_batch(parts) if one.entry.facts["batch"] == batch]
    return Reverted(found=len(found), reverted=sum(_take_back(parts, one, actor) for one in found))


def _in_a_batch(parts: Parts) -> Iterator[AddressEntry]:
    for one in every_entry(parts.store):
        facts = one.entry.facts
        if one.entry.kind not in BLOCKING or not facts.get("batch"):
            continue
        unproved = facts.get("assurance") == Assurance.UNVERIFIED
        if unproved or (one.entry.kind is EntryKind.IMPORTED and _blocked(one)):
            yield one


def _blocked(one: AddressEntry) -> bool:
    """Whether this entry of an import is what made the block."""
    return not one.entry.facts.get("repeats") and not one.entry.facts.get("overruled_by")


def _take_back(parts: Parts, one: AddressEntry, actor: Actor) -> bool:
    if one.address is None:
        return False
    if one.entry.kind in (EntryKind.OPTED_OUT, EntryKind.IMPORTED):
        return _undo(parts, one, one.entry.id, actor)
    reviews = parts.store.read(lambda session: session.reviews_of(one.addr))
    review = next((review for review in reviews if review.entry_id == one.entry.id), None)
    if review is None:
        return False
    if review.state is ReviewState.DECIDED:
        return review.decided_by == "clock" and _undo_of_clock(parts, one, review.id, actor)
    try:
        parts.desk.receive(
            ReviewDecision(
                review_id=review.id,
                address_hash=one.addr,
                verdict=Verdict.NOT_OPT_OUT,
                actor=actor,
                received_at=parts.clock(),
            )
        )
    except HeedError:  # somebody was faster
        return False
    return True


def _undo_of_clock(parts: Parts, one: AddressEntry, review_id: str, actor: Actor) -> bool:
    """A hold that nobody decided in time has become a stop of its own."""
    history = parts.store.read(lambda session: session.history(one.addr))
    made = (
        entry.id
        for entry in history
        if entry.kind is EntryKind.OPTED_OUT and entry.facts.get("review") == review_id
    )
    return any(_undo(parts, one, entry_id, actor) for entry_id in made)


def _undo(parts: Parts, one: AddressEntry, entry_id: str, actor: Actor) -> bool:
    assert one.address is not None
    receipt = parts.desk.receive(
        Recording(
            act=Act.UNDO,
            address=one.address,
            scope=one.entry.scope or CHANNEL_SCOPE,
            actor=actor,
            source="revert",
            event_id=f"revert:{entry_id}",
            received_at=parts.clock(),
            evidence=f"of the batch {one.entry.facts['batch']}",
            undoes=entry_id,
        )
    )
    return receipt.outcome == "reverted" and not receipt.duplicate
