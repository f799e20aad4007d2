"""What signature schemes share: comparing in constant time, and the age of what was signed."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from handlers.ports import RawRequest, Unverified


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


def require_any(given: Iterable[str], expected: Iterable[str]) -> None:
    """One of several signatures in one header is one of the expected; at most ten are looked at.

    Raises:
        Unverified: nothing was given, or something else.
    """
    spelled = [one.encode("utf-8", "surrogatepass") for one in given][:10]
    if not spelled:
        raise Unverified("signature_missing")
    wanted = [one.encode() for one in expected]
    matches = [hmac.compare_digest(one, other) for one in spelled for other in wanted]
    if not any(matches):
        raise Unverified("signature_wrong")


def require_basic(authorization: str, credentials: Iterable[tuple[str, str]]) -> None:
    """HTTP Basic (RFC 7617) with one of the pairs of user and password.

    Raises:
        Unverified: nothing was given, or something else.
    """
    require(authorization, [f"Basic {basic(user, password)}" for user, password in credentials])


def basic(user: str, password: str) -> str:
    """`user:password` as the Authorization header spells it."""
    return b64encode(f"{user}:{password}".encode()).decode()


def with_basic(request: RawRequest, secret: str) -> RawRequest:
    """The request as whoever knows the password makes it; `secret` is `user:password`."""
    user, _, password = secret.partition(":")
    return request.with_headers({"authorization": f"Basic {basic(user, password)}"})


def hmac_sha256(key: str, signed: bytes) -> bytes:
    return hmac.digest(key.encode(), signed, "sha256")


def require_fresh(seconds: str, now: datetime, tolerance: timedelta) -> None:
    """The signed time, in seconds since 1970, lies within the tolerance of now, either way.

    Raises:
        Unverified: it does not, or is no time.
    """
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 11:  # noqa: PLR2004
        raise Unverified("time_missing")
    if abs(now - datetime.fromtimestamp(int(seconds), UTC)) > tolerance:
        raise Unverified("time_stale")
