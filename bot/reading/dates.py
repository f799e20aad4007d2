"""Dates and spans as people name them, and the day they come to for whoever writes now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.reading.templates import Speech, Tagged, tagged

_DAY = timedelta(days=1)
_WEEK = 7
_SATURDAY = 5
_FURTHEST = 730  # days; what is later was meant otherwise
_MIDDLE = 15
_DECEMBER = 12
_RANGE = re.compile(r"\d\.?\s?(?:[-\u2013]|\s[^\W\d_]{1,4}\s)\s?$")  # from the 1st to ...
POINTS = (
    "tomorrow", "weekend", "second_week", "second_month", "next_week", "next_month", "next_year",
    "new_year", "christmas", "easter",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A day, a month or a named point of time; 0 and empty where it was not said."""

    day: int = 0
    month: int = 0
    year: int = 0
    weekday: int = -1
    point: str = ""
    part: str = ""  # end or mid of the month

    @property
    def is_month(self) -> bool:
        """A whole month: nobody said which day, nor that its end is meant."""
        whole = bool(self.month) and not self.day and not self.part
        return whole or self.point in ("next_month", "second_month")


@dataclass(frozen=True, slots=True)
class Span:
    number: int
    unit: str


class Dates:
    """The dates and spans of one language."""

    def __init__(self, speech: Speech, table: Mapping[str, Any]) -> None:
        self._speech = speech
        self._months = [re.compile(speech.words(one)) for one in table["months"]]
        self._weekdays = [re.compile(speech.words(one)) for one in table["weekdays"]]
        self._slash = table.get("slash", "")
        self._dates = re.compile("|".join(self._date_forms(table)))
        self._named = {
            Span(int(name.split()[0]), name.split()[1]): re.compile(speech.words(forms))
            for name, forms in table.get("spans", {}).items()
        }
        names = "|".join(table.get("spans", {}).values())
        named = f"|(?P<named>{speech.words(names)})" if names else ""
        glue = f"(?:{speech.between})?"
        self._spans = re.compile(rf"(?P<n>{speech.number}){glue}(?P<unit>{speech.unit}){named}")

    def _date_forms(self, table: Mapping[str, Any]) -> list[str]:
        words, gap = self._speech.words, self._speech.between
        month = words("|".join(table["months"]))

        def year(name: str) -> str:
            return rf"(?:{gap}(?P<{name}>20\d\d))?"

        ordinal = rf"(?:\.|{words(table['ordinal'])})?" if "ordinal" in table else r"\.?"
        of = rf"(?:{words(table['of'])}{gap})?" if "of" in table else ""
        forms = [r"(?P<iso>20\d\d-\d\d-\d\d)(?!\d)"]
        forms.append(
            r"(?<![\d.])(?P<dd>\d{1,2})\.\s?(?P<dm>\d{1,2})(?:\.(?:\s?(?P<dy>20\d\d))?)?(?!\d)"
        )
        forms.append(r"(?<![\d/])(?P<sa>\d{1,2})/(?P<sb>\d{1,2})(?:/(?P<sy>20\d\d))?(?![\d/])")
        forms.append(rf"(?<!\d)(?P<d1>\d{{1,2}}){ordinal}{gap}{of}(?P<m1>{month}){year('y1')}")
        if table.get("month_first"):
            forms.append(
                rf"(?P<m2>{month}){gap}(?P<d2>\d{{1,2}}){ordinal}(?![\d:]|\s?[ap]m)" + year("y2")
            )
        if "month_sign" in table:  # the number and its sign: 8月 15日, 8월 15일
            number = self._speech.number
            forms.append(
                rf"(?P<m3>{number}){gap}{words(table['month_sign'])}"
                rf"(?:{gap}(?P<d3>{number}){gap}{words(table['day_sign'])})?"
                + self._parts(table, "3")
            )
        forms.append(
            self._parts(table, "4", before=True) + rf"(?P<m4>{month})" + self._parts(table, "4")
            + year("y4") + r"(?!\W{0,2}\d)"
        )  # fmt: skip
        forms.append(rf"(?P<weekday>{words('|'.join(table['weekdays']))})")
        points = table.get("points", {})
        forms += [rf"(?P<{name}>{words(points[name])})" for name in POINTS if name in points]
        if "day_alone" in table:
            before, _, after = table["day_alone"].partition("{d}")
            head = rf"{words(before.strip())}{gap}" if before.strip() else ""
            tail = rf"(?:{words(after.strip())})" if after.strip() else r"(?![\d:.,/%]\d?)"
            forms.insert(
                3, rf"{head}(?<!\d)(?P<d5>\d{{1,2}}){tail}(?!{gap}(?:{month}|{self._speech.unit}))"
            )
        return forms

    def _parts(self, table: Mapping[str, Any], number: str, *, before: bool = False) -> str:
        """The end and the middle of a month, said before or after its name."""
        out, gap = "", self._speech.between
        for part in ("end", "mid"):
            key = part if before else f"{part}_after"
            if key in table:
                name = f"{part}{number}{'b' if before else ''}"
                word = self._speech.words(table[key])
                out += (
                    rf"(?:(?P<{name}>{word}){gap})?" if before else rf"(?:{gap}(?P<{name}>{word}))?"
                )
        return out

    def tag_dates(self, text: str) -> Tagged[When]:
        return tagged(text, "when", self._dates, self._when)

    def tag_spans(self, text: str) -> Tagged[Span]:
        return tagged(text, "span", self._spans, self._span)

    def _span(self, match: re.Match[str]) -> Span | None:
        if match.groupdict().get("named"):
            return next(span for span, one in self._named.items() if one.fullmatch(match["named"]))
        if match.start() and match.string[match.start() - 1] in "-\u2013":  # 2-3 weeks
            return None
        return Span(self._speech.number_of(match["n"]), self._speech.unit_of(match["unit"]))

    def _when(self, match: re.Match[str]) -> When | None:
        said = {name: value for name, value in match.groupdict().items() if value is not None}
        if _RANGE.search(match.string, max(0, match.start() - 12), match.start()):
            return None
        if "iso" in said:
            year, month, day = map(int, said["iso"].split("-"))
            return When(day=day, month=month, year=year)
        if "dd" in said:
            return When(day=int(said["dd"]), month=int(said["dm"]), year=int(said.get("dy", 0)))
        if "sa" in said:
            return self._slashed(int(said["sa"]), int(said["sb"]), int(said.get("sy", 0)))
        if "d5" in said:
            return When(day=int(said["d5"]))
        if "weekday" in said:
            return When(weekday=_index(self._weekdays, said["weekday"]))
        for name in POINTS:
            if name in said:
                return When(point=name)
        return self._monthly(said)

    def _monthly(self, said: Mapping[str, str]) -> When:
        part = next((name[:3] for name in said if name[:3] in ("end", "mid")), "")
        if "m3" in said:
            day = self._speech.number_of(said["d3"]) if "d3" in said else 0
            return When(month=self._speech.number_of(said["m3"]), day=day, part=part)
        spelled = next(said[name] for name in ("m1", "m2", "m4") if name in said)
        day = int(said.get("d1") or said.get("d2") or 0)
        year = int(next((said[name] for name in ("y1", "y2", "y4") if name in said), 0))
        return When(month=_index(self._months, spelled) + 1, day=day, year=year, part=part)

    def _slashed(self, one: int, two: int, year: int) -> When | None:
        """`slash` is the order that the language writes, empty where it has two."""
        if self._slash == "md" or (not self._slash and two > _DECEMBER):
            one, two = two, one
        elif not self._slash and one <= _DECEMBER:
            return None
        return When(day=one, month=two, year=year)


