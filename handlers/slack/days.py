"""The last days of the review desk, counted: for the home view's bars and the daily digest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from statistics import median

from storage import Session

BAR, WIDEST = "█", 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """`median_wait` is None where nobody decided anything."""

    on: date
    opened: int
    decided: int
    median_wait: timedelta | None


def last_days(session: Session, count: int, now: datetime, zone: tzinfo) -> list[Day]:
    """The last `count` days in that zone, today the last."""
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
    since = datetime.combine(dates[0], datetime.min.time(), zone)
    opened = Counter(one.astimezone(zone).date() for one in session.opened_since(since))
    waits: dict[date, list[float]] = {}  # seconds
    for one in session.decided_since(since):
        waits.setdefault(one.at.astimezone(zone).date(), []).append(one.waited.total_seconds())
    return [
        Day(
            on=on,
            opened=opened[on],
            decided=len(waits.get(on, ())),
            median_wait=timedelta(seconds=median(waits[on])) if on in waits else None,
        )
        for on in dates
    ]


def bars(days: list[Day]) -> str:
    """One line each: what came as a bar, how much was decided, and how long it waited."""
    most = max((day.opened for day in days), default=0)
    return "\n".join(_line(day, most) for day in days)


def _line(day: Day, most: int) -> str:
    width = 0 if not day.opened else max(1, round(WIDEST * day.opened / most))
    waited = "" if day.median_wait is None else f", median wait {_span(day.median_wait)}"
    bar = BAR * width
    return f"{day.on:%a %d %b} {bar:<{WIDEST}} {day.opened} came, {day.decided} decided{waited}"


def _span(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"  # noqa: PLR2004
