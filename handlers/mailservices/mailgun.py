"""Mailgun: events (JSON) and routes (a form with the mail), at one address.

Its HMAC covers a time and a token and not what is told, so the token is what happens once. It comes
again for about eight hours; whether under the old time is not verified, so that age is allowed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

from pydantic import Field

from handlers.email.rebuilt import rebuilt
from handlers.email.undeliverable import is_policy
from handlers.form import posted
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event
from handlers.payload import read_json, read_pairs
from handlers.ports import Malformed, RawRequest, Unsupported, Unverified
from handlers.settings import List, Part, Settings, is_set_up, part
from handlers.signatures import hmac_sha256, require, require_fresh

PREFIX = "HEED_MAILGUN_"
TOLERANCE = timedelta(hours=9)
JSON = "application/json"
_TOKEN_LIMIT = 100
HAPPENINGS = {
    "unsubscribed": Happening.UNSUBSCRIBED,
    "complained": Happening.COMPLAINED,
    "failed": Happening.BOUNCED,
}


class MailgunSettings(Part):
    signing_key: List = Field(default=(), repr=False)


def configure(settings: Settings) -> Mailgun | None:
    given = part(MailgunSettings, PREFIX, settings.env)
    return Mailgun(given) if is_set_up(given, PREFIX, "signing_key") else None


class Mailgun:
    name = "mailgun"

    def __init__(self, settings: MailgunSettings) -> None:
        self._keys = settings.signing_key

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        given = _signature(request)
        moment, token = given.get("timestamp", ""), given.get("token", "")
        if not 0 < len(token) <= _TOKEN_LIMIT:
            raise Unverified("signature_missing")
        signed_text = f"{moment}{token}".encode("utf-8", "surrogatepass")
        require(
            given.get("signature", ""),
            [hmac_sha256(key, signed_text).hex() for key in self._keys],
        )
        require_fresh(moment, request.received_at, TOLERANCE)

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        if request.content_type != JSON:
            return [_mail(_last(request))]
        told = read_json(request.body).object("event-data")
        kind = told.text("event")
        happening = HAPPENINGS.get(kind)
        if happening is None:
            raise Unsupported(kind[:40])
        status = told.object("delivery-status")
        answer = f"{status.optional('enhanced-code')} {status.optional('message')}"
        if kind == "failed" and (told.optional("severity") != "permanent" or is_policy(answer)):
            happening = Happening.DELAYED
        return [
            event(
                happening,
                told,
                told.optional("recipient"),
                event_id=_signature(request).get("token", ""),
                occurred_at=told.moment("timestamp"),
                list_name=told.object("mailing-list").optional("address"),
            )
        ]


def _signature(request: RawRequest) -> Mapping[str, str]:
    if request.content_type == JSON:
        try:
            given = read_json(request.body).object("signature")
        except Malformed:
            raise Unverified("body_unreadable") from None
        return {name: given.optional(name) for name in ("timestamp", "token", "signature")}
    form = _last(request)
    return {
        name: form.get(name, b"").decode("ascii", "replace")
        for name in ("timestamp", "token", "signature")
    }


def _last(request: RawRequest) -> Mapping[str, bytes]:
    """The form; of a field that stands there twice the last is Mailgun's own."""
    return dict(posted(request))


def _mail(form: Mapping[str, bytes]) -> ReceivedMail:
    def text(name: str) -> str:
        return form.get(name, b"").decode("utf-8", "replace")

    if not text("recipient"):
        raise Malformed("recipient")
    raw = form.get("body-mime") or rebuilt(
        read_pairs(form.get("message-headers", b"[]")),
        text=text("body-plain"),
        html=text("body-html"),
    )
    recipients = tuple(one.strip() for one in text("recipient").split(",") if one.strip())
    return ReceivedMail(raw=raw, mail_from=text("sender"), recipients=recipients)


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Mailgun would make it now; the fixture has its time, token and signature.

    The signature stands inside: what is signed is put in place of whatever stands there.
    """
    moment, token = str(int(request.received_at.timestamp())), token_for(request.body)
    made = hmac_sha256(secret, f"{moment}{token}".encode()).hex()
    if request.content_type != JSON:
        form = [*parse_qsl(request.body.decode(), keep_blank_values=True)]
        form += [("timestamp", moment), ("token", token), ("signature", made)]
        return replace(request, body=urlencode(form).encode())
    try:
        told = dict(read_json(request.body).value)
    except Malformed:
        return request
    told["signature"] = {"timestamp": moment, "token": token, "signature": made}
    return replace(request, body=json.dumps(told, ensure_ascii=False).encode())


def token_for(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:50]
