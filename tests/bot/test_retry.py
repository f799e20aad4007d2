"""What failed for a passing reason is tried again, ever more rarely, and never too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.retry import DELAYS, MAX_TRIES, next_attempt

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tries", "wait_s"),
    [
        (1, 5),
        (2, 30),
        (3, 120),
        (4, 600),
        (5, 3_600),
        (6, 21_600),
        (7, 43_200),
        (8, 86_400),
    ],
)
def test_the_distance_grows(tries: int, wait_s: int) -> None:
    assert next_attempt(tries, now=NOW, jitter=0) == NOW + timedelta(seconds=wait_s)
    latest = next_attempt(tries, now=NOW, jitter=1)
    assert latest == NOW + timedelta(seconds=wait_s * 1.25)


@pytest.mark.parametrize("tries", [9, 10, 1_000_000])
def test_after_nine_tries_it_is_given_up(tries: int) -> None:
    assert MAX_TRIES == 9
    assert next_attempt(tries, now=NOW, jitter=0) is None


def test_the_other_side_may_ask_for_more_time_but_not_for_less() -> None:
    later = next_attempt(1, now=NOW, jitter=0, retry_after=timedelta(minutes=3))
    assert later == NOW + timedelta(minutes=3)
    sooner = next_attempt(4, now=NOW, jitter=0, retry_after=timedelta(seconds=1))
    assert sooner == NOW + timedelta(minutes=10)
    assert next_attempt(1, now=NOW, jitter=0, retry_after=timedelta(days=-1)) == NOW + DELAYS[0]


def test_an_absurd_wait_is_cut_to_a_day() -> None:
    due = next_attempt(1, now=NOW, jitter=0, retry_after=timedelta(days=9_999))
    assert due == NOW + timedelta(days=1)


def test_a_confirmation_is_not_tried_after_its_five_minutes() -> None:
    expires = NOW + timedelta(minutes=5)
    assert next_attempt(3, now=NOW, jitter=1, expires_at=expires) is not None
    assert next_attempt(4, now=NOW, jitter=0, expires_at=expires) is None
    assert next_attempt(1, now=NOW, jitter=0, expires_at=NOW + timedelta(seconds=5)) is None
    assert next_attempt(1, now=NOW, jitter=0, expires_at=NOW - timedelta(days=1)) is None


def test_another_zone_is_the_same_moment() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    due = next_attempt(1, now=there, jitter=0)
    assert due == NOW + DELAYS[0]
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("tries", "jitter", "now"),
    [
        (0, 0.0, NOW),
        (-1, 0.0, NOW),
        (1, -0.1, NOW),
        (1, 1.1, NOW),
        (1, float("nan"), NOW),
        (1, 0.0, datetime(2026, 3, 1)),  # noqa: DTZ001 - a naive one is the point
    ],
)
def test_nonsense_is_refused(tries: int, jitter: float, now: datetime) -> None:
    with pytest.raises(ValueError, match=r"tries|jitter|zone"):
        next_attempt(tries, now=now, jitter=jitter)


moments = st.timedeltas(timedelta(0), timedelta(days=70_000)).map(lambda since: NOW + since)
portions = st.floats(min_value=0, max_value=1)
waits = st.none() | st.timedeltas()


@given(st.integers(1, 20), moments, portions, waits, st.none() | moments)
def test_an_attempt_is_later_than_now_within_bounds_and_before_it_expires(
    tries: int,
    now: datetime,
    jitter: float,
    retry_after: timedelta | None,
    expires_at: datetime | None,
) -> None:
    due = next_attempt(
        tries, now=now, jitter=jitter, retry_after=retry_after, expires_at=expires_at
    )
    if due is None:
        assert tries >= MAX_TRIES or expires_at is not None
        return
    assert tries < MAX_TRIES
    assert now + DELAYS[tries - 1] <= due <= now + timedelta(hours=30)
    assert expires_at is None or due < expires_at


@given(st.integers(1, MAX_TRIES - 2), portions, portions)
def test_no_luck_makes_a_later_wait_shorter_than_an_earlier_one(
    tries: int, early: float, late: float
) -> None:
    first = next_attempt(tries, now=NOW, jitter=early)
    second = next_attempt(tries + 1, now=NOW, jitter=late)
    assert first is not None
    assert second is not None
    assert first < second
