"""Working days, counted so that no reading of the rule can find the result too late.

The day of the act does not count. Saturdays, Sundays and the holidays of the whole country are
left out; a holiday of only one state or province is not, because it could only delay. The hour
of the act stays: a deadline ends then, not at the end of its day. A wide country has several
dates at once, so it is counted on its east and its west coast and the earlier result holds.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.model import utc

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`country` is ISO 3166; `zones` its easternmost and westernmost time zone (one may do)."""

    country: str
    zones: tuple[str, ...]


US = Calendar(country="US", zones=("America/New_York", "Pacific/Honolulu"))  # federal holidays
CA = Calendar(country="CA", zones=("America/St_Johns", "America/Vancouver"))
AU = Calendar(country="AU", zones=("Australia/Sydney", "Australia/Perth"))
SG = Calendar(country="SG", zones=("Asia/Singapore",))


def after(calendar: Calendar, since: datetime, days: int) -> datetime:
    """The instant `days` working days after `since`, in UTC."""
    return min(_after_in(calendar.country, zone, since, days) for zone in calendar.zones)


def _after_in(country: str, zone: str, since: datetime, days: int) -> datetime:
    local = since.astimezone(ZoneInfo(zone))
    last = _nth_after(country, local.date(), days)
    # the same hour on the clock there, whatever a change to or from summer time lay between
    return utc(local.replace(year=last.year, month=last.month, day=last.day, fold=0))


@lru_cache(maxsize=4096)
def _nth_after(country: str, day: date, days: int) -> date:
    holidays = _holidays(country)
    while days:
        day += _DAY
        days -= day.weekday() < _SATURDAY and day not in holidays
    return day


@lru_cache
def _holidays(country: str) -> Container[date]:
    import holidays  # takes longer to load than all the rest: only who asks for a deadline waits

    return holidays.country_holidays(country)
