"""Telnyx: SMS, MMS, RCS and WhatsApp. Ed25519 over the time and the raw body.

It comes again after two seconds without a 2xx, three times for each URL. A messaging profile that
answers STOP, START or HELP by itself says so in `autoresponse_type`, and then Heed stays silent.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, Field

from bot.model import (
    Address,
    Channel,
    Inbound,
    InboundMessage,
    MessageKind,
    ProviderIntent,
)
from handlers.account import Account
from handlers.http_client import call, post, require_taken
from handlers.keyfile import write_private
from handlers.optout_lists import Blocked
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
from handlers.signatures import require_fresh
from handlers.spelled import listed, person
from storage.rows import OutboxItem

TOLERANCE = timedelta(seconds=300)
BLOCKED = "40300"  # the person opted out at Telnyx
_RICH = frozenset({"RCS", "WHATSAPP"})  # what holds no words there is a thing of its own
_KEY_BYTES = 32
_PAGE = 250


def _public_keys(value: tuple[str, ...]) -> tuple[str, ...]:
    for key in value:
        try:
            size = len(base64.b64decode(key, validate=True))
        except binascii.Error:
            size = 0
        if size != _KEY_BYTES:
            raise ValueError("is not 32 bytes in base64, as the portal shows it")
    return value


class TelnyxSettings(Part):
    api_key: str = Field(default="", repr=False)
    public_key: Annotated[List, AfterValidator(_public_keys)] = ()
    api_url: PublicUrl = "https://api.telnyx.com"


def configure(settings: Settings, account: Account) -> Telnyx | None:
    telnyx = part(TelnyxSettings, account.prefix, settings.env)
    if not is_set_up(telnyx, account.prefix, "public_key", "api_key"):
        return None
    return Telnyx(telnyx)


class Telnyx(AnswersByApi):
    name = "telnyx"

    def __init__(self, settings: TelnyxSettings) -> None:
        self._settings = settings
        self._keys = [
            Ed25519PublicKey.from_public_bytes(base64.b64decode(key)) for key in settings.public_key
        ]

    def verify(self, request: RawRequest) -> None:
        """One of the account's keys signed `time|body`; see `handlers.ports.Provider`."""
        signature = request.headers.get("telnyx-signature-ed25519", "")
        moment = request.headers.get("telnyx-timestamp", "")
        if not signature:
            raise Unverified("signature_missing")
        try:
            signature_bytes = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            raise Unverified("signature_wrong") from None
        require_fresh(moment, request.received_at, TOLERANCE)
        # nothing here is secret, so that time may tell which of the public keys fits
        if not any(_fits(key, signature_bytes, moment, request.body) for key in self._keys):
            raise Unverified("signature_wrong")

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        event = read_json(request.body).object("data")
        kind = event.text("event_type")
        payload = event.object("payload")
        if kind == "message.received":
            return [_message(payload, request.received_at)]
        if kind == "message.finalized":
            return _refusals(payload, request.received_at)
        raise Unsupported(kind[:40])

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        reply = post(
            f"{self._settings.api_url}/v2/messages",
            headers={"Authorization": f"Bearer {self._settings.api_key}"},
            json={
                "from": item.sender,
                "to": item.address.value,
                "text": str(item.payload["text"]),
            },
        )
        answer = Payload(reply.json)
        code = next((one.optional("code") for one in answer.objects("errors")), str(reply.status))
        require_taken(reply, code, blocked=frozenset({BLOCKED}))
        return answer.object("data").optional("id")

    def opted_out(self) -> Iterator[Blocked]:
        """See `handlers.optout_lists`. Telnyx has no way to add to its list."""
        for page in count(1):
            reply = call(
                "GET",
                f"{self._settings.api_url}/v2/messaging_optouts",
                headers={"Authorization": f"Bearer {self._settings.api_key}"},
                params={"page[number]": page, "page[size]": _PAGE},
            )
            require_taken(reply, str(reply.status))
            answer = Payload(reply.json)
            for row in answer.objects("data"):
                yield Blocked(
                    address=listed(Channel.SMS, row.optional("to")),
                    since=row.moment("created_at"),
                    sender=row.optional("from"),
                    evidence=f"opt-out list, keyword {row.optional('keyword') or 'not told'}",
                )
            if page >= int(answer.object("meta").optional("total_pages") or 0):
                return


