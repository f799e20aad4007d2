"""What the monthly sheet counts: bounded pages, each by an index, whatever the size of the ledger.

Nothing here opens a person's words. A month is that of recording, because a fact that is entered
late must not change the sheet of a month that is over. Each page is a unit of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, tuple_

from bot.model import Channel, EntryKind, LedgerEntry, ReviewCause, Scope
from storage.addresses import Addresses
from storage.reported import (
    GONE,
    ReportedAnswer,
    ReportedEntry,
    ReportedReview,
    SendsAfterStop,
)
from storage.rows import OutboxState
from storage.schema import addresses, ledger, outbox, reviews, sends
from storage.sql import Row, Statement, instant, instant_or_none, micros, param

_BEGIN, _END, _LIMIT = param("begin"), param("end"), param("limit")
_REPORTED = [EntryKind.OPTED_OUT, EntryKind.PROVIDER_BLOCK, EntryKind.ERASED]
_L = ledger.c
_ENTRY = (_L.addr, _L.number, _L.id, _L.kind, _L.channel, _L.message_id, _L.scope)
_ENTRY_TAIL = (_L.recorded_at, _L.effective_at, _L.facts_ct)


def _told(addr: ColumnElement[bytes], message_id: ColumnElement[str]) -> ColumnElement[int]:
    """When the confirmation went out: with the answer to the request, or by the worker."""
    inline, sent, about, noted = outbox.alias(), outbox.alias(), ledger.alias(), ledger.alias()
    at_once = select(func.min(inline.c.created_at)).where(
        inline.c.addr == addr,
        inline.c.message_id == message_id,
        inline.c.confirmation == 1,
        inline.c.state == OutboxState.INLINE.value,
    )
    later = (
        select(func.min(noted.c.recorded_at))
        .select_from(
            sent.join(about, and_(about.c.addr == sent.c.addr, about.c.id == sent.c.entry_id)).join(
                noted, and_(noted.c.addr == sent.c.addr, noted.c.number > about.c.number)
            )
        )
        .where(
            sent.c.addr == addr,
            sent.c.message_id == message_id,
            sent.c.confirmation == 1,
            sent.c.state == OutboxState.SENT.value,
            noted.c.message_id == message_id,
            noted.c.kind == EntryKind.ANSWERED.value,
        )
    )
    return func.coalesce(at_once.scalar_subquery(), later.scalar_subquery())


def _stops() -> Select[tuple[object, ...]]:
    between = select(func.count()).where(
        sends.c.addr == _L.addr,
        sends.c.sent_at >= _L.effective_at,
        sends.c.sent_at < _L.recorded_at,
    )
    promised = select(func.count()).where(
        outbox.c.addr == _L.addr,
        outbox.c.message_id == _L.message_id,
        outbox.c.confirmation == 1,
    )
    return (
        select(
            *_ENTRY,
            *_ENTRY_TAIL,
            _told(_L.addr, _L.message_id),
            between.correlate(ledger).scalar_subquery(),
            promised.correlate(ledger).scalar_subquery(),
        )
        .where(
            _L.recorded_at >= _BEGIN,
            _L.recorded_at < _END,
            tuple_(_L.recorded_at, _L.addr, _L.number)
            > tuple_(param("seen_at"), param("seen"), param("number")),
            _L.kind.in_([kind.value for kind in _REPORTED]),
        )
        .order_by(_L.recorded_at, _L.addr, _L.number)
        .limit(_LIMIT)
    )


def _answers() -> Select[tuple[object, ...]]:
    one, other = outbox.alias(), outbox.alias()
    earlier = select(func.count()).where(
        other.c.addr == one.c.addr,
        other.c.message_id == one.c.message_id,
        other.c.repeatable == 0,
        other.c.kind != "clarify",  # a person had it asked
        other.c.state.in_([state.value for state in GONE]),
        tuple_(other.c.created_at, other.c.id) < tuple_(one.c.created_at, one.c.id),
    )
    acted = select(_L.effective_at).where(_L.addr == one.c.addr, _L.id == one.c.entry_id)
    return (
        select(
            one.c.created_at,
            one.c.id,
            one.c.channel,
            one.c.confirmation,
            one.c.state,
            func.coalesce(acted.scalar_subquery(), one.c.created_at),
            _told(one.c.addr, one.c.message_id),
            earlier.scalar_subquery(),
        )
        .where(
            one.c.created_at >= _BEGIN,
            one.c.created_at < _END,
            tuple_(one.c.created_at, one.c.id) > tuple_(param("seen_at"), param("seen")),
            one.c.repeatable == 0,
            one.c.kind != "clarify",
        )
        .order_by(one.c.created_at, one.c.id)
        .limit(_LIMIT)
    )


_STOPS = Statement(_stops())
_ANSWERS = Statement(_answers())
_ORIGIN = Statement(
    select(*_ENTRY, *_ENTRY_TAIL)
    .select_from(reviews.join(ledger, and_(_L.addr == reviews.c.addr, _L.id == reviews.c.entry_id)))
    .where(reviews.c.addr == param("addr"), reviews.c.id == param("review"))
)
_SENT_BETWEEN = Statement(
    select(func.count()).where(
        sends.c.addr == param("addr"), sends.c.sent_at >= _BEGIN, sends.c.sent_at < _END
    )
)
_AFTER_STOP = Statement(
    select(addresses.c.channel, sends.c.sender, func.count())
    .select_from(sends.outerjoin(addresses, addresses.c.addr == sends.c.addr))
    .where(
        sends.c.after_stop == literal_column("1"),  # as the partial index spells it
        sends.c.sent_at >= _BEGIN,
        sends.c.sent_at < _END,
    )
    .group_by(addresses.c.channel, sends.c.sender)
)
_IMPORTED = Statement(
    select(_L.channel, func.count())
    .where(_L.recorded_at >= _BEGIN, _L.recorded_at < _END, _L.kind == EntryKind.IMPORTED.value)
    .group_by(_L.channel)
)
_REVIEWED = Statement(
    select(
        reviews.c.cause,
        reviews.c.channel,
        reviews.c.holds,
        reviews.c.opened_at,
        reviews.c.decided_at,
    ).where(
        or_(
            and_(reviews.c.opened_at >= _BEGIN, reviews.c.opened_at < _END),
            and_(reviews.c.decided_at >= _BEGIN, reviews.c.decided_at < _END),
        ),
    )
)


class Reporting(Addresses):
    def stops(
        self, begin: datetime, end: datetime, cursor: str = "", limit: int = 200
    ) -> list[ReportedEntry]:
        """Those recorded from `begin` until before `end`, in the order of recording."""
        at, _, rest = cursor.partition(".")
        addr, _, number = rest.partition(".")
        rows = self._main.all(
            _STOPS,
            begin=max(micros(begin), int(at or 0)),
            end=micros(end),
            seen_at=int(at or -1),
            seen=bytes.fromhex(addr),
            number=int(number or 0),
            limit=limit,
        )
        return [self._reported(row) for row in rows]

    def answers(
        self, begin: datetime, end: datetime, cursor: str = "", limit: int = 500
    ) -> list[ReportedAnswer]:
        """The automatic answers promised from `begin` until before `end`, oldest first."""
        at, _, seen = cursor.partition(".")
        rows = self._main.all(
            _ANSWERS,
            begin=max(micros(begin), int(at or 0)),
            end=micros(end),
            seen_at=int(at or -1),
            seen=seen,
            limit=limit,
        )
        return [
            ReportedAnswer(
                channel=Channel(row[2]),
                confirmation=bool(row[3]),
                state=OutboxState(row[4]),
                acted_at=instant(row[5]),
                told_at=instant_or_none(row[6]),
                earlier=row[7],
                cursor=f"{row[0]}.{row[1]}",
            )
            for row in rows
        ]

    def imported(self, begin: datetime, end: datetime) -> dict[Channel, int]:
        """How many records of other systems' lists were recorded."""
        rows = self._main.all(_IMPORTED, begin=micros(begin), end=micros(end))
        return {Channel(channel): count for channel, count in rows}

    def sends_after_stop(self, begin: datetime, end: datetime) -> list[SendsAfterStop]:
        """What the company said it sent to whoever was blocked."""
        rows = self._main.all(_AFTER_STOP, begin=micros(begin), end=micros(end))
        return [
            SendsAfterStop(channel=Channel(row[0]) if row[0] else None, sender=row[1], count=row[2])
            for row in rows
        ]

    def reviewed(self, begin: datetime, end: datetime) -> Iterator[ReportedReview]:
        """The reviews opened or decided from `begin` until before `end`."""
        for row in self._main.all(_REVIEWED, begin=micros(begin), end=micros(end)):
            yield ReportedReview(
                cause=ReviewCause(row[0]),
                channel=Channel(row[1]),
                held=row[2] is not None,
                opened_at=instant(row[3]),
                decided_at=instant_or_none(row[4]),
            )

    def _reported(self, row: Row) -> ReportedEntry:
        addr, entry = row[0], self._wordless(row)
        origin, between = None, int(row[11])
        if "review" in entry.facts:
            found = self._main.one(_ORIGIN, addr=addr, review=entry.facts["review"])
            origin = None if found is None else self._wordless(found)
        if origin is not None and origin.kind is EntryKind.HELD:  # blocked since then
            counted = self._main.one(
                _SENT_BETWEEN,
                addr=addr,
                begin=micros(origin.effective_at),
                end=micros(origin.recorded_at),
            )
            assert counted is not None
            between = int(counted[0])
        return ReportedEntry(
            channel=Channel(row[4]),
            address=self.address(addr),
            entry=entry,
            origin=origin,
            promised=bool(row[12]),
            told_at=instant_or_none(row[10]),
            sends_between=between,
            cursor=f"{row[7]}.{addr.hex()}.{row[1]}",
        )

    def _wordless(self, row: Row) -> LedgerEntry:
        addr, entry_id = row[0], row[2]
        facts = self.open_for(addr, row[9], "ledger", entry_id, "facts")
        return LedgerEntry(
            id=entry_id,
            number=row[1],
            kind=EntryKind(row[3]),
            message_id=row[5],
            scope=None if row[6] is None else Scope.parse(row[6]),
            recorded_at=instant(row[7]),
            effective_at=instant(row[8]),
            facts={} if facts is None else json.loads(facts),
            words=None,
        )
