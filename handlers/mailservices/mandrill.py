"""Mandrill (Mailchimp Transactional): events and inbound mail, a form with one JSON field.

HMAC-SHA1 in base64 over the public URL and the sorted fields. At set-up it asks by HEAD whether
the address is there.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Sequence

from pydantic import Field

from handlers.email.rebuilt import rebuilt
from handlers.email.undeliverable import is_policy
from handlers.form import fields
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event, made_id
from handlers.payload import Payload, read_json_list
from handlers.ports import Malformed, RawRequest
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import require

PREFIX = "HEED_MANDRILL_"
HEADER = "x-mandrill-signature"
HAPPENINGS = {
    "unsub": Happening.UNSUBSCRIBED,
    "spam": Happening.COMPLAINED,
    "hard_bounce": Happening.BOUNCED,
    "soft_bounce": Happening.DELAYED,
    "deferral": Happening.DELAYED,
}


class MandrillSettings(Part):
    """`webhook_url` as typed at Mandrill; without it, HEED_PUBLIC_URL/webhooks/mandrill."""

    webhook_key: List = Field(default=(), repr=False)
    webhook_url: PublicUrl = ""


def configure(settings: Settings) -> Mandrill | None:
    given = part(MandrillSettings, PREFIX, settings.env)
    return Mandrill(given) if is_set_up(given, PREFIX, "webhook_key") else None


class Mandrill:
    name = "mandrill"

    def __init__(self, settings: MandrillSettings) -> None:
        self._settings = settings

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        url = self._settings.webhook_url or request.url
        signed_text = _signed(url, fields(request.body))
        require(
            request.headers.get(HEADER, ""),
            [_signature(key, signed_text) for key in self._settings.webhook_key],
        )

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        events = dict(fields(request.body)).get("mandrill_events", "")
        if not events:
            raise Malformed("mandrill_events")
        return list(_told(read_json_list(events.encode("utf-8", "surrogatepass"))))


def _told(events: Sequence[Payload]) -> Iterator[MailEvent | ReceivedMail]:
    for one in events:
        kind, message = one.optional("event"), one.object("msg")
        happening = HAPPENINGS.get(kind)
        if kind == "inbound":
            yield _mail(message)
        elif happening is not None:
            diagnosis = message.optional("diag")
            if happening is Happening.BOUNCED and is_policy(diagnosis):
                happening = Happening.DELAYED
            yield event(
                happening,
                one,
                message.optional("email"),
                event_id=made_id(kind, one.optional("_id"), one.optional("ts")),
                occurred_at=one.moment("ts"),
                list_name=message.optional("subaccount"),
            )


def _mail(message: Payload) -> ReceivedMail:
    raw = message.optional("raw_msg").encode("utf-8", "surrogatepass")
    if not raw:
        headers = [
            ("From", message.optional("from_email")),
            ("To", message.optional("email")),
            ("Subject", message.optional("subject")),
        ]
        raw = rebuilt(headers, text=message.optional("text"), html=message.optional("html"))
    return ReceivedMail(
        raw=raw,
        mail_from=message.optional("sender") or message.optional("from_email"),
        recipients=tuple(filter(None, [message.optional("email")])),
    )


def _signed(url: str, form: Sequence[tuple[str, str]]) -> bytes:
    pairs = "".join(f"{name}{value}" for name, value in sorted(form))
    return f"{url}{pairs}".encode("utf-8", "surrogatepass")


def _signature(key: str, signed_text: bytes) -> str:
    return base64.b64encode(hmac.digest(key.encode(), signed_text, "sha1")).decode()


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Mandrill would sign it."""
    signature = _signature(secret, _signed(request.url, fields(request.body)))
    return request.with_headers({HEADER: signature})
