"""Sinch: the SMS API and the Conversation API. HMAC-SHA256 over body, nonce and time.

Sinch takes any 4xx but 429 for a final no, and comes again for nearly 23 hours after a failure.
Whether a repeat is signed anew is not verified, so that a day's age is allowed: once is the
defence against replay. The Conversation API's own consent lists tell of a stop by `OPT_OUT`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic import Field

from bot.model import Channel, Inbound, InboundMessage, MessageKind
from handlers.account import Account
from handlers.http_client import call, post, require_taken
from handlers.optout_lists import Blocked
from handlers.payload import Payload, read_json
from handlers.ports import AnswersByApi, RawRequest, SendError, Unsupported, Unverified
from handlers.provider_block import provider_block
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import hmac_sha256, require, require_fresh
from handlers.spelled import digits, listed, person, with_plus
from storage.rows import OutboxItem

TOLERANCE = timedelta(hours=24)
_CONSENTS = ("project_id", "app_id", "key_id", "key_secret")  # what reading the lists needs
_PAGE = 50
HEADER = "x-sinch-webhook-signature"
# What consent management answers, where it is switched on for the app.
KEYWORDS = frozenset(
    {
        *("stop", "unsubscribe", "start", "subscribe", "stop marketing", "stop notification"),
        *("detener", "salir", "volver", "recibir", "parar", "cancelar", "voltar", "receber"),
    }
)
_CHANNELS = {"SMS": Channel.SMS, "RCS": Channel.SMS, "MMS": Channel.SMS} | {
    "WHATSAPP": Channel.WHATSAPP
}


class SinchSettings(Part):
    webhook_secret: List = Field(default=(), repr=False)
    service_plan_id: str = ""
    api_token: str = Field(default="", repr=False)
    api_url: PublicUrl = "https://us.sms.api.sinch.com"
    project_id: str = ""
    app_id: str = ""
    key_id: str = ""
    key_secret: str = Field(default="", repr=False)
    conversation_url: PublicUrl = "https://us.conversation.api.sinch.com"
    auth_url: PublicUrl = "https://auth.sinch.com"


def configure(settings: Settings, account: Account) -> Sinch | None:
    given = part(SinchSettings, account.prefix, settings.env)
    needed = ("webhook_secret", "service_plan_id", "api_token")
    if not is_set_up(given, account.prefix, *needed):
        return None
    if not any(getattr(given, name) for name in _CONSENTS):
        return Sinch(given)
    is_set_up(given, account.prefix, *_CONSENTS)
    return SinchWithConsents(given)


class Sinch(AnswersByApi):
    name = "sinch"

    def __init__(self, settings: SinchSettings) -> None:
        self._settings = settings

    def verify(self, request: RawRequest) -> None:
        """One of the webhook's secrets signed it; see `handlers.ports.Provider`."""
        nonce = request.headers.get(f"{HEADER}-nonce", "")
        moment = request.headers.get(f"{HEADER}-timestamp", "")
        if request.headers.get(f"{HEADER}-algorithm", "HmacSHA256") != "HmacSHA256":
            raise Unverified("algorithm_unknown")
        expected = [
            _signature(secret, request.body, nonce, moment)
            for secret in self._settings.webhook_secret
        ]
        require(request.headers.get(HEADER, ""), expected)
        require_fresh(moment, request.received_at, TOLERANCE)

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        event = read_json(request.body)
        kind = event.optional("type")
        if kind.startswith("mo_"):
            return [_text_message(kind, event, request.received_at)]
        notice = event.object("opt_out_notification")
        if notice.value:
            return [_opted_out(event, notice, request)]
        message = event.object("message")
        if message.optional("direction") == "TO_APP":
            return [_conversation(event, message, request.received_at)]
        raise Unsupported(kind[:40] or "trigger")

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        reply = post(
            f"{self._settings.api_url}/xms/v1/{self._settings.service_plan_id}/batches",
            headers={"Authorization": f"Bearer {self._settings.api_token}"},
            json={
                "from": digits(item.sender),
                "to": [digits(item.address.value)],
                "body": str(item.payload["text"]),
                "client_reference": item.id,
            },
        )
        answer = Payload(reply.json)
        require_taken(reply, answer.optional("code") or str(reply.status))
        return answer.optional("id")


