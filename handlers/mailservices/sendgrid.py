"""SendGrid: its Event Webhook (JSON) and Inbound Parse in raw mode (a form), at one address.

Proved by ECDSA P-256 with SHA-256 over time and raw body, or by HTTP Basic in the address where no
signature can be had. It comes again on 5xx alone, for up to three days. Repeats carry old events,
so that hours of age are allowed and the event's id is what keeps them apart.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from pydantic import AfterValidator, Field

from handlers.account import Account
from handlers.email.undeliverable import is_policy
from handlers.form import posted
from handlers.keyfile import write_private
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event, made_id
from handlers.payload import Payload, read_json, read_json_list
from handlers.ports import Malformed, RawRequest, Unverified
from handlers.settings import List, Part, Settings, SettingsError, is_set_up, part
from handlers.signatures import require_basic, require_fresh

PREFIX = "HEED_SENDGRID_"
TOLERANCE = timedelta(hours=25)
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
FORM = "multipart/form-data"
HAPPENINGS = {
    "unsubscribe": Happening.UNSUBSCRIBED,
    "group_unsubscribe": Happening.UNSUBSCRIBED,
    "spamreport": Happening.COMPLAINED,
    "bounce": Happening.BOUNCED,
    "deferred": Happening.DELAYED,
}


def _public_key(spelled: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(spelled, validate=True))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("is no public key in base64, as the portal shows it")  # noqa: TRY004 - a wrong value, to pydantic
    return key


def _public_keys(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        _public_key(one)
    return value


class SendGridSettings(Part):
    public_key: Annotated[List, AfterValidator(_public_keys)] = ()
    webhook_user: str = ""
    webhook_password: List = Field(default=(), repr=False)


def configure(settings: Settings) -> SendGrid | None:
    given = part(SendGridSettings, PREFIX, settings.env)
    if not given.model_fields_set:
        return None
    if given.webhook_user or given.webhook_password:
        is_set_up(given, PREFIX, "webhook_user", "webhook_password")
    elif not given.public_key:
        raise SettingsError(f"{PREFIX}PUBLIC_KEY is missing")
    return SendGrid(given)


class SendGrid:
    name = "sendgrid"

    def __init__(self, settings: SendGridSettings) -> None:
        self._keys = [_public_key(one) for one in settings.public_key]
        self._basic = [(settings.webhook_user, one) for one in settings.webhook_password]

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        signature = request.headers.get(SIGNATURE, "")
        if not signature and self._basic:
            require_basic(request.headers.get("authorization", ""), self._basic)
            return
        if not signature or not self._keys:
            raise Unverified("signature_missing")
        try:
            given = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            raise Unverified("signature_wrong") from None
        moment = request.headers.get(TIMESTAMP, "")
        require_fresh(moment, request.received_at, TOLERANCE)
        signed = moment.encode() + request.body
        if not any([_fits(key, given, signed) for key in self._keys]):  # noqa: C419 - every key, so that time tells nothing
            raise Unverified("signature_wrong")

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        if request.content_type == FORM:
            return [_mail(request)]
        return list(_events(read_json_list(request.body)))


def _mail(request: RawRequest) -> ReceivedMail:
    try:
        form = dict(posted(request))
    except Unverified:
        raise Malformed("form") from None
    raw = form.get("email", b"")
    if not raw:
        raise Malformed("email: set Inbound Parse to POST the raw, full MIME message")
    envelope = read_json(form.get("envelope", b""))
    to = envelope.value.get("to")
    return ReceivedMail(
        raw=raw,
        mail_from=envelope.optional("from"),
        recipients=tuple(one for one in to if isinstance(one, str)) if isinstance(to, list) else (),
    )


def _events(told: Sequence[Payload]) -> Iterator[MailEvent]:
    for one in told:
        happening = HAPPENINGS.get(one.optional("event"))
        if happening is None:
            continue
        refused = one.optional("type") == "blocked" or is_policy(one.optional("status"))
        if happening is Happening.BOUNCED and refused:
            happening = Happening.DELAYED
        address = one.optional("email")
        yield event(
            happening,
            one,
            address,
            event_id=one.optional("sg_event_id")
            or made_id(one.optional("event"), address, one.optional("timestamp")),
            occurred_at=one.moment("timestamp"),
            list_name=one.optional("asm_group_id"),
        )


def _fits(key: EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as SendGrid would sign it, now; `secret` is a private key, DER in base64."""
    key = load_der_private_key(base64.b64decode(secret), None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError("a key on P-256 signs for SendGrid")
    moment = str(int(request.received_at.timestamp()))
    made = key.sign(moment.encode() + request.body, ECDSA(hashes.SHA256()))
    return request.with_headers({SIGNATURE: base64.b64encode(made).decode(), TIMESTAMP: moment})


def make_key(folder: Path, account: Account, _now: datetime) -> dict[str, str]:
    """A pair of keys for a test desk: the variable to set; the private key stays in `folder`."""
    key = generate_private_key(SECP256R1())
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    write_private(folder / "sendgrid-simulate.key", base64.b64encode(private))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {f"{account.prefix}PUBLIC_KEY": base64.b64encode(public).decode()}
