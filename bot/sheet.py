"""The monthly proof sheet: what a tally says, in the words of `docs/report.md`.

It holds numbers, names of rules and of channels, and versions: nothing of a person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import Channel, ReviewCause
from bot.policy import DeadlineRules
from bot.regimes import BY_NAME, RULES_VERSION, Duty, From, Mark, Regime
from bot.tally import Fate, Figure, ReviewStep, Span, Tally

ALL = "all"
"""The row that adds the channels up."""

NOTES = (
    "A month holds what was recorded in it (UTC).",
    "The block stands with the commit that records it; the time of recording is taken just before.",
    "Sends are those that the company told us of; the first blocked check is not recorded.",
    "Which provider was told of a block, and when, stands in each person's record, not here.",
)
_MONTH = re.compile(r"(?P<year>2[0-9]{3})-(?P<month>0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar, in UTC."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """`YYYY-MM`.

        Raises:
            ValueError: it is none, or not between 2000 and 2999.
        """
        found = _MONTH.fullmatch(text)
        if found is None:
            raise ValueError("a month is written YYYY-MM")
        return cls(int(found["year"]), int(found["month"]))

    @classmethod
    def of(cls, moment: datetime) -> Month:
        at = moment.astimezone(UTC)
        return cls(at.year, at.month)

    @property
    def begin(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first instant that is no longer in it."""
        return datetime(self.year + self.month // 12, self.month % 12 + 1, 1, tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A distribution, in seconds; all null where nothing was counted. `p99` is the nearest rank."""

    count: int
    median: float | None
    p99: float | None
    worst: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How one rule's deadline was kept. `share` is that of those that are no longer waiting."""

    regime: str
    duty: Duty
    source: str
    counts_from: From
    mark: Mark
    volatile: str
    within: int
    late: int
    waiting: int
    overdue: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    cause: ReviewCause
    opened: int
    held: int
    decided: int
    seconds_open: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSheet:
    channel: str
    figures: Mapping[Figure, int]
    to_suppression: Times
    since_acted: Times
    to_confirmation: Times
    deadlines: tuple[Kept, ...]
    reviews: tuple[Reviews, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for a person at the time of the sheet, of every month."""

    channel: Channel
    cause: ReviewCause
    open: int
    overdue: int
    oldest_seconds: float
    next_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What the numbers were made with. `readings` counts the requests that each version read."""

    heed: str
    holidays: str
    rules: str
    readings: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`complete` once the month was over when it was made. Empty lists of rules mean all."""

    month: str
    made_at: datetime
    complete: bool
    channels: tuple[ChannelSheet, ...]
    waiting: tuple[Waiting, ...]
    versions: Versions
    regimes: tuple[str, ...]
    countries: tuple[str, ...]
    at_once_seconds: float
    notes: tuple[str, ...] = NOTES


def sheet(
    tally: Tally,
    month: Month,
    *,
    waiting: Iterable[Waiting],
    rules: DeadlineRules,
    heed: str,
    holidays: str,
    now: datetime,
) -> Sheet:
    """The sheet: a part for each channel that has anything, and one for all together."""
    seen = {key[0] for part in (tally.figures, tally.spans, tally.reviews) for key in part}
    channels = [channel for channel in Channel if channel in seen]
    return Sheet(
        month=str(month),
        made_at=now,
        complete=now >= month.end,
        channels=(
            *(_channel(tally, {one}, str(one)) for one in channels),
            _channel(tally, seen, ALL),
        ),
        waiting=tuple(sorted(waiting, key=lambda one: (one.channel, one.cause))),
        versions=Versions(
            heed=heed,
            holidays=holidays,
            rules=RULES_VERSION,
            readings=dict(sorted(tally.readings.items())),
        ),
        regimes=tuple(sorted(rules.regimes)),
        countries=tuple(sorted(rules.countries)),
        at_once_seconds=rules.at_once.total_seconds(),
    )


def _channel(tally: Tally, among: set[Channel], name: str) -> ChannelSheet:
    figures = Counter[Figure]()
    for (channel, figure), number in tally.figures.items():
        figures[figure] += number if channel in among else 0
    spans: dict[Span | ReviewCause, Counter[int]] = {}
    for (channel, what, length), number in tally.spans.items():
        if channel in among:
            spans.setdefault(what, Counter())[length] += number
    return ChannelSheet(
        channel=name,
        figures={figure: figures[figure] for figure in Figure},
        to_suppression=times(spans.get(Span.TO_SUPPRESSION, Counter())),
        since_acted=times(spans.get(Span.SINCE_ACTED, Counter())),
        to_confirmation=times(spans.get(Span.TO_CONFIRMATION, Counter())),
        deadlines=_deadlines(tally, among),
        reviews=_reviews(tally, among, spans),
    )


def _deadlines(tally: Tally, among: set[Channel]) -> tuple[Kept, ...]:
    fates: dict[str, Counter[Fate]] = {}
    for (channel, regime, fate), number in tally.fates.items():
        if channel in among:
            fates.setdefault(regime, Counter())[fate] += number
    return tuple(_kept(BY_NAME[name], found) for name, found in sorted(fates.items()))


def _kept(regime: Regime, fates: Counter[Fate]) -> Kept:
    settled = fates[Fate.WITHIN] + fates[Fate.LATE] + fates[Fate.OVERDUE]
    return Kept(
        regime=regime.name,
        duty=regime.duty,
        source=regime.source,
        counts_from=regime.counts_from,
        mark=regime.mark,
        volatile=regime.volatile,
        within=fates[Fate.WITHIN],
        late=fates[Fate.LATE],
        waiting=fates[Fate.WAITING],
        overdue=fates[Fate.OVERDUE],
        share=fates[Fate.WITHIN] / settled if settled else None,
    )


def _reviews(
    tally: Tally, among: set[Channel], spans: Mapping[Span | ReviewCause, Counter[int]]
) -> tuple[Reviews, ...]:
    steps: dict[ReviewCause, Counter[ReviewStep]] = {}
    for (channel, cause, step), number in tally.reviews.items():
        if channel in among:
            steps.setdefault(cause, Counter())[step] += number
    return tuple(
        Reviews(
            cause=cause,
            opened=found[ReviewStep.OPENED],
            held=found[ReviewStep.HELD],
            decided=found[ReviewStep.DECIDED],
            seconds_open=times(spans.get(cause, Counter())),
        )
        for cause, found in sorted(steps.items())
    )


def times(lengths: Mapping[int, int]) -> Times:
    """The distribution of lengths in milliseconds, each with how often it occurred."""
    ordered = sorted(lengths.items())
    count = sum(number for _, number in ordered)
    if not count:
        return Times(count=0, median=None, p99=None, worst=None)

    def at(rank: int) -> int:
        """The `rank`-th smallest, from 1."""
        for length, number in ordered:
            rank -= number
            if rank <= 0:
                return length
        raise AssertionError("a rank beyond the count")

    return Times(
        count=count,
        median=(at((count + 1) // 2) + at(count // 2 + 1)) / 2000,
        p99=at(-(-count * 99 // 100)) / 1000,
        worst=ordered[-1][0] / 1000,
    )
