"""The proof sheet's numbers: exact, and the same however the pages were cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deadlines import Act, deadlines
from bot.model import Address, Channel, ReviewCause
from bot.policy import DeadlineRules
from bot.sheet import Month, Sheet, Times, sheet, times
from bot.tally import Fate, Figure, ReviewStep, Stop, Tally

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
NOVEMBER = Month(2026, 11)
VIETNAM = Address(channel=Channel.SMS, value="+84912345678")
AMERICA = Address(channel=Channel.SMS, value="+12025550123")
RULES = DeadlineRules()


def stop(
    *,
    address: Address = AMERICA,
    waited: timedelta = timedelta(),
    under_way: timedelta = timedelta(),
    told: timedelta | None = None,
    between: int = 0,
) -> Stop:
    act = Act(sent=NOON - under_way, received=NOON)
    return Stop(
        channel=address.channel,
        act=act,
        suppressed=NOON + waited,
        told=None if told is None else NOON + told,
        sends_between=between,
        reading="7",
        deadlines=deadlines(act, address.channel, address, RULES),
    )


def made(tally: Tally, now: datetime = NOON) -> Sheet:
    return sheet(tally, NOVEMBER, waiting=(), rules=RULES, heed="0", holidays="0", now=now)


def kept(stops: list[Stop], now: datetime, regime: str) -> tuple[int, int, int, int, float | None]:
    tally = Tally()
    for one in stops:
        tally.stop(one, now)
    [found] = [one for one in made(tally, now).channels[-1].deadlines if one.regime == regime]
    return found.within, found.late, found.waiting, found.overdue, found.share


def test_a_stop_is_within_its_deadline_up_to_the_last_instant() -> None:
    due = datetime(2026, 12, 10, 12, 0, tzinfo=UTC) - NOON
    tick = timedelta(microseconds=1)
    stops = [stop(waited=due), stop(waited=due + tick), stop(), stop()]
    assert kept(stops, NOON, "us_tcpa") == (3, 1, 0, 0, 0.75)


def test_whoever_must_be_told_is_waiting_until_the_deadline_and_overdue_after_it() -> None:
    stops = [
        stop(address=VIETNAM),
        stop(address=VIETNAM, told=timedelta(hours=1)),
        stop(address=VIETNAM, told=timedelta(hours=25)),
    ]
    day = NOON + timedelta(hours=24)
    assert kept(stops, day, "vn_confirmation") == (1, 1, 1, 0, 0.5)
    later = day + timedelta(seconds=1)
    assert kept(stops, later, "vn_confirmation") == (1, 1, 0, 1, 1 / 3)


def test_silence_breaks_no_rule_about_confirmations() -> None:
    stops = [stop(), stop(told=timedelta(minutes=5)), stop(told=timedelta(minutes=6))]
    assert kept(stops, NOON + timedelta(days=90), "us_confirmation") == (1, 1, 0, 0, 0.5)


def test_the_time_under_way_counts_from_the_act_and_not_from_the_receipt() -> None:
    tally = Tally()
    tally.stop(stop(waited=timedelta(seconds=2), under_way=timedelta(hours=1)), NOON)
    [sms, both] = made(tally).channels
    assert sms.to_suppression == Times(count=1, median=2.0, p99=2.0, worst=2.0)
    assert sms.since_acted.worst == 3602.0
    assert both.since_acted == sms.since_acted


def test_a_clock_that_was_set_back_gives_no_time_below_nothing() -> None:
    tally = Tally()
    tally.stop(stop(waited=timedelta(seconds=-5)), NOON)
    assert made(tally).channels[-1].to_suppression.worst == 0.0


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ({}, Times(count=0, median=None, p99=None, worst=None)),
        ({5: 1}, Times(count=1, median=0.005, p99=0.005, worst=0.005)),
        ({4: 1, 7: 1}, Times(count=2, median=0.0055, p99=0.007, worst=0.007)),
        ({1: 99, 60_000: 1}, Times(count=100, median=0.001, p99=0.001, worst=60.0)),
        ({1: 98, 60_000: 2}, Times(count=100, median=0.001, p99=60.0, worst=60.0)),
    ],
)
def test_the_median_is_that_of_the_middle_and_the_worst_stays_in_sight(
    lengths: dict[int, int], expected: Times
) -> None:
    assert times(lengths) == expected


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_the_median_is_exact(lengths: list[int]) -> None:
    counted = {one: lengths.count(one) for one in lengths}
    assert times(counted).median == pytest.approx(median(lengths) / 1000)


SPANS = st.timedeltas(timedelta(), timedelta(days=40))
STOPS = st.builds(
    stop,
    address=st.sampled_from(
        [AMERICA, VIETNAM, Address(channel=Channel.EMAIL, value="ann@gmail.com")]
    ),
    waited=SPANS,
    under_way=SPANS,
    told=st.none() | SPANS,
    between=st.integers(0, 3),
)


def tallied(stops: list[Stop]) -> Tally:
    tally = Tally()
    for one in stops:
        tally.stop(one, NOON)
        tally.count(one.channel, Figure.REPEATS, one.sends_between)
        took = None if one.told is None else one.told - NOON
        tally.review(one.channel, ReviewCause.UNCLEAR, [ReviewStep.OPENED], took)
        if one.told is not None:
            tally.confirmed(one.channel, one.act.sent, one.told, inline=one.sends_between > 1)
    return tally


@given(st.lists(STOPS, max_size=12), st.lists(st.integers(1, 4)))
def test_the_tallies_of_the_pages_add_up_to_that_of_the_whole(
    stops: list[Stop], sizes: list[int]
) -> None:
    pages, start = Tally(), 0
    for size in [*sizes, len(stops)]:
        pages.add(tallied(stops[start : start + size]))
        start += size
    assert pages == tallied(stops)
    assert made(pages) == made(tallied(stops))


@given(st.lists(STOPS, max_size=12))
def test_the_channels_add_up_to_all(stops: list[Stop]) -> None:
    *channels, everything = made(tallied(stops)).channels
    for figure in Figure:
        assert everything.figures[figure] == sum(one.figures[figure] for one in channels)
    assert everything.to_suppression.count == len(stops)
    for total in everything.deadlines:
        parts = [kept for one in channels for kept in one.deadlines if kept.regime == total.regime]
        for fate in Fate:
            assert getattr(total, fate) == sum(getattr(kept, fate) for kept in parts)


def test_a_month_is_one_of_the_calendar_in_utc() -> None:
    assert str(Month.parse("2026-02")) == "2026-02"
    december = Month.parse("2026-12")
    assert (december.begin, december.end) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert Month.of(NOON) == NOVEMBER


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "2026-01-01"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        Month.parse(text)


def test_a_sheet_is_complete_once_its_month_is_over() -> None:
    assert not made(Tally(), NOVEMBER.end - timedelta(seconds=1)).complete
    assert made(Tally(), NOVEMBER.end).complete
