"""Vonage: the Messages API (SMS, MMS, RCS, WhatsApp) and the older SMS API.

Messages: a JWT (HS256) in `Authorization` that holds the body's hash. SMS: a `sig` among the
fields, HMAC-SHA256, which Vonage's support must switch on; set the account to POST-JSON. The
default "MD5 hash" is no HMAC and is not taken. Opt-Out Assist blocks and answers without a flag:
say so at the sender in heed.toml (`confirmed_by`).

The flat fields of the Messages API's version 1 are not verified for what comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import jwt
from pydantic import Field

from bot.joining import part_of
from bot.model import Channel, Inbound, InboundMessage, MessageKind, TextPart
from handlers.account import Account
from handlers.http_client import post, require_taken
from handlers.payload import Payload, read_json
from handlers.ports import (
    AnswersByApi,
    Malformed,
    RawRequest,
    SendError,
    Unsupported,
    Unverified,
)
from handlers.provider_block import provider_block
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import basic, hmac_sha256, require, require_fresh
from handlers.spelled import digits, person, with_plus
from storage.rows import OutboxItem

TOLERANCE = timedelta(minutes=5)
OPTED_OUT = "9"  # the err-code of a receipt: the person is on Opt-Out Assist's list
# What Opt-Out Assist answers, where it is switched on for the number.
KEYWORDS = frozenset({"stop", "end", "quit", "cancel", "unsubscribe", "help"})
_LONGEST_TOKEN = 4096
_CHANNELS = {"sms": Channel.SMS, "mms": Channel.SMS, "rcs": Channel.SMS} | {
    "whatsapp": Channel.WHATSAPP
}


class VonageSettings(Part):
    signature_secret: List = Field(default=(), repr=False)
    api_key: str = ""
    api_secret: str = Field(default="", repr=False)
    api_url: PublicUrl = "https://api.nexmo.com"


def configure(settings: Settings, account: Account) -> Vonage | None:
    given = part(VonageSettings, account.prefix, settings.env)
    needed = ("signature_secret", "api_key", "api_secret")
    return Vonage(given) if is_set_up(given, account.prefix, *needed) else None


class Vonage(AnswersByApi):
    name = "vonage"

    def __init__(self, settings: VonageSettings) -> None:
        self._settings = settings

    def verify(self, request: RawRequest) -> None:
        """By token where one is given, else by the field `sig`; see `handlers.ports.Provider`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            self._verify_token(token, request)
        else:
            self._verify_fields(request)

    def _verify_token(self, token: str, request: RawRequest) -> None:
        for secret in self._settings.signature_secret:
            claims = _claims(token, secret)
            if claims is None:
                continue
            if claims.optional("api_key") != self._settings.api_key:
                raise Unverified("account_unknown")
            require(claims.optional("payload_hash"), [sha256(request.body).hexdigest()])
            return require_fresh(claims.optional("iat"), request.received_at, TOLERANCE)
        raise Unverified("signature_wrong")

    def _verify_fields(self, request: RawRequest) -> None:
        try:
            fields = dict(read_json(request.body).value)
        except Malformed:
            raise Unverified("signature_missing") from None
        given = fields.pop("sig", "")
        secrets = self._settings.signature_secret
        signature = given.lower() if isinstance(given, str) else ""
        require(signature, [_field_signature(secret, fields) for secret in secrets])
        require_fresh(str(fields.get("timestamp", "")), request.received_at, TOLERANCE)
        require(str(fields.get("api-key", "")), [self._settings.api_key])

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        event = read_json(request.body)
        if event.optional("messageId"):
            return [_of_sms_api(event, request.received_at)]
        if event.optional("status"):
            return _receipt(event, request.received_at)
        return [_of_messages_api(event, request.received_at)]

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        channel = "whatsapp" if item.address.channel is Channel.WHATSAPP else "sms"
        ours = self._settings
        reply = post(
            f"{ours.api_url}/v1/messages",
            headers={"Authorization": f"Basic {basic(ours.api_key, ours.api_secret)}"},
            json={
                "channel": channel,
                "message_type": "text",
                "from": digits(item.sender),
                "to": digits(item.address.value),
                "text": str(item.payload["text"]),
                "client_ref": item.id,
            },
        )
        answer = Payload(reply.json)
        require_taken(reply, answer.optional("title")[:40] or str(reply.status))
        return answer.optional("message_uuid")


