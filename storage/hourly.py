"""How often something happened within the hour, over all processes: what a ceiling is held by.

Several at once see the same number, so that a ceiling may be passed by as many as there are. On
PostgreSQL those that count for the same domain or source commit one after the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import case, delete, func, select

from storage.addresses import Addresses
from storage.schema import hourly
from storage.sql import Statement, adding, micros, param

HOUR = timedelta(hours=1)
_H = hourly.c
_COUNT = adding(hourly, "times")
_TIMES = Statement(
    select(
        func.coalesce(func.sum(case((_H.whom == param("whom"), _H.times), else_=0)), 0),
        func.coalesce(func.sum(_H.times), 0),
    ).where(_H.what == param("what"), _H.hour == param("hour"))
)
_FORGET = Statement(delete(hourly).where(_H.what == param("what"), _H.hour < param("hour")))


class Counted(StrEnum):
    MAIL_ANSWER = "mail_answer"  # by the domain that it went to
    UNPROVED_STOP = "unproved_stop"  # by the source that it came from
    CEILING_TOLD = "ceiling_told"  # by that domain, or for all: that people were told
    FLOOD_TOLD = "flood_told"  # by source: that people were told


class Times(NamedTuple):
    """Within this hour: of this one, and of all."""

    one: int
    all: int


class Hourly(Addresses):
    def count(self, what: Counted, whom: str, now: datetime) -> None:
        """Once more. Of `whom` only a keyed hash is kept."""
        self._main.run(_COUNT, what=what.value, hour=_hour(now), whom=self._of(what, whom), times=1)

    def times(self, what: Counted, whom: str, now: datetime) -> Times:
        row = self._main.one(_TIMES, what=what.value, hour=_hour(now), whom=self._of(what, whom))
        return Times(int(row[0]), int(row[1])) if row else Times(0, 0)

    def forget_counts(self, now: datetime) -> None:
        """Nobody asks any more how often it was in hours past."""
        for what in Counted:
            self._main.run(_FORGET, what=what.value, hour=_hour(now - HOUR))

    def _of(self, what: Counted, whom: str) -> bytes:
        return self._vault.reference_hash(f"{what.value}:{whom}")


def _hour(now: datetime) -> int:
    """Hours since 1970, UTC."""
    return micros(now) // (HOUR // timedelta(microseconds=1))
