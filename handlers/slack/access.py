"""Who looked at whose record: an entry in that record, so that it can be proved.

Where nothing is known of an address, nothing is kept of it by looking: the log names the actor.
"""

from __future__ import annotations

import logging
from datetime import datetime

from bot.model import Actor, EntryKind, NewEntry
from handlers.recorder import new_id
from storage import Session

log = logging.getLogger("heed.slack.access")


def note_access(session: Session, addr: bytes, actor: Actor, what: str, now: datetime) -> None:
    """`what` was shown: `lookup` or `address`."""
    log.info("looked up by actor=%s what=%s", actor.name, what)
    session.lock(addr)
    if session.address(addr) is None:
        return
    session.append(
        addr,
        NewEntry(
            kind=EntryKind.LOOKED_UP,
            effective_at=now,
            facts={"actor": actor.name, "source": "slack", "shown": what},
        ),
        id=new_id(now, session.chance),
        message_id="",
        recorded_at=now,
    )
