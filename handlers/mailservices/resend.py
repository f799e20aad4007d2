"""Resend: events, signed as Standard Webhooks are: HMAC-SHA256 over id, time and raw body.

Every repeat is signed anew under the same id. An event does not tell which of several recipients it
is about, so that only one with a single recipient is taken; others go to a person. Its inbound
webhook holds no words: let the mail itself come by SMTP.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from handlers.email.undeliverable import is_policy
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event
from handlers.payload import Payload, read_json
from handlers.ports import Malformed, RawRequest, Unsupported, Unverified
from handlers.settings import List, Part, Settings, is_set_up, part
from handlers.signatures import require_any, require_fresh

PREFIX = "HEED_RESEND_"
TOLERANCE = timedelta(minutes=5)
HAPPENINGS = {
    "email.complained": Happening.COMPLAINED,
    "email.bounced": Happening.BOUNCED,
    "email.delivery_delayed": Happening.DELAYED,
}
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
    webhook_secret: Annotated[List, AfterValidator(_secrets)] = Field(default=(), repr=False)


def configure(settings: Settings) -> Resend | None:
    given = part(ResendSettings, PREFIX, settings.env)
    return Resend(given) if is_set_up(given, PREFIX, "webhook_secret") else None


class Resend:
    name = "resend"

    def __init__(self, settings: ResendSettings) -> None:
        self._secrets = settings.webhook_secret

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
