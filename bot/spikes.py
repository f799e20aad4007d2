"""Whether opt-outs have risen far beyond what is usual, from counts by the hour.

What is usual has two parts. *The same hour of earlier weeks*: of each of the last four weeks the
largest count of that hour and its neighbours (clocks shift, people are not punctual), less what
that week's sends explain, and of the weeks the median. *The sends of the last two days*: as many
opt-outs as messages of this sender or topic used to bring, more of them soon after. The last hour
is a spike where it has at least `FLOOR` opt-outs, at least `TIMES` as many as usual, and a
probability below `CHANCE` under a negative binomial distribution with that mean, as wide as this
sender's hours were. The floor keeps small senders quiet, the factor large ones, the probability
those between.

A spike is told once: it is over after `CALM_HOURS` without one, and only then can another begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, lgamma, log
from statistics import median

FLOOR = 20
TIMES = 3.0
CHANCE = 1e-6
WEEK = 168
WEEKS = 4
KEPT = WEEK * WEEKS + 49
"""Hours of history that are looked at, the running one included."""
ENOUGH = WEEK
"""Hours that must have been counted before anything can be unusual."""
CALM_HOURS = 6

_ANSWERED_WITHIN = 48
_SOON = [1 / (1 + after) for after in range(_ANSWERED_WITHIN)]
_WEIGHTS = [one / sum(_SOON) for one in _SOON]  # how the answers to a send are spread over hours
_RATE_BEFORE, _SENDS_BEFORE = 0.02, 1000  # what is believed before anything is known: 1 in 50
_HIGHEST_RATE = 0.05  # more of an answer than one in twenty is none that sends explain
_LEAST_SPREAD = 0.05  # hours of any real sender differ by more than chance
_LEAST_USUAL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    stops: int = 0
    sends: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts of one sender or topic, by hours since 1970; hours that are not there had none.

    `since` is the first hour that was counted at all.
    """

    since: int
    hours: Mapping[int, Hour] = field(default_factory=dict)

    def at(self, hour: int) -> Hour:
        return self.hours.get(hour, _NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`count` opt-outs in the last 60 minutes; `usual` is the mean of what was to be expected."""

    count: int
    usual: float
    spike: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """One that goes on, or is not over for long enough; hours since 1970."""

    began: int
    seen: int


_NOTHING = Hour()


def look(series: Series, hour: int, count: int) -> Finding:
    """Judge the last 60 minutes, which reach from `hour - 1` into the running `hour`.

    `series` holds the running hour's sends too; its stops there are not looked at.
    """
    if hour - series.since < ENOUGH:
        return Finding(count=count, usual=float(count), spike=False)
    answers = _Answers(series, hour)
    usual = max(_usual(series, one, answers) for one in (hour - 1, hour))
    spike = (
        count >= FLOOR
        and count >= TIMES * usual
        and tail(count, max(usual, _LEAST_USUAL), _spread(series, hour, answers)) < CHANCE
    )
    return Finding(count=count, usual=usual, spike=spike)


def follow(before: Spike | None, finding: Finding, hour: int) -> tuple[Spike | None, bool]:
    """The spike as it stands now, None where there is none; and whether to tell of it now."""
    over = before is not None and hour - before.seen >= CALM_HOURS
    if finding.spike:
        fresh = before is None or over
        began = hour if fresh or before is None else before.began
        return Spike(began=began, seen=hour), fresh
    return (None if over else before), False


def tail(count: int, mean: float, spread: float) -> float:
    """The probability of `count` or more, with variance `mean + spread * mean ** 2`."""
    size = 1 / spread
    grows, starts = log(mean / (mean + size)), size * log(size / (size + mean))
    below = sum(
        exp(lgamma(k + size) - lgamma(size) - lgamma(k + 1) + starts + k * grows)
        for k in range(count)
    )
    return max(0.0, 1.0 - below)


class _Answers:
    """How many opt-outs of an hour the sends before it explain."""

    def __init__(self, series: Series, hour: int) -> None:
        known = [one for at, one in series.hours.items() if at < hour - 1]
        sends = sum(one.sends for one in known)
        stops = sum(one.stops for one in known) if sends else 0
        rate = (stops + _RATE_BEFORE * _SENDS_BEFORE) / (sends + _SENDS_BEFORE)
        self._rate = min(rate, _HIGHEST_RATE)
        self._series = series

    def to(self, hour: int) -> float:
        hours = self._series
        return self._rate * sum(
            weight * hours.at(hour - after).sends for after, weight in enumerate(_WEIGHTS)
        )


def _usual(series: Series, hour: int, answers: _Answers) -> float:
    weeks = [
        max(
            max(0.0, series.at(then).stops - answers.to(then))
            for then in range(hour - week * WEEK - 1, hour - week * WEEK + 2)
        )
        for week in range(1, WEEKS + 1)
        if hour - week * WEEK - 1 >= series.since
    ]
    return (median(weeks) if weeks else 0.0) + answers.to(hour)


def _spread(series: Series, hour: int, answers: _Answers) -> float:
    """How much wider than chance the hours of the last weeks were, as the excess over Poisson.

    From each hour and the next, which share their rhythm; spikes themselves are left out.
    """
    excess = squares = 0.0
    first = max(series.since, hour - WEEK * WEEKS)
    counts = [max(0.0, series.at(at).stops - answers.to(at)) for at in range(first, hour - 1)]
    for one, other in pairwise(counts):
        mean = (one + other) / 2
        if mean >= 1 and max(one, other) < TIMES * min(one, other) + FLOOR:
            excess += (one - other) ** 2 / 2 - mean
            squares += mean**2
    return max(_LEAST_SPREAD, min(1.0, excess / squares)) if squares else _LEAST_SPREAD
