"""What is genuine and unreadable is kept whole, under who sent it, for a person to read."""

from __future__ import annotations

import hashlib
from datetime import datetime

from bot.model import Address, Channel, InboundMessage, MessageKind


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
