"""What a provider tells of a person's own will: they said stop to it, or it refuses our sends."""

from __future__ import annotations

from datetime import datetime

from bot.model import CHANNEL_SCOPE, Act, Actor, Address, Recording, Role


def provider_block(
    provider: str,
    address: Address,
    *,
    event_id: str,
    recipient: str,
    evidence: str,
    received_at: datetime,
    occurred_at: datetime | None = None,
    of_sender: bool = False,
    also: Address | None = None,
) -> Recording:
    """A block on the person's channel, or of one sender's marketing.

    `evidence` is the provider's own word for it.
    """
    return Recording(
        act=Act.PROVIDER_BLOCK,
        address=address,
        scope=CHANNEL_SCOPE,
        actor=Actor(name=f"provider:{provider}", role=Role.RECORD),
        source=provider,
        event_id=event_id,
        received_at=received_at,
        occurred_at=occurred_at,
        recipient=recipient,
        evidence=evidence,
        of_sender=of_sender,
        also=also,
    )
