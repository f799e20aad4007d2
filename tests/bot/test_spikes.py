"""Opt-outs that rise: nothing on a normal week, one alert on a spike. By made-up histories."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.spikes import CALM_HOURS, ENOUGH, FLOOR, WEEK, Hour, Series, Spike, follow, look, tail

START = 497_000  # an hour since 1970; a few weeks of it are made up below
NOW = START + 4 * WEEK
SEEDS = st.integers(0, 2**32)


def poisson(dice: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    left, count = math.exp(-mean), 0
    chance = dice.random()
    while chance > left:
        chance *= dice.random()
        count += 1
    return count


def office_hours(scale: float) -> Callable[[int], float]:
    """Busy on weekdays by day, quiet at night and on two days of seven; a peak on one morning."""

    def mean(hour: int) -> float:
        day, at = hour // 24 % 7, hour % 24
        if day >= 5 or not 8 <= at < 20:
            return scale * 0.05
        return scale * (4 if (day, at) == (1, 10) else 1)

    return mean


def history(
    dice: random.Random, mean: Callable[[int], float], sends: Callable[[int], int] = lambda _: 0
) -> dict[int, Hour]:
    """Five weeks; what is sent brings one opt-out in 50, most of them in the first hours."""
    made: dict[int, Hour] = {}
    for hour in range(START, NOW + WEEK):
        answers = sum(sends(hour - n) * 0.02 * 0.45 * 0.55**n for n in range(12))
        made[hour] = Hour(stops=poisson(dice, mean(hour) + answers), sends=sends(hour))
    return made


def alerts(hours: dict[int, Hour], first: int = NOW, last: int = NOW + WEEK) -> list[int]:
    """When somebody would be told, looking at the end of every hour."""
    spike: Spike | None = None
    told = []
    series = Series(since=START, hours=hours)
    for hour in range(first, last):
        known = Series(since=START, hours={at: one for at, one in hours.items() if at <= hour})
        assert series.since == known.since
        spike, tell = follow(spike, look(known, hour + 1, hours[hour].stops), hour)
        told += [hour] * tell
    return told


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.sampled_from([0.3, 2, 8, 30, 200]))
def test_no_alert_on_a_normal_week(seed: int, scale: float) -> None:
    assert alerts(history(random.Random(seed), office_hours(scale))) == []


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.sampled_from([500, 5_000, 50_000]), st.integers(0, 167))
def test_no_alert_where_a_campaign_was_told_of(seed: int, size: int, at: int) -> None:
    """Sent in the week that is judged, at any hour, and once before at another one."""
    sent = {START + WEEK + 30: size, NOW + at: size}
    hours = history(random.Random(seed), office_hours(2), lambda hour: sent.get(hour, 0))
    assert alerts(hours) == []


def test_the_first_campaign_of_all_is_no_spike() -> None:
    sent = {NOW + 60: 20_000}
    hours = history(random.Random(5), office_hours(1), lambda hour: sent.get(hour, 0))
    assert alerts(hours) == []


def test_the_same_campaign_that_nobody_told_of_is_one() -> None:
    sent = {NOW + 60: 20_000}
    hours = history(random.Random(5), office_hours(1), lambda hour: sent.get(hour, 0))
    silent = {hour: Hour(stops=one.stops) for hour, one in hours.items()}
    assert alerts(silent) == [NOW + 60]


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.sampled_from([0.3, 2, 8, 30, 200]), st.integers(0, 150), st.integers(1, 16))
def test_one_alert_on_a_spike(seed: int, scale: float, at: int, length: int) -> None:
    hours = history(random.Random(seed), office_hours(scale))
    begins = NOW + at
    for hour in range(begins, begins + length):
        more = round(FLOOR + 6 * max(hours[hour].stops, 5 * scale))
        hours[hour] = Hour(stops=hours[hour].stops + more)
    assert alerts(hours) == [begins]


def test_after_a_calm_another_spike_is_told() -> None:
    hours = history(random.Random(1), office_hours(0.3))
    for hour in (NOW + 20, NOW + 20 + CALM_HOURS - 1, NOW + 80):
        hours[hour] = Hour(stops=90)
    assert alerts(hours) == [NOW + 20, NOW + 80]


def test_a_spike_of_an_earlier_week_hides_no_later_one() -> None:
    hours = history(random.Random(2), office_hours(2))
    hours[NOW + 60 - WEEK] = hours[NOW + 60] = Hour(stops=120)
    assert alerts(hours) == [NOW + 60]


def test_a_monday_of_every_other_week_is_a_rhythm() -> None:
    def mean(hour: int) -> float:
        return 150.0 if (hour - START) % (2 * WEEK) == 33 else 1.0

    assert alerts(history(random.Random(3), mean)) == []


def test_before_a_week_was_counted_nothing_is_unusual() -> None:
    assert not look(Series(since=NOW - ENOUGH + 1), NOW, 10_000).spike
    assert look(Series(since=NOW - ENOUGH - 1), NOW, 10_000).spike


@given(
    st.dictionaries(
        st.integers(START, NOW),
        st.builds(Hour, stops=st.integers(0, 10**6), sends=st.integers(0, 10**7)),
    ),
    st.integers(0, 10**4),
)
@settings(max_examples=30, deadline=None)
def test_any_history_is_judged_and_small_numbers_never_alert(
    hours: dict[int, Hour], count: int
) -> None:
    found = look(Series(since=START, hours=hours), NOW, count)
    assert found.usual >= 0
    assert not (found.spike and (count < FLOOR or count < 3 * found.usual))


@pytest.mark.parametrize(("count", "mean"), [(0, 1.0), (3, 2.0), (25, 9.0)])
def test_the_tail_is_that_of_the_distribution(count: int, mean: float) -> None:
    """With hardly any spread it is Poisson's."""
    below = sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))
    assert tail(count, mean, 1e-6) == pytest.approx(1 - below, abs=1e-4)
