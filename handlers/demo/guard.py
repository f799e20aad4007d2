"""Who may use the demo page: a browser on this machine, on our own page, and nobody else.

The demo signs messages with the demo's own credentials, so another site or another machine must
not be able to press its buttons: loopback only, a loopback Host on our port (against DNS
rebinding), the page's own origin, and a token bound to a cookie that only our page was given.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from hashlib import blake2b

from flask import Response, abort, request

from handlers.settings import Settings

COOKIE = "heed-demo"
HEADER = "X-Heed-Demo"
BODY_LIMIT = 64_000
"""Bytes of one request to the demo; a long mail fits."""

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Guard:
    """`key` makes the tokens: 32 random bytes that every process of this installation shares."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        port = settings.http_listen[1]
        self._hosts = {f"{name}:{port}" for name in LOOPBACK_NAMES}
        if port == 80:  # noqa: PLR2004 - browsers leave http's own port out
            self._hosts |= set(LOOPBACK_NAMES)
        self._address = f"http://127.0.0.1:{port}"
        self._key = key

    def check_place(self) -> None:
        """Refuse the current request unless it was made on this machine, to it (403)."""
        if not _is_loopback(request.remote_addr or "") or any(
            name in request.headers for name in FORWARDING
        ):
            abort(403, "the demo page is for this machine alone, without a proxy")
        if request.host.casefold() not in self._hosts:
            abort(403, f"the demo page is at {self._address}")

    def check_page(self) -> None:
        """Refuse the current request unless our own page made it (403, 413, 415)."""
        came_from = request.headers.get("Sec-Fetch-Site", "")
        arriving = request.method in ("GET", "HEAD") and request.path == "/"
        if not arriving and came_from not in ("", "same-origin"):
            abort(403, "only the demo page itself may ask for this")
        if request.method not in ("GET", "HEAD"):
            self._check_post()

    def _check_post(self) -> None:
        if request.headers.get("Origin", "") != f"http://{request.host.casefold()}":
            abort(403, "only the demo page itself may do this")
        given = request.headers.get(HEADER, "").encode()
        cookie = request.cookies.get(COOKIE, "")
        if not cookie or not hmac.compare_digest(self._token(cookie).encode(), given):
            abort(403, "the page is from an earlier visit; reload it")
        if request.mimetype != "application/json":
            abort(415, "the demo takes JSON")
        if request.content_length is None or request.content_length > BODY_LIMIT:
            abort(413, f"the demo takes up to {BODY_LIMIT} bytes")

    def admit(self) -> tuple[str, str]:
        """The cookie for this visitor (the present one where it has the form), and its token."""
        cookie = request.cookies.get(COOKIE, "")
        if len(cookie) != 32 or not cookie.isalnum():  # noqa: PLR2004 - as made below
            cookie = secrets.token_hex(16)
        return cookie, self._token(cookie)

    def _token(self, cookie: str) -> str:
        return blake2b(
            cookie.encode(), key=self._key, digest_size=20, person=b"heed-demo"
        ).hexdigest()


def set_cookie(response: Response, cookie: str) -> None:
    response.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict", path="/")


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
