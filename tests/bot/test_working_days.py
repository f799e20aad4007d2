"""Working days by the calendars on the wall; every expectation here was counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import working_days
from bot.working_days import AU, CA, SG, US, Calendar


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


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)), st.sampled_from(UNITED_STATES))
def test_nobody_between_the_coasts_counts_more_than_ten_days(since: datetime, place: str) -> None:
    """Weekends alone are counted here: holidays could only make it fewer."""
    zone = ZoneInfo(f"America/{place}")
    began = since.replace(tzinfo=UTC)
    due = working_days.after(US, began, 10)
    day, last, open_days = began.astimezone(zone).date(), due.astimezone(zone).date(), 0
    while day < last:
        day += timedelta(days=1)
        open_days += day.weekday() < 5 and not _federal(day)
    assert began < due
    assert open_days <= 10


def _federal(day: date) -> bool:
    """The federal holidays by the law's own rules (5 USC 6103), not by the library."""
    fixed = {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}
    if (day.month, day.day) == (6, 19) and day.year < 2021:
        return False
    observed = [day]
    if day.weekday() == 4:
        observed.append(day + timedelta(days=1))
    if day.weekday() == 0:
        observed.append(day - timedelta(days=1))
    if any(
        (one.month, one.day) in fixed and not ((one.month, one.day) == (6, 19) and one.year < 2021)
        for one in observed
    ):
        return True
    week = (day.day - 1) // 7 + 1
    if day.weekday() == 0:
        last_of_may = day.month == 5 and day.day > 24
        return last_of_may or (day.month, week) in {(1, 3), (2, 3), (9, 1), (10, 2)}
    return day.weekday() == 3 and (day.month, week) == (11, 4)


def test_a_country_with_one_time_zone_needs_one() -> None:
    one = Calendar(country="SG", zones=("Asia/Singapore", "Asia/Singapore"))
    moment = at("2026-02-13T02:00")
    assert working_days.after(one, moment, 3) == working_days.after(SG, moment, 3)
