"""Working days by the calendars on the wall; every expectation here was counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import working_days
from bot.working_days import AU, CA, SG, US


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CASES = {
    "Thanksgiving is no business day": (US, 10, "2026-11-25T12:00", "2026-12-10T12:00"),
    "Christmas and New Year": (US, 10, "2026-12-18T15:00", "2027-01-05T15:00"),
    "Independence Day on a Saturday is kept on Friday": (
        US,
        10,
        "2026-07-01T14:00",
        "2026-07-16T14:00",
    ),
    "Christmas and New Year on Saturdays, kept on Fridays of the old year": (
        US,
        10,
        "2027-12-16T15:00",
        "2028-01-03T15:00",
    ),
    "Juneteenth": (US, 10, "2026-06-15T14:00", "2026-06-30T14:00"),
    "a Saturday does not count, nor the Sunday after it": (
        US,
        10,
        "2026-08-15T12:00",
        "2026-08-28T12:00",
    ),
    "Saturday in New York, still Friday in Honolulu": (
        US,
        10,
        "2026-08-15T05:00",
        "2026-08-28T05:00",
    ),
    "clocks go forward in New York, so its noon comes an hour sooner": (
        US,
        10,
        "2027-03-05T17:00",
        "2027-03-19T16:00",
    ),
    "clocks go back in New York, not in Honolulu: the earlier noon": (
        US,
        10,
        "2026-10-26T16:00",
        "2026-11-09T16:00",
    ),
    "the last second of a year": (US, 1, "2026-12-31T23:59:59", "2027-01-04T23:59:59"),
    "Good Friday in Canada, Easter Monday is worked": (
        CA,
        10,
        "2026-03-30T14:00",
        "2026-04-14T14:00",
    ),
    "Canada Day": (CA, 10, "2026-06-29T14:00", "2026-07-14T14:00"),
    "Thanksgiving of the United States is worked in Canada": (
        CA,
        10,
        "2026-11-25T14:00",
        "2026-12-09T14:00",
    ),
    "Easter in Australia, and Sydney's clocks go back": (
        AU,
        5,
        "2026-04-02T01:00",
        "2026-04-13T01:00",
    ),
    "Australia Day": (AU, 5, "2026-01-22T01:00", "2026-01-30T01:00"),
    "Lunar New Year in Singapore": (SG, 10, "2026-02-13T02:00", "2026-03-03T02:00"),
    "National Day on a Sunday is kept on Monday in Singapore": (
        SG,
        10,
        "2026-08-05T02:00",
        "2026-08-20T02:00",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_day_that_the_calendar_on_the_wall_shows(name: str) -> None:
    calendar, days, since, due = CASES[name]
    assert working_days.after(calendar, at(since), days) == at(due)


UNITED_STATES = ["New_York", "Chicago", "Denver", "Los_Angeles", "Anchorage"]


@given(st.integers(0, 14 * 365 * 1440), st.sampled_from(UNITED_STATES))
def test_nobody_between_the_coasts_counts_more_than_ten_days(minutes: int, place: str) -> None:
    zone = ZoneInfo(f"America/{place}")
    began = at("2022-01-01T00:00") + timedelta(minutes=minutes)
    due = working_days.after(US, began, 10)
    day, last, open_days = began.astimezone(zone).date(), due.astimezone(zone).date(), 0
    while day < last:
        day += timedelta(days=1)
        open_days += day.weekday() < 5 and not federal_holiday(day)
    assert began < due
    assert 9 <= open_days <= 10


FIXED = {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}
MONDAYS = {(1, 3), (2, 3), (9, 1), (10, 2)}  # month, and which Monday of it


def federal_holiday(day: date) -> bool:
    """By 5 USC 6103 itself, not by the library that Heed counts with."""
    week = (day.day - 1) // 7 + 1
    match day.weekday():
        case 0:
            if (day.month, week) in MONDAYS or (day.month == 5 and day.day > 24):
                return True
            kept = [day, day - timedelta(days=1)]  # a Sunday's holiday is kept on Monday
        case 3 if (day.month, week) == (11, 4):
            return True
        case 4:
            kept = [day, day + timedelta(days=1)]  # a Saturday's on Friday
        case _:
            kept = [day]
    return any((one.month, one.day) in FIXED for one in kept)
