"""POST /v1/erasures: make everything about an address unreadable, and keep it blocked."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bot.model import Act, Actor, Role
from handlers.erasing import erase
from handlers.parts import Parts
from handlers.recorder import new_id
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply


class Erasure(wire.Body):
    address: wire.AddressText
    channel: wire.ChannelName = None


class ErasedRecord(BaseModel):
    """`entry` is null in the answer to a repeated request, which changed nothing."""

    outcome: str
    entry: str | None
    message_id: str
    linked_addresses: int = Field(
        description="Other addresses of this person. Each keeps its record until it is erased too."
    )


def operations(parts: Parts) -> Operations:
    def erasure(actor: Actor, asked: Erasure) -> Reply:
        key = wire.idempotency_key()
        done = erase(
            parts,
            wire.address_of(parts, asked.address, asked.channel),
            actor=actor,
            source="api",
            event_id=f"{Act.ERASE}/{key}" if key else new_id(parts.clock()),
        )
        return Reply(
            body=ErasedRecord(
                outcome=done.receipt.outcome,
                entry=done.receipt.entry_id or None,
                message_id=done.receipt.message_id,
                linked_addresses=done.linked,
            ),
            status=200 if done.receipt.duplicate else 201,
        )

    return (
        Operation(
            method="POST",
            path="/v1/erasures",
            name="eraseRecord",
            summary="Make everything about an address unreadable for ever; it stays blocked",
            role=Role.ADMIN,
            takes=Erasure,
            gives={201: ErasedRecord, 200: ErasedRecord},
            run=erasure,
            refuses=(409,),
            idempotent=True,
            example={"address": "ann@example.com"},
        ),
    )
