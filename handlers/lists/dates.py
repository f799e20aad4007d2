"""Instants as other systems write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from enum import StrEnum

from bot.model import Json

_EPOCH_DIGITS = re.compile(r"[0-9]{9,10}(?:\.[0-9]+)?|[0-9]{13}|[0-9]{16}")
_NUMERIC = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<mark>[/.-])(?P<second>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
    r"(?:,?[ T]+(?P<clock>.+))?"
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?:\.[0-9]+)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?",
    re.IGNORECASE,
)
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_LAST = time(23, 59, 59, 999999)
_FIRST_YEAR = 1990  # no opt-out is older; a spreadsheet's day numbers would be
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})")
_ZONE = re.compile(r" ?(?:UTC|GMT|Z)$", re.IGNORECASE)
_OFFSET = re.compile(r" ([+-][0-9]{2}:?[0-9]{2})$")


class Order(StrEnum):
    """How `03/04/2026` is meant."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class DateError(ValueError):
    """It is no instant that one could be sure of; the message says why."""


def instant(value: Json, order: Order | None) -> datetime:
    """The instant in UTC; what tells no zone is taken for UTC, a mere day for its end.

    The end, because the stop may have come after a START of that day: in doubt it stands.

    Raises:
        DateError: it is none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise DateError("the time is not text")
    text = value.strip()
    try:
        found = _epoch(text) or _numeric(text, order) or _iso(text) or parsedate_to_datetime(text)
    except DateError:
        raise
    except (ValueError, OverflowError, OSError):
        raise DateError("not a time that can be read: write 2026-05-31T14:00:00Z") from None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise DateError("not a time that can be read") from None
    if found.year < _FIRST_YEAR:
        raise DateError(f"a time before {_FIRST_YEAR}")
    return found


def _epoch(text: str) -> datetime | None:
    if not _EPOCH_DIGITS.fullmatch(text):
        return None
    whole = len(text.partition(".")[0])
    return datetime.fromtimestamp(float(text) / {13: 1e3, 16: 1e6}.get(whole, 1.0), UTC)


def _numeric(text: str, order: Order | None) -> datetime | None:
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return None
    first, second = int(found["first"]), int(found["second"])
    if found["mark"] == "." or first > 12:  # noqa: PLR2004 - months
        order = Order.DAY_FIRST
    elif second > 12:  # noqa: PLR2004 - months
        order = Order.MONTH_FIRST
    if order is None and first != second:
        raise DateError("day and month cannot be told apart: say --dates dmy or --dates mdy")
    day, month = (second, first) if order is Order.MONTH_FIRST else (first, second)
    the_day = date(int(found["year"]), month, day)
    return datetime.combine(the_day, _clock(found["clock"]) if found["clock"] else _LAST)


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(_ZONE.sub("", text))
    if found is None:
        raise ValueError
    hour, half = int(found["hour"]), (found["half"] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(found["minute"]), int(found["second"] or 0))


def _iso(text: str) -> datetime | None:
    text = _YEAR_FIRST.sub(lambda at: f"{at[1]}-{int(at[2]):02d}-{int(at[3]):02d}", text)
    if _DAY.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), _LAST)
    text = _OFFSET.sub(r"\1", text)
    zoned = _ZONE.sub("+00:00", text)
    try:
        return datetime.fromisoformat(zoned)
    except ValueError:
        return None
