"""What somebody wants who wants less: until when, how often, by which channel, at which hours.

Only what the words say plainly is taken; where they could mean two things, nothing is. The words
are those of `bot/data/less/<lang>.toml`, written in the small language of `templates.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bot.fold import fold
from bot.model import Channel, Less, Pace, Unit, utc
from bot.reading.data import tables
from bot.reading.dates import Dates, Span, later, resumes
from bot.reading.hours import Hours, earliest, latest
from bot.reading.templates import Speech, found, plain, tagged

_HEAD = 2000  # characters; a wish for less stands at the beginning
_CLAUSE = re.compile(
    r"(?<!\d)[,;:.]+|[,;:.]+(?!\d)|[!?\n\u3001\u3002\uff0c\u060c\u061b\u061f\u0964]+"
)
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}
_CHANNELS = {
    "email": Channel.EMAIL, "sms": Channel.SMS, "whatsapp": Channel.WHATSAPP,
    "slack": Channel.SLACK, "other": Channel.OTHER,
}  # fmt: skip
_BUSY = 3  # messages in a day or week; who names that many complains of them
# Who reads one of these reads the other, and short texts are taken for the wrong one.
_NEAR = {
    "nb": ("da", "sv"), "da": ("nb", "sv"), "sv": ("nb", "da"), "uk": ("ru",), "ru": ("uk",),
    "es": ("pt",), "pt": ("es",), "cs": ("pl",), "pl": ("cs",), "de": ("nl",), "nl": ("de",),
    "zh": ("ja",), "ja": ("zh",),
}  # fmt: skip


class Wish(NamedTuple):
    """A pause as the words say it: the days that may end it, and whether one was asked for."""

    ends: set[date]
    asked: bool


def less_of(text: str, langs: Iterable[str], at: datetime | None) -> Less | None:
    """What the words ask for; None where they do not say it plainly.

    `langs` are the languages that it may be written in, the likeliest first. `at` is when it was
    written, by the clock of whoever wrote it; without it no date is told.
    """
    folded = plain(fold(text[:_HEAD]).text)
    tried: set[str] = set()
    known = list(langs)
    for lang in (*known, *(near for one in known for near in _NEAR.get(one, ()))):
        if lang in tried:
            continue
        tried.add(lang)
        tongue = _tongue(lang)
        found_here = tongue.less(folded, at) if tongue is not None else None
        if found_here is not None:
            zone = at.tzinfo.key if at is not None and isinstance(at.tzinfo, ZoneInfo) else ""
            return replace(found_here, zone=zone)
    return None


class Tongue:
    """One language's ways of asking for less."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._speech = speech = Speech(table)
        self._dates = Dates(speech, table)
        self._hours = Hours(speech, table)
        rows = speech.templates
        self._until, self._after = rows(table.get("until", ())), rows(table.get("after", ()))
        self._through = rows(table.get("until_through", ()))
        self._for = rows(table.get("pause_for", ()))
        self._pause = rows(table.get("pause", ()))
        self._pace = rows(table.get("pace", ()))
        self._paces = [
            (_pace_named(name), re.compile(speech.words(forms)))
            for name, forms in table.get("paces", {}).items()
        ]
        self._begins = rows(table.get("begins", ()))
        self._fine = re.compile(speech.words(f"{table['fine']}|{table['cap']}"))
        near = rf"{speech.between}(?:{speech.some_word})?"
        never = "(?!)"
        self._capped = re.compile(speech.words(table["cap"]) + f"{near}$")
        before, behind = table.get("not_this"), table.get("not_that")
        self._rejected = re.compile((speech.words(before) if before else never) + f"{near}$")
        self._outdone = re.compile(near + (speech.words(behind) if behind else never))
        self._too = re.compile(speech.words(table["too"]))
        channels = {_CHANNELS[name]: speech.words(one) for name, one in table["channels"].items()}
        self._channel = re.compile(
            "|".join(f"(?P<c{i}>{one})" for i, one in enumerate(channels.values()))
        )
        self._channels = tuple(channels)
        self._by, self._not_by = rows(table.get("by", ())), rows(table.get("not_by", ()))
        self._not_before = rows(table.get("not_before", ()))
        self._not_after = rows(table.get("not_after", ()))

    def less(self, text: str, at: datetime | None) -> Less | None:
        wish = self._wish(text, at.date() if at is not None else None)
        until = _begin(wish.ends, at)
        not_before, not_after = self._hours_of(text)
        less = Less(
            pause=wish.asked,
            until=until,
            pace=None if until else self._pace_of(text),
            channel=self._channel_of(text),
            not_before=not_before,
            not_after=not_after,
        )
        return less if less != Less() else None

    def _wish(self, text: str, today: date | None) -> Wish:
        ends: set[date | None] = set()
        asked = any(one.search(text) for one in self._pause)
        dates = self._dates.tag_dates(text)
        for templates, after in ((self._until, False), (self._through, False), (self._after, True)):
            for when, _ in found(dates, "when", templates):
                asked = True
                plain = when and not (templates is self._through and when.is_month)
                ends.add(resumes(when, today, after=after) if when and plain and today else None)
        dated = any(when is not None and when.month for when in dates.values.values())
        for span, _ in found(self._dates.tag_spans(text), "span", self._for):
            asked = True  # a span beside a date may begin there: a month off in August
            ends.add(_after(today, span) if span and today and not dated else None)
        known = {day for day in ends if day is not None}
        later_begin = any(True for _ in found(dates, "when", self._begins))  # from May to June
        return Wish(known if len(known) == len(ends) and not later_begin else set(), asked)

    def _pace_of(self, text: str) -> Pace | None:
        """The slowest of the paces that are not complained about: who asks for less means that."""
        wished = {
            pace
            for clause in _CLAUSE.split(text)
            for pace in self._paces_in(clause)
            if self._fine.search(clause) or not (_hasty(pace) or self._too.search(clause))
        }
        calm = {one for one in wished if one.times < _BUSY or one.unit not in (Unit.DAY, Unit.WEEK)}
        return max(calm, key=_slowness, default=None)

    def _paces_in(self, clause: str) -> Iterable[Pace]:
        taken: list[tuple[int, int]] = []
        for template in self._pace:
            for match in template.finditer(clause):
                said = match.groupdict()
                if any(match.start() < end and begin < match.end() for begin, end in taken):
                    continue
                taken.append(match.span())
                if self._refused(clause, match):
                    continue
                number = self._speech.number_of
                yield Pace(
                    times=number(said["n"]) if said.get("n") else 1,
                    every=number(said["k"]) if said.get("k") else 1,
                    unit=Unit(self._speech.unit_of(said["unit"])),
                )
        for pace, forms in self._paces:
            for match in forms.finditer(clause):
                if not self._refused(clause, match):
                    yield pace

    def _refused(self, clause: str, pace: re.Match[str]) -> bool:
        """Whether the words beside a pace turn it away: "not every day", "instead of daily"."""
        before = clause[: pace.start()]
        turned = self._rejected.search(before) and not self._capped.search(before)
        return bool(turned or self._outdone.match(clause, pace.end()))

    def _channel_of(self, text: str) -> Channel | None:
        tag = tagged(
            text, "channel", self._channel,
            lambda match: self._channels[int(str(match.lastgroup)[1:])],
        )  # fmt: skip
        wanted = {channel for channel, _ in found(tag, "channel", self._by)}
        wanted -= {channel for channel, _ in found(tag, "channel", self._not_by)}
        return wanted.pop() if len(wanted) == 1 else None

    def _hours_of(self, text: str) -> tuple[time | None, time | None]:
        tag = self._hours.tag(text)
        first = {earliest(one) if one else None for one, _ in found(tag, "hour", self._not_before)}
        last = {latest(one) if one else None for one, _ in found(tag, "hour", self._not_after)}
        if not first.isdisjoint(last):  # the same hour taken both ways
            return None, None
        return (first.pop() if len(first) == 1 else None, last.pop() if len(last) == 1 else None)


@cache
def _tongue(lang: str) -> Tongue | None:
    table = _tables().get(lang)
    return Tongue(table) if table is not None else None


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tables("less")


def _begin(ends: set[date], at: datetime | None) -> datetime | None:
    """The instant at which the one day begins where the writer is."""
    if at is None or len(ends) != 1:
        return None
    (day,) = ends
    return utc(datetime.combine(day, time(), at.tzinfo))


def _after(today: date, span: Span) -> date | None:
    try:
        return later(today, span)
    except (ValueError, OverflowError):
        return None


def _pace_named(name: str) -> Pace:
    """`2 1 week`: twice in one week."""
    times, every, unit = name.split()
    return Pace(times=int(times), every=int(every), unit=Unit(unit))


def _hasty(pace: Pace) -> bool:
    """Daily or more: who wants less names that to complain, unless they call it enough."""
    return pace.unit is Unit.DAY and pace.every == 1


def _slowness(pace: Pace) -> float:
    return pace.every * _DAYS[pace.unit] / pace.times if pace.times else 0.0
