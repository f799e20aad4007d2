"""Seals as they are kept: which there are, which entry each holds, and what no seal holds yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, insert, or_, select, tuple_

from bot.register import bounds
from bot.seal import Item, Seal
from storage.errors import Conflict
from storage.ledger import Ledger
from storage.schema import ledger, sealed, seals, shelves
from storage.sql import Row, Statement, instant, micros, param, upsert

NEWEST = 1 << 62
_LOCK_NUMBER = 0x5365616C  # any number that nobody else locks: "Seal"
_L, _S = ledger.c, sealed.c
_HERE = and_(_S.addr == _L.addr, _S.number == _L.number)
_LATEST = Statement(
    select(*seals.c).where(seals.c.number <= param("most")).order_by(seals.c.number.desc()).limit(1)
)
_SEAL = Statement(select(*seals.c).where(seals.c.number == param("number")))
_SEALS_AFTER = Statement(
    select(*seals.c)
    .where(seals.c.number > param("number"))
    .order_by(seals.c.number)
    .limit(param("limit"))
)
_UNSEALED_SINCE = Statement(
    select(_L.addr, _L.number, _L.leaf, _L.recorded_at)
    .where(_L.recorded_at >= param("since"), ~exists().where(_HERE))
    .order_by(_L.recorded_at, _L.addr, _L.number)
    .limit(param("limit"))
)
_PAGE = Statement(
    select(_L.addr, _L.number, _L.leaf, _S.seal)
    .select_from(ledger.outerjoin(sealed, _HERE))
    .where(tuple_(_L.addr, _L.number) > tuple_(param("addr"), param("number")))
    .order_by(_L.addr, _L.number)
    .limit(param("limit"))
)
_MEMBERS = Statement(
    select(_S.addr, _S.number, _S.leaf, _S.position, _L.leaf)
    .select_from(sealed.outerjoin(ledger, _HERE))
    .where(_S.seal == param("seal"))
    .order_by(_S.position)
)
_BEYOND = Statement(select(func.count()).where(or_(_S.seal > param("seal"), _S.seal < 1)))
_PLACES = Statement(select(_S.number, _S.seal, _S.position).where(_S.addr == param("addr")))
_SHELF = Statement(
    select(_S.addr, _S.number, _S.leaf)
    .where(_S.addr >= param("first"), _S.addr < param("after"), _S.seal <= param("most"))
    .order_by(_S.seal, _S.position)
)
_SHELVES = Statement(select(*shelves.c).where(shelves.c.shelf >= 0))
_ADD_SEAL = Statement(insert(seals))
_ADD_SEALED = Statement(insert(sealed))
_SET_SHELF = upsert(shelves, "digest")
_LOCK = Statement(select(func.pg_advisory_xact_lock(param("number"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an entry is sealed; `position` counts from 0 within the seal."""

    seal: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An entry as it was sealed, and its leaf as the ledger has it now, None where it is gone."""

    item: Item
    position: int
    leaf_now: bytes | None


class Seals(Ledger):
    def lock_seals(self) -> None:
        """Let nobody else seal or publish until this unit ended."""
        if self._main.dialect == "postgresql":
            self._main.one(_LOCK, number=_LOCK_NUMBER)

    def latest_seal(self) -> Seal | None:
        row = self._main.one(_LATEST, most=NEWEST)
        return None if row is None else _seal(row)

    def seal(self, number: int) -> Seal | None:
        row = self._main.one(_SEAL, number=number)
        return None if row is None else _seal(row)

    def seals_after(self, number: int, limit: int) -> list[Seal]:
        return [_seal(row) for row in self._main.all(_SEALS_AFTER, number=number, limit=limit)]

    def unsealed_since(self, moment: datetime, limit: int) -> tuple[list[Item], datetime]:
        """Entries recorded at `moment` or later that no seal holds, oldest first.

        The second is when the last of them was recorded.
        """
        rows = self._main.all(_UNSEALED_SINCE, since=micros(moment), limit=limit)
        return [_item(row) for row in rows], instant(rows[-1][3]) if rows else moment

    def unsealed_of_page(self, after: Item | None, limit: int) -> tuple[list[Item], Item | None]:
        """Of the next `limit` entries, by address, those that no seal holds; and the last one.

        The last one is None where there are no more.
        """
        cursor: dict[str, Any] = {"addr": b"", "number": 0}
        if after is not None:
            cursor = {"addr": after.addr, "number": after.number}
        rows = self._main.all(_PAGE, limit=limit, **cursor)
        return [_item(row) for row in rows if row[3] is None], _item(rows[-1]) if rows else None

    def members(self, seal: int) -> list[Member]:
        """What the seal holds, in the order of its tree."""
        return [
            Member(item=_item(row), position=row[3], leaf_now=row[4])
            for row in self._main.all(_MEMBERS, seal=seal)
        ]

    def members_beyond(self, seal: int) -> int:
        """How many entries lie in seals after this one, or in none that could be."""
        row = self._main.one(_BEYOND, seal=seal)
        assert row is not None
        return int(row[0])

    def places(self, addr: bytes) -> dict[int, Place]:
        """Where the entries of an address are sealed, by their number."""
        return {
            row[0]: Place(seal=row[1], position=row[2])
            for row in self._main.all(_PLACES, addr=addr)
        }

    def shelf(self, shelf: int, up_to: int = NEWEST) -> list[Item]:
        """One shelf of the register as of seal `up_to`, in the order of sealing."""
        first, after = bounds(shelf)
        rows = self._main.all(_SHELF, first=first, after=after, most=up_to)
        return [_item(row) for row in rows]

    def shelves(self) -> dict[int, bytes]:
        """The register as of the newest seal: the digests of all shelves that are not empty."""
        return dict(self._main.all(_SHELVES))

    def add_seal(self, seal: Seal, items: Sequence[Item], changed: Mapping[int, bytes]) -> None:
        """Keep a seal with its members in their order, and the shelves that it changes.

        Raises:
            Conflict: somebody else has sealed since this one was made.
        """
        self.lock_seals()
        before = self.latest_seal()
        if (before.hash if before else b"") != (seal.prev if before else b""):
            raise Conflict("another sealer was first")
        if (before.number if before else 0) + 1 != seal.number:
            raise Conflict("another sealer was first")
        self._main.run(_ADD_SEAL, **{name: getattr(seal, name) for name in Seal.__slots__})
        self._main.run_many(_ADD_SEALED, list(_rows(seal.number, items)))
        self._main.run_many(
            _SET_SHELF, [{"shelf": shelf, "digest": digest} for shelf, digest in changed.items()]
        )


def _rows(seal: int, items: Iterable[Item]) -> Iterable[dict[str, Any]]:
    for position, item in enumerate(items):
        yield {
            "addr": item.addr,
            "number": item.number,
            "seal": seal,
            "position": position,
            "leaf": item.leaf,
        }


def _item(row: Row) -> Item:
    return Item(*row[:3])


def _seal(row: Row) -> Seal:
    return Seal(**dict(zip(Seal.__slots__, row, strict=True)))
