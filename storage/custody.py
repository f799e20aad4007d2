"""What whoever keeps the desk asks of it: how it stands, and who is erased in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage.addresses import Addresses
from storage.rows import OutboxState
from storage.schema import addresses, outbox, reviews
from storage.sql import Statement, micros, param, word

_O = outbox.c
_AFTER = Statement(
    select(addresses.c.addr, addresses.c.value_ct.is_(None))
    .where(addresses.c.addr > param("after"))
    .order_by(addresses.c.addr)
    .limit(param("limit"))
)
_ENDED = Statement(
    select(_O.state, func.count()).where(_O.created_at >= param("since")).group_by(_O.state)
)
_OVERDUE = Statement(
    select(func.count()).where(reviews.c.state == word("open"), reviews.c.due_at <= param("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An address of which something is recorded. `readable`: its data key is there."""

    addr: bytes
    erased: bool
    readable: bool


class Custody(Addresses):
    def known_after(self, after: bytes, limit: int) -> list[Known]:
        """The next addresses in the order of their hashes; `after` is empty to begin."""
        return [
            Known(addr=addr, erased=bool(erased), readable=self._data_key(addr) is not None)
            for addr, erased in self._main.all(_AFTER, after=after, limit=limit)
        ]

    def outbox_since(self, moment: datetime) -> dict[OutboxState, int]:
        """How many items promised from `moment` on stand in which state."""
        rows = self._main.all(_ENDED, since=micros(moment))
        return {OutboxState(state): int(count) for state, count in rows}

    def overdue_reviews(self, now: datetime) -> int:
        """How many open reviews have outlived their clock."""
        row = self._main.one(_OVERDUE, now=micros(now))
        assert row is not None
        return int(row[0])
