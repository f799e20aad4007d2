"""Resend: events, signed as Standard Webhooks are: HMAC-SHA256 over id, time and raw body.

Every repeat is signed anew under the same id. An event does not tell which of several recipients it
is about, so that only one with a single recipient is taken; others go to a person. Of a mail that
it received an event tells no more than the id: the mail is fetched from Resend's API.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from handlers.email.decoding import addresses
from handlers.email.rebuilt import rebuilt
from handlers.email.smtp import SIZE_LIMIT
from handlers.email.undeliverable import is_policy
from handlers.http_client import call, fetch
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event
from handlers.payload import Payload, read_json
from handlers.ports import (
    ComeAgain,
    Malformed,
    OutcomeUnknown,
    RawRequest,
    SendError,
    Unsupported,
    Unverified,
)
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import require_any, require_fresh

PREFIX = "HEED_RESEND_"
TOLERANCE = timedelta(minutes=5)
HAPPENINGS = {
    "email.complained": Happening.COMPLAINED,
    "email.bounced": Happening.BOUNCED,
    "email.delivery_delayed": Happening.DELAYED,
}
PATIENCE = timedelta(hours=20)
"""Resend gives up after some 27 hours; a person is told before."""
_EMAIL_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,3}resend\.com")
_SECRET = "whsec_"  # noqa: S105 - how every secret begins
_ID_LIMIT = 200


def _secrets(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        try:
            base64.b64decode(one.removeprefix(_SECRET), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("is not whsec_ and base64, as the portal shows it") from None
    return value


class ResendSettings(Part):
    """`api_key` is for received mails alone; Resend wants one with full access for them."""

    webhook_secret: Annotated[List, AfterValidator(_secrets)] = Field(default=(), repr=False)
    api_key: str = Field(default="", repr=False)
    api_url: PublicUrl = "https://api.resend.com"


def configure(settings: Settings) -> Resend | None:
    given = part(ResendSettings, PREFIX, settings.env)
    return Resend(given) if is_set_up(given, PREFIX, "webhook_secret") else None


class Resend:
    name = "resend"

    def __init__(self, settings: ResendSettings) -> None:
        self._secrets = settings.webhook_secret
        self._api_key = settings.api_key
        self._api = settings.api_url

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        event_id, moment = _id(request), request.headers.get("svix-timestamp", "")
        if not 0 < len(event_id) <= _ID_LIMIT:
            raise Unverified("id_missing")
        given = request.headers.get("svix-signature", "").split()
        require_any(given, [_signature(one, event_id, moment, request) for one in self._secrets])
        require_fresh(moment, request.received_at, TOLERANCE)

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        body = read_json(request.body)
        kind, told = body.text("type"), body.object("data")
        if kind == "email.received":
            return [self._received(told, body.moment("created_at"), request.received_at)]
        happening = HAPPENINGS.get(kind)
        if kind == "contact.updated" and told.value.get("unsubscribed") is True:
            happening, address = Happening.UNSUBSCRIBED, told.optional("email")
        elif happening is None:
            raise Unsupported(kind[:40])
        else:
            address = _only(told)
            bounce = told.object("bounce")
            gone = bounce.optional("type") == "Permanent"
            if kind == "email.bounced" and (not gone or is_policy(bounce.optional("message"))):
                happening = Happening.DELAYED
        return [
            event(
                happening,
                told,
                address,
                event_id=_id(request),
                occurred_at=body.moment("created_at"),
            )
        ]

    def _received(self, told: Payload, told_at: datetime | None, now: datetime) -> ReceivedMail:
        try:
            found = self._ask(told.text("email_id"))
            raw = self._original(found.object("raw")) or _put_together(found)
        except ComeAgain as lack:
            if told_at is None or now - told_at < PATIENCE:
                raise
            raise Malformed(str(lack)) from None  # Resend will not come again
        to = told.value.get("to")
        return ReceivedMail(
            raw=raw,
            mail_from=next(iter(addresses([told.optional("from")])), ""),
            recipients=tuple(addresses([one for one in to if isinstance(one, str)]))
            if isinstance(to, list)
            else (),
        )

    def _ask(self, email_id: str) -> Payload:
        if not self._api_key:
            raise Malformed("HEED_RESEND_API_KEY")
        if not _EMAIL_ID.fullmatch(email_id):
            raise Malformed("data.email_id")
        try:
            reply = call(
                "GET",
                f"{self._api}/emails/receiving/{email_id}",
                headers={"Authorization": f"Bearer {self._api_key}"},
            )
        except (SendError, OutcomeUnknown) as lost:
            raise ComeAgain(lost.code) from None
        if reply.status == 429 or reply.status >= 500:  # noqa: PLR2004
            raise ComeAgain(f"status_{reply.status}")
        if reply.status != 200:  # noqa: PLR2004
            raise Malformed(f"status_{reply.status}")
        return Payload(reply.json)

    def _original(self, told: Payload) -> bytes:
        """The mail as it came, from a host of Resend's or of the API set here; empty if none."""
        url = told.optional("download_url")
        if not url:
            return b""
        there, api = urlsplit(url), urlsplit(self._api)
        own = there.scheme == "https" and _HOST.fullmatch(there.netloc) is not None
        if not own and (there.scheme, there.netloc) != (api.scheme, api.netloc):
            raise Malformed("raw.download_url")
        try:
            return fetch(url, limit=SIZE_LIMIT)
        except OSError as lost:
            raise ComeAgain(f"raw.{type(lost).__name__}") from None


def _put_together(found: Payload) -> bytes:
    headers = found.object("headers")
    names = {name.lower() for name in headers.value}
    lines = [(name, headers.optional(name)) for name in headers.value]
    lines += [
        (name, found.optional(name.replace("-", "_")))
        for name in ("from", "subject", "message-id")
        if name not in names
    ]
    return rebuilt(lines, text=found.optional("text"), html=found.optional("html"))


def _id(request: RawRequest) -> str:
    return request.headers.get("svix-id", "")


def _only(told: Payload) -> str:
    to = told.value.get("to")
    people = [to] if isinstance(to, str) else to
    if not isinstance(people, list) or len(people) != 1 or not isinstance(people[0], str):
        raise Malformed("data.to")
    return people[0]


def _signature(secret: str, event_id: str, moment: str, request: RawRequest) -> str:
    key = base64.b64decode(secret.removeprefix(_SECRET))
    signed_text = f"{event_id}.{moment}.".encode("utf-8", "surrogatepass") + request.body
    return "v1," + base64.b64encode(hmac.digest(key, signed_text, "sha256")).decode()


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Resend would sign it, now, under an id that its body gives."""
    event_id = f"msg_{binascii.crc32(request.body):08x}"
    moment = str(int(request.received_at.timestamp()))
    return request.with_headers(
        {
            "svix-id": event_id,
            "svix-timestamp": moment,
            "svix-signature": _signature(secret, event_id, moment, request),
        }
    )
