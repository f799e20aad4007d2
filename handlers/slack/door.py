"""Our own door for Slack's requests: who sent it, is it fresh, what does it say. Nothing is kept.

The signature is HMAC-SHA256 over `v0:{timestamp}:{raw body}`, at most 300 s old or early
(docs.slack.dev/authentication/verifying-requests-from-slack). Bolt's own door decodes before it
hashes, logs the whole body of what it refuses and finds interactions by substring; ours does not.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from handlers.ports import HttpAnswer, Malformed, RawRequest, Unverified
from handlers.slack.payload import Payload, text_at

AGE_S = 300
BODY_LIMIT = 1_000_000
"""Bytes; Slack's largest payloads (a message with 50 blocks) are well below 100 kB."""
MAX_FIELDS = 100
VERSION = "v0"


def verify(request: RawRequest, secrets: Sequence[str]) -> None:
    """Check signature and age over the raw bytes; any of the secrets will do, the current first.

    Raises:
        Unverified: missing, wrong or stale.
    """
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not timestamp or not signature:
        raise Unverified("signature_missing")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004
        raise Unverified("time_missing")
    given = signature.encode(errors="surrogateescape")  # compare_digest takes no other str
    genuine = [
        secret
        for secret in secrets
        if hmac.compare_digest(sign(secret, timestamp, request.body).encode(), given)
    ]
    if not genuine:
        raise Unverified("signature_wrong")
    if abs(int(request.received_at.timestamp()) - int(timestamp)) > AGE_S:
        raise Unverified("time_stale")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """What Slack puts into X-Slack-Signature."""
    base = f"{VERSION}:{timestamp}:".encode() + body
    return f"{VERSION}={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"


def signed_headers(secret: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """The headers with which Slack would send the body now; the demo speaks with them."""
    timestamp = str(int(now.timestamp()))
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(secret, timestamp, body),
    }


def parse(request: RawRequest) -> Payload:
    """The payload of a verified request: an event's JSON, a command's form, an interaction.

    Raises:
        Malformed: it is none of these; names what is wrong.
    """
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise Malformed("encoding") from None
    if request.content_type == "application/json" or text.startswith("{"):
        return _json_object(text)
    fields = form(text)
    if "payload" in fields:
        return _json_object(fields["payload"])
    if "command" in fields or "ssl_check" in fields:
        return fields
    raise Malformed("form")


def is_ssl_check(request: RawRequest) -> bool:
    """Slack's check of the certificate, answered before any signature; nothing follows from it."""
    if not request.body.startswith(b"ssl_check=1") or len(request.body) > 1000:  # noqa: PLR2004
        return False
    try:
        return form(request.body.decode()).get("ssl_check") == "1"
    except (UnicodeDecodeError, Malformed):
        return False


def challenge(payload: Payload) -> HttpAnswer | None:
    """The answer to `url_verification`; None for every other payload."""
    if text_at(payload, "type") != "url_verification":
        return None
    body = json.dumps({"challenge": text_at(payload, "challenge")})
    return HttpAnswer(status=200, body=body.encode(), content_type="application/json")


def form(text: str) -> dict[str, str]:
    """A form's fields, the first of repeated ones.

    Raises:
        Malformed: not UTF-8 behind the escapes, or absurdly many.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Malformed("form") from None
    return dict(reversed(pairs))


def _json_object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("json") from None
    if not isinstance(found, dict):
        raise Malformed("json")
    return found
