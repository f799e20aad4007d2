"""Retention: what people wrote becomes unreadable when it has served its purpose.

Words have a key per entry, so that they go alone: the entry, its facts and the suppression stay,
and the ledger still verifies. Each pass walks forward in time and keeps its place, so that a day's
work is a day's entries (`docs/decisions/0012-words-end-in-passes.md`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, null, or_, select, tuple_, update

from bot.model import EntryKind, Verdict
from storage.errors import Unreadable
from storage.ledger import Ledger
from storage.rows import OutboxState
from storage.schema import ledger, outbox, reviews, settings
from storage.sql import Row, Statement, micros, param, upsert, word

# An opt-in belongs to the proof of the opt-out that it ended.
PROOF = frozenset(
    {
        EntryKind.OPTED_OUT,
        EntryKind.OPTED_IN,
        EntryKind.PROVIDER_BLOCK,
        EntryKind.IMPORTED,
        EntryKind.REVERTED,
    }
)
BLOCKING = (Verdict.OPT_OUT, Verdict.WRONG_NUMBER, Verdict.ERASURE)
_L, _R, _O = ledger.c, reviews.c, outbox.c
# A person made an opt-out of these words, or may still do so.
_LED_TO_STOP = exists().where(
    _R.addr == _L.addr,
    _R.entry_id == _L.id,
    or_(
        _R.state == word("open"),
        _R.verdict.in_([one.value for one in BLOCKING]),
    ),
)
_ENTRIES = Statement(
    select(_L.recorded_at, _L.addr, _L.number, _L.id, _L.kind, _LED_TO_STOP)
    .where(
        _L.recorded_at >= param("since"),
        _L.recorded_at < param("before"),
        tuple_(_L.recorded_at, _L.addr, _L.number)
        > tuple_(param("since"), param("addr"), param("number")),
    )
    .order_by(_L.recorded_at, _L.addr, _L.number)
    .limit(param("limit"))
)
_ITEMS = Statement(
    select(_O.created_at, _O.id, _O.addr, _O.payload_ct, _O.raw_ct, _O.state)
    .where(
        _O.created_at < param("before"),
        tuple_(_O.created_at, _O.id) > tuple_(param("since"), param("id")),
    )
    .order_by(_O.created_at, _O.id)
    .limit(param("limit"))
)
_REWRITE = Statement(
    update(outbox)
    .where(_O.addr == param("address"), _O.id == param("item"))
    .values(payload_ct=param("new_payload"), raw_ct=null(), state=param("new_state"))
)
_PLACE = Statement(select(settings.c.value).where(settings.c.name == param("name")))
_KEEP_PLACE = upsert(settings, "value")


class Pass(StrEnum):
    """What is walked through; each keeps its own place."""

    WORDS = "words"  # those that led to no opt-out
    PROOF = "proof"  # the others
    MAILS = "mails"  # originals and subjects that the outbox still holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """`more`: go on at once, further rows may be due."""

    forgotten: int
    more: bool


class Retention(Ledger):
    def sweep(self, what: Pass, before: datetime, limit: int) -> Swept:
        """Make unreadable what was kept before `before`, in the next `limit` rows at most."""
        since, *place = (self._place(what) or "0..0").split(".")
        params = {"since": int(since), "before": micros(before), "limit": limit}
        if what is Pass.MAILS:
            rows = self._main.all(_ITEMS, id=place[0], **params)
            forgotten = sum(self._forget_mail(row) for row in rows)
        else:
            addr, number = bytes.fromhex(place[0]), int(place[1])
            rows = self._main.all(_ENTRIES, addr=addr, number=number, **params)
            forgotten = self._forget_words_of(rows, all_kinds=what is Pass.PROOF)
        if rows:
            last = [part.hex() if isinstance(part, bytes) else str(part) for part in rows[-1][:3]]
            self._main.run(_KEEP_PLACE, name=_name(what), value=".".join(last))
        if forgotten:
            self.ask_to_shred()
        return Swept(forgotten=forgotten, more=len(rows) == limit)

    def sweep_from_the_start(self) -> None:
        """Forget the places: after a restore, keys that were destroyed may be back."""
        for what in Pass:
            self._main.run(_KEEP_PLACE, name=_name(what), value="")

    def _place(self, what: Pass) -> str:
        row = self._main.one(_PLACE, name=_name(what))
        return "" if row is None else str(row[0])

    def _forget_words_of(self, rows: Sequence[Row], *, all_kinds: bool) -> int:
        due = [row for row in rows if all_kinds or not (row[4] in PROOF or row[5])]
        return sum(self.forget_words(addr, entry_id) for _, addr, _, entry_id, *_ in due)

    def _forget_mail(self, row: Row) -> bool:
        """Drop the person's mail and its subject; what was never sent is not sent any more."""
        _, item_id, addr, payload_ct, raw_ct, state = row
        try:
            payload = self.open_for(addr, payload_ct, "outbox", item_id, "payload")
        except Unreadable:  # somebody altered it: left as it is, and not in the way of the rest
            return False
        kept = {} if payload is None else json.loads(payload)
        told = kept.pop("thread", None)
        unsent = state in (OutboxState.PENDING, OutboxState.PARKED)
        if payload is None or not (told or raw_ct or unsent):
            return False
        self._main.run(
            _REWRITE,
            address=addr,
            item=item_id,
            new_payload=self.seal_for(
                addr, json.dumps(kept).encode(), "outbox", item_id, "payload"
            ),
            new_state=OutboxState.DROPPED.value if unsent else state,
        )
        return True


def _name(what: Pass) -> str:
    return f"retention_{what}"
