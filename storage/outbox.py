"""The outbox: answers and notices, promised in the transaction that decided them.

An answer is committed as `sending` before the call. Where the end of the call is lost it becomes
`unknown` and is never sent again; a notice is sent again (docs/design.md: Confirmation).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import and_, func, null, or_, select, tuple_, update

from bot.model import Channel
from storage.addresses import Addresses
from storage.rows import OutboxItem, OutboxState
from storage.schema import outbox
from storage.sql import (
    Insertion,
    Row,
    Statement,
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    param,
    plain,
    word,
)

_C = outbox.c
_ADDR = param("addr")
_ID = param("item_id")
_NOW = param("now")
_KEY = tuple_(_C.addr, _C.id)
# The very words of the partial index: SQLite takes the index only where they stand.
_WAITING = _C.state.in_([word("pending"), word("sending"), word("parked")])
_ADD = Insertion(outbox)
_EXPIRE = Statement(
    update(outbox)
    .where(
        _WAITING,
        _C.state == word("pending"),
        _C.due_at <= _NOW,
        _C.expires_at <= _NOW,
    )
    .values(state="dropped", error="expired")
    .returning(*outbox.c)
)
_LOSE = Statement(
    update(outbox)
    .where(_WAITING, _C.state == word("sending"), _C.repeatable == 0, _C.lease_until <= _NOW)
    .values(state="unknown", lease_until=null())
    .returning(*outbox.c)
)
_READY = (
    select(_C.addr, _C.id)
    .where(
        _WAITING,
        or_(
            and_(
                _C.state == word("pending"),
                _C.due_at <= _NOW,
                or_(_C.expires_at.is_(None), _C.expires_at > _NOW),
            ),
            and_(_C.state == word("sending"), _C.repeatable == 1, _C.lease_until <= _NOW),
        ),
    )
    .order_by(_C.due_at)
    .limit(param("limit"))
    .with_for_update(skip_locked=True)
)
_CLAIM = Statement(
    update(outbox)
    .where(_KEY.in_(_READY))
    .values(state="sending", tries=_C.tries + 1, lease_until=param("lease"))
    .returning(*outbox.c)
)
_ONE = and_(_C.addr == _ADDR, _C.id == _ID)
_SETTLE = Statement(
    update(outbox)
    .where(
        _ONE,
        or_(_WAITING, _C.state == word("unknown")),
    )
    .values(
        state=param("new_state"),
        lease_until=null(),
        provider_ref=param("ref"),
        error=param("new_error"),
    )
)
_AGAIN = Statement(
    update(outbox)
    .where(_ONE, _C.state.in_([word("sending"), word("parked")]))
    .values(state="pending", lease_until=null(), due_at=param("due"), error=param("why"))
)
_FORGET_RAW = Statement(update(outbox).where(_ONE).values(raw_ct=null()))
_PARK = Statement(
    update(outbox)
    .where(_WAITING, _C.state != word("parked"), _C.repeatable == 0)
    .values(state="parked", lease_until=null())
)
_ITEM = Statement(select(*outbox.c).where(_ONE), of_one=True)
_OF = Statement(select(*outbox.c).where(_C.addr == _ADDR).order_by(_C.created_at, _C.id))
_RECENT = Statement(
    select(*outbox.c).order_by(_C.created_at.desc(), _C.id.desc()).limit(param("limit"))
)
_PARKED = Statement(
    select(*outbox.c).where(_WAITING, _C.state == word("parked")).order_by(_C.due_at, _C.id)
)
_RECENT_ANSWERS = Statement(
    select(func.count()).where(
        _C.addr == _ADDR, _C.repeatable == 0, _C.created_at >= param("since")
    ),
    of_one=True,
)


_ANSWERED_BY = Statement(
    select(func.count()).where(
        _C.addr == _ADDR,
        _C.repeatable == 0,
        _C.sender == param("sender"),
        _C.created_at >= param("since"),
    ),
    of_one=True,
)


_COUNTS = Statement(select(_C.state, func.count()).where(_WAITING).group_by(_C.state))
_UNSETTLED = Statement(
    select(*outbox.c).where(_WAITING).order_by(_C.due_at, _C.id).limit(param("limit"))
)


class Outbox(Addresses):
    def promise(self, item: OutboxItem) -> None:
        """Keep an answer or a notice; a worker sends it when it is due and `pending`.

        Raises:
            StoreError: the address was never touched.
            Conflict: there is an item of this id.
        """
        self._main.promised |= item.state is OutboxState.PENDING
        payload = json.dumps(item.payload).encode()
        self._keep(
            _ADD,
            addr=item.addr,
            id=item.id,
            kind=item.kind,
            channel=item.channel.value,
            provider=plain(item.provider),
            sender=plain(item.sender),
            payload_ct=self.seal_for(item.addr, payload, "outbox", item.id, "payload"),
            raw_ct=None
            if item.raw is None
            else self.seal_for(item.addr, item.raw, "outbox", item.id, "raw"),
            entry_id=item.entry_id,
            message_id=plain(item.message_id),
            confirmation=int(item.confirmation),
            repeatable=int(item.repeatable),
            state=item.state.value,
            created_at=micros(item.created_at),
            due_at=micros(item.due_at),
            expires_at=micros_or_none(item.expires_at),
            tries=item.tries,
            lease_until=micros_or_none(item.lease_until),
            provider_ref=plain(item.provider_ref),
            error=plain(item.error),
        )

    def claim(self, now: datetime, limit: int, lease: timedelta) -> list[OutboxItem]:
        """Take up to `limit` due items to send; nobody else gets them until `lease` is over.

        Send after the commit, then `settle` each. Run `expire` in a unit before this one.
        """
        rows = self._main.all(_CLAIM, now=micros(now), limit=limit, lease=micros(now + lease))
        return sorted((self._item(row) for row in rows), key=lambda item: (item.due_at, item.id))

    def expire(self, now: datetime) -> list[OutboxItem]:
        """What can no longer be sent well, settled so and handed out to be recorded.

        Answers whose sender was lost in mid-call are `unknown`; items past their time `dropped`.
        """
        rows = self._main.all(_LOSE, now=micros(now)) + self._main.all(_EXPIRE, now=micros(now))
        return [self._item(row) for row in rows]

    def settle(
        self,
        addr: bytes,
        item_id: str,
        state: OutboxState,
        *,
        ref: str = "",
        error: str = "",
        due_at: datetime | None = None,
    ) -> bool:
        """Say how the sending ended; `pending` with `due_at` sends it again then.

        False if it was settled already. An `unknown` item may still turn out sent or dropped, but
        is never sent again.

        Raises:
            ValueError: `pending` without `due_at`.
        """
        if state is OutboxState.PENDING:
            if due_at is None:
                raise ValueError("an item that is sent again needs a due_at")
            self._main.promised = True
            return bool(
                self._main.run(
                    _AGAIN, addr=addr, item_id=item_id, due=micros(due_at), why=plain(error)
                )
            )
        settled = self._main.run(
            _SETTLE,
            addr=addr,
            item_id=item_id,
            new_state=state.value,
            ref=plain(ref),
            new_error=plain(error),
        )
        if settled and state is OutboxState.SENT:
            self._main.run(_FORGET_RAW, addr=addr, item_id=item_id)
        return bool(settled)

    def park_unsent(self) -> int:
        """Park every unsent answer: after `restore` or `move` nobody knows what was sent."""
        return self._main.run(_PARK)

    def item(self, addr: bytes, item_id: str) -> OutboxItem | None:
        row = self._main.one(_ITEM, addr=addr, item_id=item_id)
        return None if row is None else self._item(row)

    def outbox(self, addr: bytes) -> list[OutboxItem]:
        """Everything promised to or about the address, oldest first."""
        return [self._item(row) for row in self._main.all(_OF, addr=addr)]

    def recent_outbox(self, limit: int) -> list[OutboxItem]:
        """The last promised items of all addresses, newest first."""
        return [self._item(row) for row in self._main.all(_RECENT, limit=limit)]

    def parked(self) -> list[OutboxItem]:
        return [self._item(row) for row in self._main.all(_PARKED)]

    def unsettled(self, limit: int = 500) -> list[OutboxItem]:
        """What waits, is being sent, or is parked, the oldest first."""
        return [self._item(row) for row in self._main.all(_UNSETTLED, limit=limit)]

    def outbox_counts(self) -> dict[str, int]:
        """How many wait (`pending`), are being sent, and are parked."""
        return {str(row[0]): int(row[1]) for row in self._main.all(_COUNTS)}

    def recent_answers(self, addr: bytes, since: datetime) -> int:
        """How many answers were promised to the address from `since` on."""
        if self._has_none(addr, outbox):
            return 0
        row = self._main.one(_RECENT_ANSWERS, addr=addr, since=micros(since))
        assert row is not None
        return int(row[0])

    def answered_since(self, addr: bytes, sender: str, since: datetime) -> bool:
        """Whether this sender of ours was promised to answer the address from `since` on."""
        if self._has_none(addr, outbox):
            return False
        row = self._main.one(_ANSWERED_BY, addr=addr, sender=sender, since=micros(since))
        return row is not None and row[0] > 0

    def _item(self, row: Row) -> OutboxItem:
        addr, item_id, raw_ct = row[0], row[1], row[7]
        payload = self.open_for(addr, row[6], "outbox", item_id, "payload")
        return OutboxItem(
            addr=addr,
            id=item_id,
            kind=row[2],
            channel=Channel(row[3]),
            provider=row[4],
            sender=row[5],
            address=self.address(addr),
            payload={} if payload is None else json.loads(payload),
            raw=None if raw_ct is None else self.open_for(addr, raw_ct, "outbox", item_id, "raw"),
            entry_id=row[8],
            message_id=row[9],
            confirmation=bool(row[10]),
            repeatable=bool(row[11]),
            state=OutboxState(row[12]),
            created_at=instant(row[13]),
            due_at=instant(row[14]),
            expires_at=instant_or_none(row[15]),
            tries=row[16],
            lease_until=instant_or_none(row[17]),
            provider_ref=row[18],
            error=row[19],
        )