def _message(payload: Payload, received_at: datetime) -> InboundMessage:
    intent = {
        "STOP": ProviderIntent.STOP,
        "START": ProviderIntent.START,
        "HELP": ProviderIntent.HELP,
    }.get(payload.optional("autoresponse_type").upper(), ProviderIntent.NONE)
    channel = Channel.WHATSAPP if payload.optional("type") == "WHATSAPP" else Channel.SMS
    text, tapped = _words(payload)
    rich = payload.optional("type") in _RICH
    media = len(payload.objects("media")) or int(rich and not text)
    who = payload.object("from")
    return InboundMessage(
        provider=Telnyx.name,
        account=payload.optional("messaging_profile_id"),
        event_id=payload.text("id"),
        kind=MessageKind.BUTTON if tapped else MessageKind.MESSAGE,
        address=_person(who, channel),
        also=_other_name(who, channel),
        recipient=_ours(payload),
        text=text,
        received_at=received_at,
        occurred_at=payload.moment("received_at"),
        provider_intent=intent,
        provider_replied=intent is not ProviderIntent.NONE,
        media_count=media,
    )


def _words(payload: Payload) -> tuple[str, bool]:
    """What was said, and whether by a tap; on RCS and WhatsApp it stands in `body`.

    A tap is read by its label, which the person saw; by what it stands for where none is told.
    """
    body = payload.object("body")
    if body.optional("type") == "reaction":
        raise Unsupported("reaction")
    taps = body.object("interactive")
    for tap, label, meaning in (
        (body.object("suggestion_response"), "text", "postback_data"),
        (body.object("button"), "text", "payload"),
        (taps.object(taps.optional("type")), "title", "id"),
    ):
        if said := tap.optional(label) or tap.optional(meaning):
            return said, True
    text = payload.optional("text") or body.object("text").optional("body") or body.optional("text")
    return text, False


def _refusals(payload: Payload, received_at: datetime) -> Sequence[Inbound]:
    """A delivery receipt. Only a refusal by the person's own will is a fact for the ledger."""
    if not any(one.optional("code") == BLOCKED for one in payload.objects("errors")):
        raise Unsupported("receipt")
    told = payload.objects("to")
    if not told:
        raise Malformed("data.payload.to")
    channel = Channel.WHATSAPP if payload.optional("type") == "WHATSAPP" else Channel.SMS
    return [
        provider_block(
            Telnyx.name,
            _person(one, channel),
            event_id=f"{payload.text('id')}:{BLOCKED}",
            recipient=payload.object("from").optional("phone_number"),
            evidence=f"error {BLOCKED}",
            received_at=received_at,
        )
        for one in told
    ]


def _person(party: Payload, channel: Channel) -> Address:
    """A phone number; on WhatsApp perhaps only the business-scoped id."""
    value = party.optional("phone_number")
    if channel is Channel.WHATSAPP:
        value = value or party.optional("from_user_id")
    return person(channel, value, f"{party.where}.phone_number")


def _other_name(party: Payload, channel: Channel) -> Address | None:
    """On WhatsApp the business-scoped id, where the number is told too."""
    if channel is not Channel.WHATSAPP or not party.optional("phone_number"):
        return None
    return listed(channel, party.optional("from_user_id"))


def _ours(payload: Payload) -> str:
    """`to` is a list of parties, on some channels a bare number."""
    if told := payload.objects("to"):
        return told[0].optional("phone_number")
    return payload.optional("to")


def _fits(key: Ed25519PublicKey, signature: bytes, moment: str, body: bytes) -> bool:
    try:
        key.verify(signature, moment.encode() + b"|" + body)
    except InvalidSignature:
        return False
    return True


def make_key(folder: Path, account: Account, _now: datetime) -> dict[str, str]:
    """A pair of keys for a test desk: the variable to set; the private key stays in `folder`."""
    key = Ed25519PrivateKey.generate()
    write_private(folder / "telnyx-simulate.key", base64.b64encode(key.private_bytes_raw()))
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return {f"{account.prefix}PUBLIC_KEY": public}


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Telnyx would sign it, at its time of receipt.

    `secret` is the private key, 32 bytes in base64: Telnyx keeps its own, so that only a stand-in
    (a test, `heed simulate`) has one.
    """
    moment = str(int(request.received_at.timestamp()))
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret))
    signature = key.sign(moment.encode() + b"|" + request.body)
    return request.with_headers(
        {
            "telnyx-timestamp": moment,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }
    )