class SinchWithConsents(Sinch):
    """With a Conversation app, whose consent list can be read and not be written."""

    def opted_out(self) -> Iterator[Blocked]:
        """See `handlers.optout_lists`. The list tells no channel and no time: read as texts."""
        ours, token = self._settings, ""
        headers = {"Authorization": f"Bearer {self._token()}"}
        path = f"/v1/projects/{ours.project_id}/apps/{ours.app_id}/consents/OPT_OUT_ALL"
        while True:
            params = {"page_size": str(_PAGE), **({"page_token": token} if token else {})}
            reply = call("GET", ours.conversation_url + path, headers=headers, params=params)
            require_taken(reply, str(reply.status))
            answer = Payload(reply.json)
            for row in answer.objects("identities"):
                yield Blocked(
                    address=listed(Channel.SMS, row.optional("identity")),
                    evidence="consent list OPT_OUT_ALL",
                )
            token = answer.optional("next_page_token")
            if not token:
                return

    def _token(self) -> str:
        ours = self._settings
        reply = post(
            f"{ours.auth_url}/oauth2/token",
            auth=(ours.key_id, ours.key_secret),
            data={"grant_type": "client_credentials"},
        )
        require_taken(reply, str(reply.status))
        return Payload(reply.json).optional("access_token")


def _text_message(kind: str, event: Payload, received_at: datetime) -> InboundMessage:
    media = event.object("body")  # of mo_media; mo_binary's body is no text
    text = media.optional("message") if kind == "mo_media" else event.optional("body")
    return InboundMessage(
        provider=Sinch.name,
        account="",
        event_id=event.text("id"),
        kind=MessageKind.MESSAGE,
        address=person(Channel.SMS, event.optional("from"), "from"),
        recipient=with_plus(event.optional("to")),
        text="" if kind == "mo_binary" else text,
        received_at=received_at,
        occurred_at=event.moment("sent_at") or event.moment("received_at"),
        media_count=1 if kind == "mo_binary" else len(media.objects("media")),
    )


def _conversation(event: Payload, message: Payload, received_at: datetime) -> InboundMessage:
    said, who = message.object("contact_message"), message.object("channel_identity")
    tapped = said.object("choice_response_message").optional("postback_data")
    text = said.object("text_message").optional("text")
    channel = _CHANNELS.get(who.optional("channel"), Channel.OTHER)
    return InboundMessage(
        provider=Sinch.name,
        account=event.optional("app_id"),
        event_id=message.text("id"),
        kind=MessageKind.BUTTON if tapped else MessageKind.MESSAGE,
        address=person(channel, who.optional("identity"), f"{who.where}.identity"),
        recipient=with_plus(message.optional("sender_id")),
        text=text or tapped,
        provider_keyword=text.strip().casefold() in KEYWORDS,
        received_at=received_at,
        occurred_at=event.moment("accepted_time"),
        media_count=0 if text or tapped else 1,
    )


def _opted_out(event: Payload, notice: Payload, request: RawRequest) -> Inbound:
    channel = _CHANNELS.get(notice.optional("channel"), Channel.SMS)
    moment = event.optional("event_time") or event.optional("accepted_time")
    told = moment or sha256(request.body).hexdigest()  # each opt-out is one of its own
    return provider_block(
        Sinch.name,
        person(channel, notice.optional("identity"), f"{notice.where}.identity"),
        event_id=f"{notice.text('contact_id')}:{notice.optional('identity')}:{told}",
        recipient="",
        evidence="consent list of the Conversation API",
        received_at=request.received_at,
    )


def _signature(secret: str, body: bytes, nonce: str, moment: str) -> str:
    content = body + f".{nonce}.{moment}".encode()
    return b64encode(hmac_sha256(secret, content)).decode()


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Sinch would sign it, at its time of receipt."""
    nonce, moment = "01HEED0000000000000000NONCE", str(int(request.received_at.timestamp()))
    return request.with_headers(
        {
            HEADER: _signature(secret, request.body, nonce, moment),
            f"{HEADER}-nonce": nonce,
            f"{HEADER}-timestamp": moment,
            f"{HEADER}-algorithm": "HmacSHA256",
        }
    )
