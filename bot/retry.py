"""When to try again. A message that failed for a passing reason is tried at growing distances."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model import utc

DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""What passes after the first, second, ... failure."""

MAX_TRIES = len(DELAYS) + 1
"""Nine attempts over about 43 hours, then nobody tries again by itself."""

_SPREAD = 0.25  # of the delay, so that what failed together does not come back together
_LONGEST_WAIT = timedelta(days=1)  # a far Retry-After is a fault of the other side


def next_attempt(
    tries: int,
    *,
    now: datetime,
    jitter: float,
    retry_after: timedelta | None = None,
    expires_at: datetime | None = None,
    until_delivered: bool = False,
) -> datetime | None:
    """The moment of the next attempt in UTC, or None to give up.

    Args:
        tries: attempts made so far, at least 1.
        now: when the last one failed.
        jitter: a random number from 0 to 1; spreads the moment over a quarter of the delay.
        retry_after: what the other side asked for; it is waited for, up to a day.
        until_delivered: never give up; after the last delay it is tried daily.
        expires_at: the attempt must be before this, for what is late is not sent at all.

    Raises:
        ValueError: `tries` or `jitter` is out of range, or a datetime is naive.
    """
    if tries < 1:
        raise ValueError("tries counts the attempts made, so it is at least 1")
    if not 0 <= jitter <= 1:
        raise ValueError("jitter is between 0 and 1")
    now = utc(now)
    if tries >= MAX_TRIES and not until_delivered:
        return None
    asked = min(retry_after or timedelta(0), _LONGEST_WAIT)
    due = now + max(DELAYS[min(tries, len(DELAYS)) - 1], asked) * (1 + _SPREAD * jitter)
    if expires_at is not None and due >= utc(expires_at):
        return None
    return due
