"""An opt-out that staff heard elsewhere: recorded through the desk, answered with a receipt."""

from __future__ import annotations

from datetime import datetime

from bot import addresses
from bot.model import Act, Actor, Address, Recording, Scope
from handlers.parts import Parts
from handlers.slack import words as say
from handlers.slack.text import escaped


def record(
    parts: Parts,
    address: Address,
    *,
    scope: Scope,
    actor: Actor,
    event_id: str,
    words: str,
    heard_at: datetime | None = None,
    confirm: bool = False,
    lang: str = "",
) -> str:
    """Record it and return the receipt, in mrkdwn: the masked address and what is blocked.

    Raises:
        NotAllowed: the actor may not record.
        StoreUnavailable: nothing was recorded.
    """
    now = parts.clock()
    receipt = parts.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=address,
            scope=scope,
            actor=actor,
            source="slack",
            event_id=event_id,
            received_at=now,
            occurred_at=heard_at,
            words=words,
            confirm=confirm,
            lang=lang,
        )
    )
    masked = escaped(addresses.masked(address))
    covers = escaped(say.scope(scope, address.channel))
    if receipt.outcome == "already_opted_out":
        return f"{masked} was blocked already: {covers}. Your note was kept."
    told = " They get one confirmation." if confirm else ""
    entry = f" (entry {receipt.entry_id})" if receipt.entry_id else ""
    return f"Recorded: {masked} is blocked for {covers}{entry}.{told}"
