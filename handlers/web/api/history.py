"""GET /v1/history: everything the ledger holds about one address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from bot.deadlines import Deadline, of_entry
from bot.model import Actor, EntryKind, LedgerEntry, Role
from bot.regimes import Duty
from handlers.parts import Parts
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply
from handlers.web.api.suppressions import unplussed


class Lookup(wire.Query):
    address: wire.AddressText
    channel: wire.ChannelName = None


class Due(BaseModel):
    """By when a rule has it heeded (`stop`), told (`tell`) or confirmed (`confirm`).

    `kept` says for `stop` whether it was blocked by then; null for what an entry cannot tell.
    """

    rule: str
    source: str
    duty: Duty
    due: datetime
    kept: bool | None


class Entry(BaseModel):
    """`recorded_at` is when we wrote it, `effective_at` when the person acted.

    `words` is null once they were made unreadable. `deadlines` are those of an opt-out or of a
    provisional block, by the rules that this company configured.
    """

    id: str
    number: int
    kind: EntryKind
    message_id: str
    recorded_at: datetime
    effective_at: datetime
    scope: str | None
    facts: dict[str, Any]
    words: str | None
    deadlines: list[Due]


class History(BaseModel):
    """From the first entry to the last."""

    entries: list[Entry]


def operations(parts: Parts) -> Operations:
    def history(_actor: Actor, asked: Lookup) -> Reply:
        address = wire.address_of(parts, unplussed(asked.address), asked.channel)
        entries = parts.store.read(lambda session: session.history(session.hash_of(address)))
        rules = parts.policy.deadlines
        return Reply(
            body=History(
                entries=[
                    _entry(one, of_entry(one, address.channel, address, rules)) for one in entries
                ]
            )
        )

    return (
        Operation(
            method="GET",
            path="/v1/history",
            name="readHistory",
            summary="What was heard from and recorded about one address, in order",
            role=Role.RECORD,
            takes=Lookup,
            gives={200: History},
            run=history,
        ),
    )


def _entry(one: LedgerEntry, deadlines: Iterable[Deadline]) -> Entry:
    return Entry(
        id=one.id,
        number=one.number,
        kind=one.kind,
        message_id=one.message_id,
        recorded_at=one.recorded_at,
        effective_at=one.effective_at,
        scope=str(one.scope) if one.scope else None,
        facts=dict(one.facts),
        words=one.words,
        deadlines=[
            Due(
                rule=clock.regime.name,
                source=clock.regime.source,
                duty=clock.regime.duty,
                due=clock.due,
                kept=one.recorded_at <= clock.due if clock.regime.duty is Duty.STOP else None,
            )
            for clock in deadlines
        ],
    )
