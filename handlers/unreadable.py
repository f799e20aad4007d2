"""What is genuine and unreadable is kept whole, under who sent it, for a person to read."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from bot.model import Address, Channel, Inbound, InboundMessage, MessageKind
from handlers.payload import Payload
from handlers.ports import Malformed

log = logging.getLogger("heed.unreadable")


def for_a_person(name: str, body: bytes, received_at: datetime) -> InboundMessage:
    """`name` is the provider's or mail service's; the same bytes are one message."""
    return InboundMessage(
        provider=name,
        account="",
        event_id=hashlib.sha256(body).hexdigest(),
        kind=MessageKind.UNREADABLE,
        address=Address(channel=Channel.OTHER, value=f"provider:{name}"),
        recipient=name,
        text=body.decode(errors="replace"),
        received_at=received_at,
    )


def read_each(
    name: str,
    items: Iterable[Payload],
    read: Callable[[Payload], Iterable[Inbound]],
    received_at: datetime,
) -> list[Inbound]:
    """What each item of a batch says; one that nobody can read goes to a person by itself."""
    found: list[Inbound] = []
    for item in items:
        try:
            found += read(item)
        except Malformed as fault:
            log.warning("unreadable provider=%s field=%s", name, fault)
            found.append(for_a_person(name, json.dumps(item.value).encode(), received_at))
    return found
