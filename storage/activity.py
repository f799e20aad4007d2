"""What came to people and what they decided, counted over some days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.model import Verdict
from storage.addresses import Addresses
from storage.reviews import review_of
from storage.rows import Review
from storage.schema import reviews
from storage.sql import Statement, instant, micros, param, word

_C = reviews.c
_OPENED = Statement(select(_C.opened_at).where(_C.opened_at >= param("since")))
_DECIDED = Statement(
    select(_C.opened_at, _C.decided_at, _C.verdict, _C.decided_by).where(
        _C.decided_at >= param("since")
    )
)
_MINE = Statement(
    select(*reviews.c)
    .where(_C.state == word("open"), _C.assigned_to == param("whom"))
    .order_by(_C.due_at, _C.id)
    .limit(param("limit"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedReview:
    """When it was decided, how long it had waited, how and by whom."""

    at: datetime
    waited: timedelta
    verdict: Verdict
    by: str


class Activity(Addresses):
    def opened_since(self, since: datetime) -> list[datetime]:
        """When each review was opened, from `since` on."""
        return [instant(row[0]) for row in self._main.all(_OPENED, since=micros(since))]

    def decided_since(self, since: datetime) -> list[DecidedReview]:
        """Each review that was decided from `since` on and is so still."""
        return [
            DecidedReview(
                at=instant(row[1]),
                waited=instant(row[1]) - instant(row[0]),
                verdict=Verdict(row[2]),
                by=row[3],
            )
            for row in self._main.all(_DECIDED, since=micros(since))
        ]

    def assigned(self, actor: str, limit: int) -> list[Review]:
        """The open ones that this actor has taken on, the most urgent first."""
        return [review_of(row) for row in self._main.all(_MINE, whom=actor, limit=limit)]
