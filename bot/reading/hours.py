"""Hours of the day as people write them: 9, 9 uhr, 21h30, 9 at night, 午後9時."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from bot.reading.templates import Speech, Tagged, tagged

_NOON, _LAST, _MINUTES = 12, 24, 60
_EARLY = range(5, 13)  # "not before 9" means the morning


@dataclass(frozen=True, slots=True)
class Hour:
    """`sure`: which half of the day is meant was said, or only one can be."""

    at: time
    sure: bool


class Hours:
    def __init__(self, speech: Speech, table: Mapping[str, Any]) -> None:
        self._speech = speech
        words, gap = speech.words, rf"(?:{speech.between})?"
        self._halves = {
            "am": re.compile(words(table["morning"])),
            "pm": re.compile(words(table["evening"])),
        }
        part = words(f"{table['morning']}|{table['evening']}")
        clock = words(table["oclock"]) if table.get("oclock") else "(?!)"
        some = "" if table.get("joined") else "?"  # a bare number there may be anything
        minutes = r"(?:\s?[:.h\u6642\u6642\u65f6\u70b9\u9ede\uc2dc]\s?(?P<minute>[0-5]\d)(?!\d))?"
        half = words(table["half"]) if table.get("half") else "(?!)"
        other = words("|".join((*table["months"], *table["units"].values())))  # 8. January
        noon = rf"|(?P<noon>{words(table['noon'])})" if table.get("noon") else ""
        self._pattern = re.compile(
            rf"(?:(?P<half>{half}){gap})?(?:(?P<one>{part}){gap})?(?P<hour>{speech.number})"
            rf"(?!\s?[./-]\s?\d|\.?{gap}{other}){minutes}"
            rf"(?:{gap}{clock}){some}(?P<late>{gap}{half})?(?:{gap}(?P<two>{part}))?{noon}"
        )

    def tag(self, text: str) -> Tagged[Hour]:
        return tagged(text, "hour", self._pattern, self._hour)

    def _hour(self, match: re.Match[str]) -> Hour | None:
        said = match.groupdict()
        if said.get("noon"):
            return Hour(time(_NOON), sure=True)
        hour, minute = self._speech.number_of(said["hour"]), int(said["minute"] or 0)
        if said["half"] or said["late"] or hour > _LAST:
            return None
        part = said["one"] or said["two"]
        evening = bool(part and self._halves["pm"].fullmatch(part))
        if evening and hour < _NOON:
            hour += _NOON
        sure = bool(part) or hour > _NOON or hour == 0
        return Hour(time(hour % _LAST, minute), sure)


def earliest(hour: Hour) -> time | None:
    """What "not before" means with this hour; None where it could be morning or evening."""
    return hour.at if hour.sure or hour.at.hour in _EARLY else None


def latest(hour: Hour) -> time | None:
    """What "not after" means with this hour."""
    return hour.at if hour.sure else None
