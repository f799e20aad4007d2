"""Erasing a person's record: through the desk like everything else, then off the disk."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import CHANNEL_SCOPE, Act, Actor, Address, Recording
from handlers.parts import Parts
from handlers.receipt import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """`linked` counts other addresses of the same person, which keep their records.

    `shredded` is False while a reader keeps old bytes in a log file; the worker tries again.
    """

    receipt: Receipt
    linked: int
    shredded: bool


def erase(parts: Parts, address: Address, *, actor: Actor, source: str, event_id: str) -> Erased:
    """Destroy the address's data key; its keyed hash, the scopes and the dates stay.

    Raises:
        NotAllowed: the actor is no admin.
        StoreUnavailable: nothing was erased, or nobody can tell: ask again.
    """
    receipt = parts.desk.receive(
        Recording(
            act=Act.ERASE,
            address=address,
            scope=CHANNEL_SCOPE,
            actor=actor,
            source=source,
            event_id=event_id,
            received_at=parts.clock(),
        )
    )
    addr = parts.store.address_hash(address)
    return Erased(
        receipt=receipt,
        linked=parts.store.read(lambda session: len(session.linked(addr))),
        shredded=parts.store.shred_if_due(),
    )
