"""Suppressions: the current state that follows from the entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, or_, select, tuple_

from bot.model import Change, Hold, Scope, Suppression
from bot.replay import STRENGTH
from storage.addresses import Addresses
from storage.rows import AddressSuppression
from storage.schema import suppressions
from storage.sql import (
    Insertion,
    Row,
    Statement,
    among,
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    named,
    param,
)

_C = suppressions.c
_ADDR = param("addr")
_SCOPE = param("scope")
_STANDING = Statement(
    select(*suppressions.c)
    .where(_C.addr == _ADDR, or_(_C.until.is_(None), _C.until > param("now")))
    .order_by(_C.scope),
    of_one=True,
)
_MANY_KEYS = 256
_MANY = Statement(
    select(*suppressions.c).where(
        among(_C.addr, _MANY_KEYS), or_(_C.until.is_(None), _C.until > param("now"))
    )
)
_ONE = Statement(select(*suppressions.c).where(_C.addr == _ADDR, _C.scope == _SCOPE), of_one=True)
_AFTER = Statement(
    select(*suppressions.c)
    .where(tuple_(_C.addr, _C.scope) > tuple_(_ADDR, _SCOPE))
    .order_by(_C.addr, _C.scope)
    .limit(param("limit"))
)
_SET = Insertion(suppressions, "hold", "since", "until", "entry_id", "flags")
_LIFT = Statement(delete(suppressions).where(_C.addr == _ADDR, _C.scope == _SCOPE))


class Suppressions(Addresses):
    def suppressions(self, addr: bytes, now: datetime) -> tuple[Suppression, ...]:
        """What the address must not get now. Pauses that ended are left out."""
        if self._has_none(addr, suppressions):
            return ()
        rows = self._main.all(_STANDING, addr=addr, now=micros(now))
        return tuple(_suppression(row) for row in rows)

    def suppressions_of(
        self, addrs: Sequence[bytes], now: datetime
    ) -> dict[bytes, tuple[Suppression, ...]]:
        """As `suppressions`, for any number of addresses; those that may get all are left out."""
        found: dict[bytes, tuple[Suppression, ...]] = {}
        for start in range(0, len(addrs), _MANY_KEYS):
            chunk = addrs[start : start + _MANY_KEYS]
            for row in self._main.all(_MANY, now=micros(now), **named(chunk, _MANY_KEYS)):
                found[row[0]] = (*found.get(row[0], ()), _suppression(row))
        return found

    def apply(self, addr: bytes, change: Change, since: datetime, entry_id: str) -> None:
        """Suppress or lift one scope.

        A weaker hold never replaces a stronger one, and flags are only ever added until the scope
        is lifted (promise 4: opt-out wins).
        """
        scope = str(change.scope)
        if change.hold is None:
            self._main.run(_LIFT, addr=addr, scope=scope)
            return
        row = None
        if not self._has_none(addr, suppressions):
            row = self._main.one(_ONE, addr=addr, scope=scope)
        new = Suppression(
            scope=change.scope,
            hold=change.hold,
            since=since,
            until=change.until,
            entry_id=entry_id,
            flags=change.flags,
        )
        kept = new if row is None else _merged(_suppression(row), new)
        self._keep(
            _SET,
            addr=addr,
            scope=scope,
            hold=kept.hold.value,
            since=micros(kept.since),
            until=micros_or_none(kept.until),
            entry_id=kept.entry_id,
            flags=",".join(sorted(kept.flags)),
        )

    def all_suppressions(self, cursor: str = "", limit: int = 500) -> list[AddressSuppression]:
        """Suppressions of all addresses, ended pauses included, by address hash and scope.

        `cursor` is that of the last one seen, empty to begin.
        """
        addr, _, scope = cursor.partition(".")
        rows = self._main.all(_AFTER, addr=bytes.fromhex(addr), scope=scope, limit=limit)
        return [
            AddressSuppression(
                addr=row[0],
                address=self.address(row[0]),
                suppression=_suppression(row),
                cursor=f"{row[0].hex()}.{row[1]}",
            )
            for row in rows
        ]


def _merged(old: Suppression, new: Suppression) -> Suppression:
    stronger = new if STRENGTH[new.hold] >= STRENGTH[old.hold] else old
    return replace(stronger, flags=old.flags | new.flags)


def _suppression(row: Row) -> Suppression:
    return Suppression(
        scope=Scope.parse(row[1]),
        hold=Hold(row[2]),
        since=instant(row[3]),
        until=instant_or_none(row[4]),
        entry_id=row[5],
        flags=frozenset(row[6].split(",")) if row[6] else frozenset(),
    )