def _claims(token: str, secret: str) -> Payload | None:
    """What a genuine token says. Its times are checked by us, against the clock we are given."""
    if len(token) > _LONGEST_TOKEN:
        return None
    unchecked = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        return Payload(
            jwt.decode(token, secret, ["HS256"], issuer="Vonage", options={**unchecked})  # type: ignore[arg-type]
        )
    except jwt.InvalidTokenError:
        return None


def _of_sms_api(event: Payload, received_at: datetime) -> Inbound:
    code = event.optional("err-code")
    if event.optional("status"):
        if code != OPTED_OUT:
            raise Unsupported("receipt")
        return provider_block(
            Vonage.name,
            person(Channel.SMS, event.optional("msisdn"), "msisdn"),
            event_id=f"{event.text('messageId')}:{code}",
            recipient=with_plus(event.optional("to")),
            evidence=f"error {code}",
            received_at=received_at,
        )
    binary = event.optional("type") == "binary"
    return InboundMessage(
        provider=Vonage.name,
        account=event.optional("api-key"),
        event_id=event.text("messageId"),
        kind=MessageKind.MESSAGE,
        address=person(Channel.SMS, event.optional("msisdn"), "msisdn"),
        recipient=with_plus(event.optional("to")),
        text=event.optional("text"),
        provider_keyword=event.optional("text").strip().casefold() in KEYWORDS,
        received_at=received_at,
        occurred_at=event.moment("message-timestamp"),
        media_count=1 if binary else 0,
        part=_part(event),
    )


def _part(event: Payload) -> TextPart | None:
    if event.value.get("concat") not in (True, "true"):
        return None
    numbers = (event.optional("concat-part"), event.optional("concat-total"))
    return part_of(event.optional("concat-ref"), *numbers)


def _of_messages_api(event: Payload, received_at: datetime) -> InboundMessage:
    who, ours = event.object("from"), event.object("to")  # version 0.1; bare in version 1
    channel = event.optional("channel") or who.optional("type")
    content = event.object("message").object("content")
    if "reaction" in (event.optional("message_type"), content.optional("type")):
        raise Unsupported("reaction")
    tapped = event.object("reply").optional("title") or event.object("button").optional("text")
    text = event.optional("text") or content.optional("text")
    return InboundMessage(
        provider=Vonage.name,
        account=event.optional("api_key"),
        event_id=event.text("message_uuid"),
        kind=MessageKind.BUTTON if tapped else MessageKind.MESSAGE,
        address=person(
            _CHANNELS.get(channel, Channel.OTHER),
            event.optional("from") or who.optional("number"),
            "from",
        ),
        recipient=with_plus(event.optional("to") or ours.optional("number")),
        text=text or tapped,
        provider_keyword=text.strip().casefold() in KEYWORDS,
        received_at=received_at,
        occurred_at=event.moment("timestamp"),
        media_count=0 if text or tapped else 1,
        in_reply_to=event.object("context").optional("message_uuid"),
    )


def _receipt(event: Payload, received_at: datetime) -> Sequence[Inbound]:
    """The Messages API's code for a person who opted out is not verified: taken like SMS's 9."""
    if event.object("error").optional("title") != OPTED_OUT:
        raise Unsupported("receipt")
    number = event.optional("to") or event.object("to").optional("number")
    channel = _CHANNELS.get(event.optional("channel"), Channel.SMS)
    return [
        provider_block(
            Vonage.name,
            person(channel, number, "to"),
            event_id=f"{event.text('message_uuid')}:{OPTED_OUT}",
            recipient=with_plus(event.optional("from") or event.object("from").optional("number")),
            evidence=f"error {OPTED_OUT}",
            received_at=received_at,
        )
    ]


def _field_signature(secret: str, fields: dict[str, object]) -> str:
    """Every `&key=value` in the keys' order, with `&` and `=` in values made harmless."""
    content = "".join(
        f"&{key}={str(fields[key]).replace('&', '_').replace('=', '_')}" for key in sorted(fields)
    )
    return hmac_sha256(secret, content.encode("utf-8", "surrogatepass")).hex()


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as the Messages API would sign it; `secret` is `api_key:signature_secret`."""
    api_key, _, key = secret.partition(":")
    claims = {
        "iat": int(request.received_at.timestamp()),
        "jti": "00000000-0000-4000-8000-0000000000c1",
        "iss": "Vonage",
        "payload_hash": sha256(request.body).hexdigest(),
        "api_key": api_key,
    }
    return request.with_headers({"authorization": f"Bearer {jwt.encode(claims, key, 'HS256')}"})
