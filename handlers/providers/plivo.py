"""Plivo: SMS, MMS and WhatsApp. HMAC-SHA256 over URL, form and nonce; no time is signed.

So once (`MessageUUID`) is the defence against replay. Implementers report that messages carry the
main account's token in the Ma-V3 header, and that V3 there is the voice-style value (not
verified): either header, with any of the tokens, is taken. V2 does not cover the body and is not.
Plivo answers its keywords on US and Canadian numbers and says so in `MessageIntent`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field

from bot.model import Channel, Inbound, InboundMessage, MessageKind, ProviderIntent
from handlers.account import Account
from handlers.form import fields, how_many, needed
from handlers.http_client import post, require_taken
from handlers.payload import Payload
from handlers.ports import HttpAnswer, Malformed, RawRequest, SendError, Unsupported, Unverified
from handlers.provider_block import provider_block
from handlers.receipt import Receipt
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import basic, hmac_sha256, require
from handlers.spelled import person, with_plus
from storage.rows import OutboxItem

BLOCKED = "200"  # the person is on Plivo's do-not-disturb list
SIGNATURES = ("x-plivo-signature-ma-v3", "x-plivo-signature-v3")
NONCE = "x-plivo-signature-v3-nonce"
_MOST_SIGNATURES = 8
_SAYS_SOMETHING = frozenset({"Text", "Body", "MediaCount", "ContentType"})
_NO_WORDS = frozenset({"media", "unknown"})  # content types of WhatsApp
_INTENTS = {
    "optout": ProviderIntent.STOP,
    "optin": ProviderIntent.START,
    "help": ProviderIntent.HELP,
}


class PlivoSettings(Part):
    auth_id: str = ""
    auth_token: List = Field(default=(), repr=False)
    api_url: PublicUrl = "https://api.plivo.com"


def configure(settings: Settings, account: Account) -> Plivo | None:
    given = part(PlivoSettings, account.prefix, settings.env)
    if not is_set_up(given, account.prefix, "auth_id", "auth_token"):
        return None
    return Plivo(given, account.signed_webhook(settings))


class Plivo:
    name = "plivo"

    def __init__(self, settings: PlivoSettings, webhook_url: str) -> None:
        self._settings = settings
        self._webhook_url = webhook_url

    def verify(self, request: RawRequest) -> None:
        """One of the tokens signed it; a header may list several signatures."""
        nonce = request.headers.get(NONCE, "")
        listed = ",".join(request.headers.get(name, "") for name in SIGNATURES)
        given = [one.strip() for one in listed.split(",") if one.strip()]
        if not given or not nonce:
            raise Unverified("signature_missing")
        form = fields(request.body)
        tokens = self._settings.auth_token
        expected = [_signature(token, request.url, form, nonce) for token in tokens]
        for signature in given[:_MOST_SIGNATURES]:
            try:
                return require(signature, expected)
            except Unverified:
                continue
        raise Unverified("signature_wrong")

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        form = dict(fields(request.body))
        if "Status" in form:
            return _receipt(form, request.received_at)
        if not _SAYS_SOMETHING.isdisjoint(form):
            return [_message(form, request.received_at)]
        raise Malformed("Text")

    def respond(self, receipts: Sequence[Receipt]) -> HttpAnswer:
        """Confirmations go out over the outbox, where their fate is known."""
        del receipts
        return HttpAnswer(status=200, body=b"<Response/>", content_type="application/xml")

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        ours = self._settings
        kind = {"type": "whatsapp"} if item.address.channel is Channel.WHATSAPP else {}
        reply = post(
            f"{ours.api_url}/v1/Account/{ours.auth_id}/Message/",
            headers={"Authorization": f"Basic {basic(ours.auth_id, ours.auth_token[0])}"},
            json={
                "src": item.sender,
                "dst": item.address.value,
                "text": str(item.payload["text"]),
                "url": self._webhook_url,
                **kind,
            },
        )
        answer = Payload(reply.json)
        code = answer.optional("error_code") or str(reply.status)
        require_taken(reply, code, blocked=frozenset({BLOCKED}))
        ids = reply.json.get("message_uuid")
        return str(ids[0]) if isinstance(ids, list) and ids else answer.optional("message_uuid")


def _channel(form: Mapping[str, str]) -> Channel:
    return Channel.WHATSAPP if form.get("Type", "").lower() == "whatsapp" else Channel.SMS


def _message(form: Mapping[str, str], received_at: datetime) -> InboundMessage:
    intent = _INTENTS.get(form.get("MessageIntent", "").lower(), ProviderIntent.NONE)
    return InboundMessage(
        provider=Plivo.name,
        account=form.get("PowerpackUUID", ""),
        event_id=needed(form, "MessageUUID"),
        kind=MessageKind.BUTTON if form.get("ContentType") == "button" else MessageKind.MESSAGE,
        address=person(_channel(form), needed(form, "From"), "From"),
        recipient=with_plus(needed(form, "To")),
        text=form.get("Text") or form.get("Body", ""),
        received_at=received_at,
        provider_intent=intent,
        provider_replied=intent is not ProviderIntent.NONE,
        media_count=how_many(form, "MediaCount") or int(form.get("ContentType") in _NO_WORDS),
    )


def _receipt(form: Mapping[str, str], received_at: datetime) -> Sequence[Inbound]:
    """Only a refusal by the person's own will is a fact for the ledger."""
    if form.get("ErrorCode") != BLOCKED:
        raise Unsupported("receipt")
    return [
        provider_block(
            Plivo.name,
            person(_channel(form), needed(form, "To"), "To"),
            event_id=f"{needed(form, 'MessageUUID')}:{BLOCKED}",
            recipient=with_plus(form.get("From", "")),
            evidence=f"error {BLOCKED}",
            received_at=received_at,
        )
    ]


def _signature(token: str, url: str, form: Sequence[tuple[str, str]], nonce: str) -> str:
    parts = urlsplit(url)
    query = "&".join(f"{k}={v}" for k, v in sorted(parse_qsl(parts.query, keep_blank_values=True)))
    base = f"{parts.scheme}://{parts.netloc}{parts.path}?{query}{'.' if query else ''}"
    content = base + "".join(name + value for name, value in sorted(form)) + f".{nonce}"
    return b64encode(hmac_sha256(token, content.encode())).decode()


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Plivo would sign it with this auth token."""
    nonce = "05429567804466091622"
    form = fields(request.body)
    return request.with_headers(
        {SIGNATURES[0]: _signature(secret, request.url, form, nonce), NONCE: nonce}
    )
