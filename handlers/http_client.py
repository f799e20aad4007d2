"""One way to call a provider's API, so that every provider tells apart refused and unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
import urllib3.exceptions

from handlers.ports import OutcomeUnknown, SendError

CONNECT_S, READ_S = 5.0, 10.0
ANSWER_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    json: Mapping[str, Any]  # empty where the body is no JSON object
    retry_after: timedelta | None


def post(url: str, **arguments: Any) -> Reply:
    """POST once, without redirects. `arguments` are those of `requests.post`.

    Raises:
        SendError, OutcomeUnknown: as `call`.
    """
    return call("POST", url, **arguments)


def call(method: str, url: str, **arguments: Any) -> Reply:
    """Call once, without redirects. `arguments` are those of `requests.request`.

    Raises:
        SendError: the connection was never made, so nothing was sent; it may be tried again.
        OutcomeUnknown: it was made and the answer is lost.
    """
    try:
        response = requests.request(
            method, url, timeout=(CONNECT_S, READ_S), allow_redirects=False, **arguments
        )
    except requests.exceptions.ConnectTimeout:
        raise SendError("connect_timeout", permanent=False) from None
    except requests.exceptions.ConnectionError as error:
        if _never_connected(error):
            raise SendError("connect_failed", permanent=False) from None
        raise OutcomeUnknown("connection_lost") from None
    except requests.exceptions.RequestException as error:
        raise OutcomeUnknown(type(error).__name__) from None
    return Reply(
        status=response.status_code,
        json=_json_object(response),
        retry_after=_retry_after(response.headers.get("Retry-After", "")),
    )


def fetch(url: str, *, limit: int = ANSWER_LIMIT) -> bytes:
    """What stands at a URL, up to `limit` bytes, without redirects. The caller pins the host.

    Raises:
        OSError: it could not be brought.
    """
    with requests.get(
        url, timeout=(CONNECT_S, READ_S), allow_redirects=False, stream=True
    ) as response:
        if response.status_code != 200:  # noqa: PLR2004
            raise OSError(f"status {response.status_code}")
        content: bytes = response.raw.read(limit + 1, decode_content=True)
    if len(content) > limit:
        raise OSError("too large")
    return content


def require_taken(
    reply: Reply,
    code: str,
    *,
    blocked: frozenset[str] = frozenset(),
    later: frozenset[str] = frozenset(),
    of_sender: bool = False,
) -> None:
    """Raise what a provider's refusal means.

    `blocked` are its codes for a person who opted out there,
    `later` those that pass by themselves beside 429 and 503. `of_sender`: the block is of one
    sender's marketing.

    Raises:
        SendError: it was refused; or it is too early, and then it may be tried again.
        OutcomeUnknown: the provider failed while it had the message.
    """
    if 200 <= reply.status < 300:  # noqa: PLR2004
        return
    if reply.status in (429, 503) or code in later:
        raise SendError(code, permanent=False, retry_after=reply.retry_after)
    if reply.status >= 500:  # noqa: PLR2004
        raise OutcomeUnknown(code)
    raise SendError(code, permanent=True, block=code in blocked, of_sender=of_sender)


def _never_connected(error: BaseException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _json_object(response: requests.Response) -> Mapping[str, Any]:
    if len(response.content) > ANSWER_LIMIT:
        return {}
    try:
        value = response.json()
    except requests.exceptions.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _retry_after(header: str) -> timedelta | None:
    return timedelta(seconds=min(int(header), 86_400)) if header.isdigit() else None
