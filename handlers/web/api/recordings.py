"""What opt-outs and opt-ins that the company heard elsewhere have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from bot.model import Act, Actor, Recording, Scope
from handlers.contacts import link
from handlers.parts import Parts
from handlers.recorder import new_id
from handlers.web.api import wire
from handlers.web.api.operation import Reply

Contact = Annotated[
    str, Field(max_length=200, description="Your own id of the person; kept as a keyed hash.")
]
Sender = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Your number or mailbox, as the provider spells it.",
    ),
]


class Heard(wire.Body):
    address: wire.AddressText
    channel: wire.ChannelName = None
    scope: wire.ScopeText = "channel"
    words: Annotated[str, Field(max_length=10_000, description="What the person said.")] = ""
    heard_at: wire.Moment | None = None
    source: Annotated[
        str,
        Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$", description="Where it was heard: phone, crm"),
    ] = "api"
    sender: Sender = ""
    contact: Contact = ""


class Recorded(BaseModel):
    """`entry` is null in the answer to a repeated request, which changed nothing."""

    outcome: str
    entry: str | None
    message_id: str


def record(
    parts: Parts, actor: Actor, act: Act, heard: Heard, *, evidence: str = "", confirm: bool = False
) -> Reply:
    """Through the desk, like everything else: 201 when it was recorded, 200 when it was before.

    The caller's key counts for one act and scope: a stop is never taken for the repetition of an
    opt-in.
    """
    now = parts.clock()
    address = wire.address_of(parts, heard.address, heard.channel)
    wire.not_future(heard.heard_at, now, "heard_at")
    kind, _, name = heard.scope.partition(":")
    if name:
        wire.known_names(parts, field="scope", **{kind: name})
    key = wire.idempotency_key()
    if heard.contact:  # first, so that "everything" covers the person's other addresses at once
        link(parts.store, address, heard.contact, now)
    receipt = parts.desk.receive(
        Recording(
            act=act,
            address=address,
            scope=Scope.parse(heard.scope),
            actor=actor,
            source=heard.source,
            event_id=f"{act}/{heard.scope}/{key}" if key else new_id(now),
            received_at=now,
            occurred_at=heard.heard_at,
            words=heard.words,
            evidence=evidence,
            recipient=heard.sender,
            confirm=confirm,
        )
    )
    return Reply(
        body=Recorded(
            outcome=receipt.outcome,
            entry=receipt.entry_id or None,
            message_id=receipt.message_id,
        ),
        status=200 if receipt.duplicate else 201,
    )
