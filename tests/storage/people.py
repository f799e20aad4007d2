"""Made-up people, entries and promises for the store's tests."""

from __future__ import annotations

from datetime import timedelta

from bot.model import (
    CHANNEL_SCOPE,
    Address,
    Change,
    Channel,
    EntryKind,
    Hold,
    NewEntry,
    Scope,
)
from storage import OutboxItem, Session
from tests.storage.conftest import NOW

ANN = Address(channel=Channel.SMS, value="+12025550123")
BOB = Address(channel=Channel.EMAIL, value="bob.builder@example.com")
WORDS = "please stop texting my late husband"
STOPPED = Change(scope=CHANNEL_SCOPE, hold=Hold.STOPPED)


def stop_entry(words: str = WORDS, scope: Scope = CHANNEL_SCOPE) -> NewEntry:
    return NewEntry(
        kind=EntryKind.OPTED_OUT,
        effective_at=NOW - timedelta(seconds=2),
        scope=scope,
        facts={"rule": "exact", "confidence": 0.98, "nothing": None, "list": [1, "é"]},
        words=words,
    )


def confirmation(addr: bytes, item_id: str) -> OutboxItem:
    return OutboxItem(
        id=item_id,
        addr=addr,
        kind="opted_out",
        channel=Channel.SMS,
        provider="twilio",
        sender="+12025550100",
        payload={"text": "You will get no more messages."},
        confirmation=True,
        created_at=NOW,
        due_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
    )


def stop(session: Session, name: str, who: Address = ANN) -> bytes:
    """What the desk records for a STOP: entry, suppression, confirmation, event."""
    addr = session.touch(who, NOW)
    session.append(addr, stop_entry(), id=f"e-{name}", message_id=f"m-{name}", recorded_at=NOW)
    session.apply(addr, STOPPED, NOW, f"e-{name}")
    session.promise(confirmation(addr, f"o-{name}"))
    session.remember_event(
        addr, ("twilio", "AC1", name), f"m-{name}", "opted_out", f"o-{name}", NOW
    )
    return addr
