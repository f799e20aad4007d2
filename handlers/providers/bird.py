"""Bird: SMS, RCS and WhatsApp channels. HMAC-SHA256 over time, URL and the body's hash.

The envelope of its webhooks and its default keywords are not verified: the payload is read by its
documented message object, and a plain STOP counts as answered by Bird only if the sender in
heed.toml says so. Bird comes again for eight hours; whether a repeat is signed anew is not
verified, so that nine hours of age are allowed: once is the defence against replay.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from pydantic import Field

from bot.model import Channel, Inbound, InboundMessage, MessageKind
from handlers.account import Account
from handlers.http_client import post, require_taken
from handlers.payload import Payload, read_json
from handlers.ports import AnswersByApi, RawRequest, SendError, Unsupported
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import hmac_sha256, require, require_fresh
from handlers.spelled import person
from storage.rows import OutboxItem

TOLERANCE = timedelta(hours=9)
KEYWORDS = frozenset({"stop", "start", "help"})  # not verified; where it answers at all
_CHANNELS = {"sms": Channel.SMS, "rcs": Channel.SMS, "whatsapp": Channel.WHATSAPP}


class BirdSettings(Part):
    signing_key: List = Field(default=(), repr=False)
    access_key: str = Field(default="", repr=False)
    workspace_id: str = ""
    api_url: PublicUrl = "https://api.bird.com"


def configure(settings: Settings, account: Account) -> Bird | None:
    given = part(BirdSettings, account.prefix, settings.env)
    if not is_set_up(given, account.prefix, "signing_key", "access_key", "workspace_id"):
        return None
    account.signed_webhook(settings)
    return Bird(given)


class Bird(AnswersByApi):
    name = "bird"

    def __init__(self, settings: BirdSettings) -> None:
        self._settings = settings

    def verify(self, request: RawRequest) -> None:
        """One of the signing keys signed it; see `handlers.ports.Provider`."""
        moment = request.headers.get("messagebird-request-timestamp", "")
        given = request.headers.get("messagebird-signature", "")
        keys = self._settings.signing_key
        require(given, [_signature(key, moment, request.url, request.body) for key in keys])
        require_fresh(moment, request.received_at, TOLERANCE)

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        event = read_json(request.body)
        kind, message = event.optional("event"), event.object("payload")
        if message.optional("direction") != "incoming":
            raise Unsupported(kind[:40] or "event")
        channel = _CHANNELS.get(kind.partition(".")[0], Channel.OTHER)
        contact, body = message.object("sender").object("contact"), message.object("body")
        what = body.optional("type")
        text = body.object(what).optional("text") if what else ""
        return [
            InboundMessage(
                provider=self.name,
                account=self._settings.workspace_id,
                event_id=message.text("id"),
                kind=MessageKind.MESSAGE,
                address=person(
                    channel,
                    contact.optional("identifierValue"),
                    f"{contact.where}.identifierValue",
                ),
                recipient=message.optional("channelId"),
                text=text,
                provider_keyword=text.strip().casefold() in KEYWORDS,
                received_at=request.received_at,
                occurred_at=message.moment("createdAt"),
                media_count=0 if what == "text" else 1,
            )
        ]

    def send(self, item: OutboxItem) -> str:
        """`item.sender` is Bird's channel id."""
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        path = f"workspaces/{self._settings.workspace_id}/channels/{item.sender}/messages"
        reply = post(
            f"{self._settings.api_url}/{path}",
            headers={"Authorization": f"AccessKey {self._settings.access_key}"},
            json={
                "receiver": {"contacts": [{"identifierValue": item.address.value}]},
                "body": {"type": "text", "text": {"text": str(item.payload["text"])}},
            },
        )
        answer = Payload(reply.json)
        require_taken(reply, answer.optional("code") or str(reply.status))
        return answer.optional("id")


def _signature(key: str, moment: str, url: str, body: bytes) -> str:
    content = f"{moment}\n{url}\n".encode() + sha256(body).digest()
    return b64encode(hmac_sha256(key, content)).decode()


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Bird would sign it, at its time of receipt."""
    moment = str(int(request.received_at.timestamp()))
    return request.with_headers(
        {
            "messagebird-signature": _signature(secret, moment, request.url, request.body),
            "messagebird-request-timestamp": moment,
        }
    )
