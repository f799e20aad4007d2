"""WhatsApp over Meta's Cloud API. HMAC-SHA256 over the raw body, without a time.

So once (`wamid`) is the defence against replay. One request may hold a thousand updates. Meta
handles no keywords: STOP is ordinary text and Heed answers it. A free answer may only be sent
within 24 hours of the person's last message (error 131047).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from bot.model import (
    Address,
    Channel,
    Inbound,
    InboundMessage,
    Json,
    MessageKind,
    ProviderIntent,
)
from handlers.account import Account
from handlers.http_client import post, require_taken
from handlers.payload import Payload, read_json
from handlers.ports import (
    AnswersByApi,
    HttpAnswer,
    Malformed,
    RawRequest,
    SendError,
    Unsupported,
    Unverified,
)
from handlers.provider_block import provider_block
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import hmac_sha256, require
from handlers.spelled import listed, person
from handlers.unreadable import read_each
from storage.rows import OutboxItem

STOPPED_MARKETING = "131050"  # the person stopped marketing from this business
_LATER = frozenset({"4", "80007", "130429", "131056", "131016"})  # rate limits, briefly away
_CHOICE = "heed"  # begins the id of a button of ours
# Meta's limits, in characters and pieces.
_ASKED_MAX, _MOST_BUTTONS, _BUTTON_MAX, _MOST_ROWS, _ROW_MAX = 1024, 3, 20, 10, 24
# What says nothing by itself: a reaction to a message of ours, a change of number.
_SAYS_NOTHING = frozenset({"reaction", "system", "request_welcome"})


class WhatsAppSettings(Part):
    app_secret: List = Field(default=(), repr=False)
    verify_token: str = Field(default="", repr=False)
    access_token: str = Field(default="", repr=False)
    api_url: PublicUrl = "https://graph.facebook.com/v23.0"


def configure(settings: Settings, account: Account) -> WhatsApp | None:
    whatsapp = part(WhatsAppSettings, account.prefix, settings.env)
    if not is_set_up(whatsapp, account.prefix, "app_secret", "verify_token", "access_token"):
        return None
    return WhatsApp(whatsapp)


class WhatsApp(AnswersByApi):
    name = "whatsapp"

    def __init__(self, settings: WhatsAppSettings) -> None:
        self._settings = settings

    def greet(self, request: RawRequest) -> HttpAnswer:
        """Meta's question at set-up: whoever knows our token hears its challenge back."""
        asked = parse_qs(urlsplit(request.url).query)
        if asked.get("hub.mode") != ["subscribe"]:
            raise Unverified("mode_missing")
        given = next(iter(asked.get("hub.verify_token", ())), "")
        try:
            require(given, [self._settings.verify_token])
        except Unverified:
            raise Unverified("token_wrong") from None
        challenge = next(iter(asked.get("hub.challenge", ())), "")
        if not challenge.isascii() or not challenge.isalnum():  # never echo markup
            raise Unverified("challenge_unreadable")
        return HttpAnswer(status=200, body=challenge.encode())

    def verify(self, request: RawRequest) -> None:
        """One of the app's secrets signed the body; see `handlers.ports.Provider`."""
        given = request.headers.get("x-hub-signature-256", "")
        require(given, [_signature(key, request.body) for key in self._settings.app_secret])

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        found: list[Inbound] = []
        at = request.received_at
        for entry in read_json(request.body).objects("entry"):
            for change in entry.objects("changes"):
                update = _Update(entry.optional("id"), change.object("value"), at)
                for items, read in _READ.items():
                    told = update.value.objects(items)
                    found += read_each(self.name, told, partial(read, update), at)
        if not found:
            raise Unsupported("update")
        return found

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        value = item.address.value
        to = {"to": value[1:]} if value.startswith("+") else {"recipient": value}
        reply = post(
            f"{self._settings.api_url}/{item.sender}/messages",
            headers={"Authorization": f"Bearer {self._settings.access_token}"},
            json={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                **to,
                **content(str(item.payload["text"]), item.payload.get("choices")),
                "biz_opaque_callback_data": item.id,
            },
        )
        answer = Payload(reply.json)
        code = answer.object("error").optional("code") or str(reply.status)
        blocked = frozenset({STOPPED_MARKETING})
        require_taken(reply, code, blocked=blocked, later=_LATER, of_sender=True)
        return next((one.optional("id") for one in answer.objects("messages")), "")


def content(text: str, choices: Json) -> dict[str, Json]:
    """A text, with buttons where it asks: up to three, or a list of up to ten rows.

    A tap comes back with the number that the choice has in the text. What is too long for a button
    stays a text: its numbers can be typed.
    """
    labels = [str(one) for one in choices] if isinstance(choices, list) else []
    longest = max(map(len, labels), default=0)
    if not labels or len(text) > _ASKED_MAX or len(labels) > _MOST_ROWS or longest > _ROW_MAX:
        return {"type": "text", "text": {"body": text}}
    rows: list[Json] = [
        {"id": f"{_CHOICE}:{number}", "title": label} for number, label in enumerate(labels, 1)
    ]
    action: dict[str, Json]
    if len(rows) <= _MOST_BUTTONS and longest <= _BUTTON_MAX:
        kind = "button"
        action = {"buttons": [{"type": "reply", "reply": row} for row in rows]}
    else:
        kind = "list"
        action = {"button": "…", "sections": [{"rows": rows}]}
    return {
        "type": "interactive",
        "interactive": {"type": kind, "body": {"text": text}, "action": action},
    }


