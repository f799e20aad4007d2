"""Reviews: what a machine should not decide alone waits here for a person, under a clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, null, or_, select, tuple_, update

from bot.model import Channel, NewReview, ReviewCause, Scope, Verdict
from storage.addresses import Addresses
from storage.rows import Review, ReviewState
from storage.schema import reviews
from storage.sql import (
    Insertion,
    Row,
    Statement,
    instant,
    instant_or_none,
    micros,
    param,
    plain,
    word,
)

_C = reviews.c
_ADDR = param("addr")
_ID = param("review_id")
_ALL = select(*reviews.c)
_ADD = Insertion(reviews)
_ONE = Statement(_ALL.where(_C.id == _ID))
_OPEN = Statement(
    _ALL.where(
        _C.state == word("open"), tuple_(_C.due_at, _C.id) > tuple_(param("due"), param("id"))
    )
    .order_by(_C.due_at, _C.id)
    .limit(param("limit"))
)
_DUE = Statement(
    _ALL.where(_C.state == word("open"), _C.due_at <= param("now"))
    .order_by(_C.due_at, _C.id)
    .limit(param("limit"))
)
_DUE_HOLDS = Statement(
    _ALL.where(_C.state == word("open"), _C.holds.is_not(None), _C.due_at <= param("now"))
    .order_by(_C.due_at, _C.id)
    .limit(param("limit"))
)
_OF = Statement(_ALL.where(_C.addr == _ADDR).order_by(_C.opened_at, _C.id), of_one=True)
_OPEN_COUNT = Statement(select(func.count()).where(_C.state == "open"))
_COUNT = Statement(select(func.count()).where(_C.addr == _ADDR, _C.state == word("open")))
_AS_SEEN = update(reviews).where(
    _C.addr == _ADDR,
    _C.id == _ID,
    _C.state == word("open"),
    or_(param("seen") < 0, _C.version == param("seen")),
)
_DECIDE = Statement(
    _AS_SEEN.values(
        state="decided",
        version=_C.version + 1,
        verdict=param("new_verdict"),
        decided_by=param("by"),
        decided_at=param("at"),
    )
)
_REOPEN = Statement(
    update(reviews)
    .where(
        _C.addr == _ADDR,
        _C.id == _ID,
        _C.state == word("decided"),
        or_(param("seen") < 0, _C.version == param("seen")),
    )
    .values(
        state="open",
        version=_C.version + 1,
        verdict=null(),
        decided_by="",
        decided_at=null(),
        due_at=param("due"),
    )
)
_MOVE_ON = Statement(_AS_SEEN.values(version=_C.version + 1))
_ASSIGN = Statement(
    update(reviews)
    .where(_C.addr == _ADDR, _C.id == _ID, _C.state == word("open"))
    .values(assigned_to=param("whom"))
)
_CARD = Statement(
    update(reviews)
    .where(_C.addr == _ADDR, _C.id == _ID)
    .values(
        card_team=param("team"),
        card_channel=param("place"),
        card_ts=param("ts"),
        card_state=param("shown"),
    )
)


class Reviews(Addresses):
    def open_review(
        self,
        addr: bytes,
        review: NewReview,
        *,
        id: str,  # noqa: A002 - callers say id
        sender: str,
        channel: Channel,
        entry_id: str,
        opened_at: datetime,
    ) -> Review:
        """Open a review; its version is 1.

        Raises:
            Conflict: there is one of this id.
        """
        opened = Review(
            id=id,
            addr=addr,
            cause=review.cause,
            sender=plain(sender),
            channel=channel,
            entry_id=entry_id,
            holds=review.holds,
            state=ReviewState.OPEN,
            version=1,
            opened_at=opened_at,
            due_at=review.due_at,
        )
        self._keep(
            _ADD,
            addr=addr,
            id=id,
            cause=opened.cause.value,
            sender=opened.sender,
            channel=channel.value,
            entry_id=entry_id,
            holds=None if opened.holds is None else str(opened.holds),
            state=opened.state.value,
            version=opened.version,
            opened_at=micros(opened_at),
            due_at=micros(opened.due_at),
            verdict=None,
            decided_by="",
            decided_at=None,
            card_team="",
            card_channel="",
            card_ts="",
            card_state="",
            assigned_to="",
        )
        return opened

    def review(self, review_id: str) -> Review | None:
        row = self._main.one(_ONE, review_id=review_id)
        return None if row is None else review_of(row)

    def open_reviews(self, limit: int = 100, cursor: str = "") -> list[Review]:
        """Open ones, the most urgent first. `cursor` is that of the last one seen."""
        due, _, last = cursor.partition(".")
        rows = self._main.all(_OPEN, due=int(due or -(2**62)), id=last, limit=limit)
        return [review_of(row) for row in rows]

    def due_reviews(self, now: datetime, limit: int = 100) -> list[Review]:
        """Open ones whose clock has run out."""
        return [review_of(row) for row in self._main.all(_DUE, now=micros(now), limit=limit)]

    def open_count(self) -> int:
        """How many reviews wait, of all addresses."""
        row = self._main.one(_OPEN_COUNT)
        assert row is not None
        return int(row[0])

    def due_holds(self, now: datetime, limit: int = 100) -> list[Review]:
        """Open ones that suppress provisionally and whose clock has run out."""
        return [review_of(row) for row in self._main.all(_DUE_HOLDS, now=micros(now), limit=limit)]

    def reviews_of(self, addr: bytes) -> list[Review]:
        """All of the address, oldest first."""
        if self._has_none(addr, reviews):
            return []
        return [review_of(row) for row in self._main.all(_OF, addr=addr)]

    def count_reviews(self, addr: bytes) -> int:
        """How many are open."""
        row = self._main.one(_COUNT, addr=addr)
        assert row is not None
        return int(row[0])

    def decide_review(
        self,
        addr: bytes,
        review_id: str,
        version: int | None,
        verdict: Verdict,
        by: str,
        at: datetime,
    ) -> bool:
        """Close an open review. False if it was decided, or moved on from `version`, before.

        `version` None accepts any open one.
        """
        return bool(
            self._main.run(
                _DECIDE,
                addr=addr,
                review_id=review_id,
                seen=-1 if version is None else version,
                new_verdict=verdict.value,
                by=plain(by),
                at=micros(at),
            )
        )

    def reopen_review(
        self, addr: bytes, review_id: str, version: int | None, due_at: datetime
    ) -> bool:
        """Open a decided review again, under a clock of its own. False as `decide_review`."""
        seen = -1 if version is None else version
        return bool(
            self._main.run(_REOPEN, addr=addr, review_id=review_id, seen=seen, due=micros(due_at))
        )

    def move_on(self, addr: bytes, review_id: str, version: int | None) -> bool:
        """Keep it open under its next version. False as `decide_review`."""
        seen = -1 if version is None else version
        return bool(self._main.run(_MOVE_ON, addr=addr, review_id=review_id, seen=seen))

    def assign(self, addr: bytes, review_id: str, actor: str) -> bool:
        """Note who has taken it on; no right follows from it. False: it is not open."""
        return bool(self._main.run(_ASSIGN, addr=addr, review_id=review_id, whom=plain(actor)))

    def set_card(
        self, addr: bytes, review_id: str, team: str, channel: str, ts: str, state: str
    ) -> None:
        """Where its Slack message stands, and what that shows."""
        self._main.run(
            _CARD, addr=addr, review_id=review_id, team=team, place=channel, ts=ts, shown=state
        )


def review_of(row: Row) -> Review:
    return Review(
        addr=row[0],
        id=row[1],
        cause=ReviewCause(row[2]),
        sender=row[3],
        channel=Channel(row[4]),
        entry_id=row[5],
        holds=None if row[6] is None else Scope.parse(row[6]),
        state=ReviewState(row[7]),
        version=row[8],
        opened_at=instant(row[9]),
        due_at=instant(row[10]),
        verdict=None if row[11] is None else Verdict(row[11]),
        decided_by=row[12],
        decided_at=instant_or_none(row[13]),
        card_team=row[14],
        card_channel=row[15],
        card_ts=row[16],
        card_state=row[17],
        assigned_to=row[18],
        cursor=f"{row[10]}.{row[1]}",
    )
