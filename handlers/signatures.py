"""What signature schemes share: comparing in constant time, and the age of what was signed."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from handlers.ports import Unverified


def require(given: str, expected: Iterable[str]) -> None:
    """One of the expected spellings was given. All are compared, so that time tells nothing.

    Raises:
        Unverified: nothing was given, or something else.
    """
    if not given:
        raise Unverified("signature_missing")
    spelled = given.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(spelled, one.encode()) for one in expected]
    if not any(matches):
        raise Unverified("signature_wrong")


def require_fresh(seconds: str, now: datetime, tolerance: timedelta) -> None:
    """The signed time, in seconds since 1970, lies within the tolerance of now, either way.

    Raises:
        Unverified: it does not, or is no time.
    """
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 11:  # noqa: PLR2004
        raise Unverified("time_missing")
    if abs(now - datetime.fromtimestamp(int(seconds), UTC)) > tolerance:
        raise Unverified("time_stale")
