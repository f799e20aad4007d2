"""Whom we told of a block: an entry in the person's record, so that it can be proved."""

from __future__ import annotations

from datetime import datetime

from bot.model import EntryKind, Json, NewEntry
from handlers.parts import Parts
from handlers.recorder import new_id
from storage import Session


def note_told(parts: Parts, system: str, addr: bytes, entry_id: str, begun: datetime) -> None:
    """`system` has taken the block of this entry over; told again, it is noted once.

    Who was erased meanwhile has no record to write into.
    """

    def note(session: Session) -> None:
        session.lock(addr)
        if session.address(addr) is None:
            return
        history = session.history(addr)
        stop = next((one for one in history if one.id == entry_id), None)
        told = any(
            one.kind is EntryKind.TOLD
            and (one.facts.get("system"), one.facts.get("about")) == (system, entry_id)
            for one in history
        )
        if stop is None or told:
            return
        now = parts.clock()
        facts: dict[str, Json] = {
            "system": system,
            "about": entry_id,
            "told_at": begun.isoformat(),
            "lag_seconds": (now - stop.recorded_at).total_seconds(),
        }
        session.append(
            addr,
            NewEntry(kind=EntryKind.TOLD, effective_at=now, scope=stop.scope, facts=facts),
            id=new_id(now, session.chance),
            message_id=stop.message_id,
            recorded_at=now,
        )

    parts.store.write(note, about=addr)
