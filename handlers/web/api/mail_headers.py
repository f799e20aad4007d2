"""POST /v1/headers: what a marketing mail to somebody should carry."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from bot.model import Actor, Channel, Role
from handlers.links import Links, UnknownListError, headers
from handlers.parts import Parts
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply
from handlers.web.api.recordings import Sender


class Wanted(wire.Body):
    address: wire.AddressText
    list: Annotated[
        str, Field(max_length=64, description="A topic or program; empty: all marketing mail.")
    ] = ""
    sender: Sender = ""


class Headers(BaseModel):
    """Header name -> value; put all of them on the mail, and sign both List- ones with DKIM."""

    headers: dict[str, str]


def operations(parts: Parts) -> Operations:
    links = Links(parts.store, parts.policy)

    def make(actor: Actor, wanted: Wanted) -> Reply:
        del actor
        address = wire.address_of(parts, wanted.address, Channel.EMAIL)
        first = parts.policy.first_sender(Channel.EMAIL)
        mailbox = wanted.sender or (first.id if first else "")
        if not mailbox:
            raise wire.Invalid(
                wire.Problem(field="sender", problem="is needed: heed.toml has no mailbox")
            )
        try:
            made = headers(
                links,
                address,
                wanted.list,
                mailbox=mailbox,
                public_url=parts.settings.signed_origin,
                now=parts.clock(),
            )
        except UnknownListError:
            raise wire.Invalid(
                wire.Problem(field="list", problem="is no topic or program of heed.toml")
            ) from None
        return Reply(body=Headers(headers=dict(made)))

    return (
        Operation(
            method="POST",
            path="/v1/headers",
            name="makeHeaders",
            summary="The List-Unsubscribe and identity headers for a mail",
            role=Role.RECORD,
            takes=Wanted,
            gives={200: Headers},
            run=make,
            example={"address": "ann@example.com", "list": "", "sender": "news@example.com"},
        ),
    )