class _Update(NamedTuple):
    """One change of an account of ours, which may hold many messages."""

    account: str
    value: Payload
    received_at: datetime

    @property
    def ours(self) -> str:
        return self.value.object("metadata").optional("phone_number_id")


def _message(update: _Update, message: Payload) -> Iterator[Inbound]:
    kind = message.text("type")
    if kind in _SAYS_NOTHING:
        return
    text, tapped, media = _words(kind, message)
    who, also = _names(update.value, message, "from", "from_user_id")
    yield InboundMessage(
        provider=WhatsApp.name,
        account=update.account,
        event_id=message.text("id"),
        kind=MessageKind.BUTTON if tapped else MessageKind.MESSAGE,
        address=who,
        also=also,
        recipient=update.ours,
        text=text,
        received_at=update.received_at,
        occurred_at=message.moment("timestamp"),
        media_count=media,
        in_reply_to=message.object("context").optional("id"),
    )


def _words(kind: str, message: Payload) -> tuple[str, bool, int]:
    """What was said, whether by a tap, and how many things came that are no words."""
    match kind:
        case "text":
            return message.object("text").optional("body"), False, 0
        case "button":
            button = message.object("button")
            return button.optional("text") or button.optional("payload"), True, 0
        case "interactive":
            tap = message.object("interactive")
            chosen = tap.object(tap.optional("type"))
            ours, _, number = chosen.optional("id").partition(":")
            if ours == _CHOICE:  # the number that stands beside it in our question
                return number, True, 0
            label = chosen.optional("title")
            return label, bool(label), 0 if label else 1  # a form that was filled in has none
        case _:  # a picture, a voice note, a place, what comes next year: with its caption
            return message.object(kind).optional("caption"), False, 1


def _preference(update: _Update, wish: Payload) -> Iterator[Inbound]:
    """Marketing stopped or resumed in WhatsApp itself; it carries no id of its own."""
    said, moment = wish.optional("value"), wish.moment("timestamp")
    if said not in ("stop", "resume"):
        return
    if wish.optional("category") != "marketing_messages":  # a stop of what nobody knows yet
        raise Malformed(f"{wish.where}.category")
    who, also = _names(update.value, wish, "wa_id", "user_id")
    fields = (update.account, update.ours, who.value, said, wish.optional("timestamp"))
    event_id = hashlib.sha256("\0".join(fields).encode("utf-8", "surrogatepass")).hexdigest()
    if said == "stop":
        yield provider_block(
            WhatsApp.name,
            who,
            event_id=event_id,
            recipient=update.ours,
            evidence="marketing stopped in WhatsApp",
            received_at=update.received_at,
            occurred_at=moment,
            of_sender=True,
            also=also,
        )
    else:  # the person's own word, with the app's clock: an old one lifts nothing
        yield InboundMessage(
            provider=WhatsApp.name,
            account=update.account,
            event_id=event_id,
            kind=MessageKind.PREFERENCE,
            address=who,
            also=also,
            recipient=update.ours,
            text="",
            received_at=update.received_at,
            occurred_at=moment,
            provider_intent=ProviderIntent.START,
            provider_replied=True,
        )


def _refusal(update: _Update, status: Payload) -> Iterator[Inbound]:
    """A receipt for what we sent. Only a refusal by the person's own will is a fact."""
    codes = [error.optional("code") for error in status.objects("errors")]
    if STOPPED_MARKETING in codes:
        who, also = _names(update.value, status, "recipient_id", "recipient_user_id")
        yield provider_block(
            WhatsApp.name,
            who,
            event_id=f"{status.text('id')}:{STOPPED_MARKETING}",
            recipient=update.ours,
            evidence=f"error {STOPPED_MARKETING}",
            received_at=update.received_at,
            of_sender=True,
            also=also,
        )


_READ = {"messages": _message, "user_preferences": _preference, "statuses": _refusal}


def _names(
    value: Payload, item: Payload, number: str, scoped_id: str
) -> tuple[Address, Address | None]:
    """Whose it is, by phone number or, where they show none, by business-scoped id; and the other.

    The other name is told beside it or in the update's contacts, which name both.
    """
    told = (item.optional(number), item.optional(scoped_id))
    names = [one for one in told if one]
    for contact in value.objects("contacts"):
        both = (contact.optional("wa_id"), contact.optional("user_id"))
        if all(both) and any(one in both for one in names):
            names += [one for one in both if one not in names]
    who = person(Channel.WHATSAPP, names[0] if names else "", f"{item.where}.{number}")
    others = (listed(Channel.WHATSAPP, one) for one in names[1:])
    return who, next((one for one in others if one is not None), None)


def _signature(secret: str, body: bytes) -> str:
    return f"sha256={hmac_sha256(secret, body).hex()}"


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Meta would sign it with this app secret."""
    return request.with_headers({"x-hub-signature-256": _signature(secret, request.body)})