def resumes(when: When, today: date, *, after: bool = False) -> date | None:
    """The day from which messages are welcome again; None where that is unsure.

    `after`: what was named is to be over first.
    """
    try:
        day = _named(when, today, after=after)
    except (ValueError, OverflowError):  # the 31st of April
        return None
    return day if day is not None and today < day <= today + _FURTHEST * _DAY else None


def _named(when: When, today: date, *, after: bool) -> date | None:
    if when.point:
        return _point(when.point, today, after=after)
    if when.weekday >= 0:
        ahead = (when.weekday - today.weekday() - 1) % _WEEK + 1
        return today + (ahead + after) * _DAY
    if not when.month:
        return _day_of_month(when.day, today, after=after)
    if when.day:
        year = when.year or today.year
        day = date(year, when.month, when.day)
        if day <= today and not when.year:
            day = date(year + 1, when.month, when.day)
        return day + after * _DAY
    return _of_month(when, today, after=after)


def _of_month(when: When, today: date, *, after: bool) -> date | None:
    if when.month == today.month and not when.year and not (when.part or after):
        return None  # this month's name, in this month: of which year?
    year = when.year or today.year + (when.month < today.month)
    first = date(year, when.month, 1)
    if when.part == "mid" and not after:
        return first.replace(day=_MIDDLE)
    return later(first, Span(1, "month")) if after or when.part == "end" else first


def _day_of_month(day: int, today: date, *, after: bool) -> date:
    found = today.replace(day=1)
    for _ in range(3):
        try:
            if found.replace(day=day) > today:
                break
        except ValueError:
            pass
        found = later(found, Span(1, "month"))
    return found.replace(day=day) + after * _DAY


def _point(point: str, today: date, *, after: bool) -> date:
    monday = today + (_WEEK - today.weekday()) * _DAY
    match point:
        case "tomorrow":
            return today + (1 + after) * _DAY
        case "weekend":
            saturday = today + ((_SATURDAY - today.weekday()) % _WEEK or _WEEK) * _DAY
            return monday if after else saturday
        case "next_week" | "second_week":
            return monday + (after + (point == "second_week")) * _WEEK * _DAY
        case "next_month" | "second_month":
            return later(today.replace(day=1), Span(1 + after + (point == "second_month"), "month"))
        case "next_year" | "new_year":
            over = after and point == "new_year"
            return date(today.year + 1 + (after and not over), 1, 1 + over)
        case "christmas":
            day = date(today.year, 12, 25)
            day = day if day > today else date(today.year + 1, 12, 25)
            return day + 2 * after * _DAY
        case _:
            day = easter(today.year)
            day = day if day > today else easter(today.year + 1)
            return day + 2 * after * _DAY


def later(day: date, span: Span) -> date:
    """The day that many days, weeks, months or years later; the month's last where it is shorter.

    Raises:
        ValueError, OverflowError: that is out of every calendar.
    """
    if span.unit in ("day", "week"):
        return day + span.number * (_WEEK if span.unit == "week" else 1) * _DAY
    months = day.month - 1 + span.number * (_DECEMBER if span.unit == "year" else 1)
    first = date(day.year + months // _DECEMBER, months % _DECEMBER + 1, 1)
    following = date(first.year + first.month // _DECEMBER, first.month % _DECEMBER + 1, 1)
    return first.replace(day=min(day.day, (following - _DAY).day))


def easter(year: int) -> date:
    """Easter Sunday of the western churches (the anonymous Gregorian computus, 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _index(patterns: list[re.Pattern[str]], text: str) -> int:
    return next(i for i, one in enumerate(patterns) if one.fullmatch(text))
