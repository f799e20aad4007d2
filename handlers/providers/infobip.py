"""Infobip: SMS. HTTP Basic, as the subscription's notification profile is set.

Infobip can sign with an HMAC too, but documents neither its header nor what it covers (not
verified), so that Heed does not take it. There are no default stop words: the customer defines
keywords that block. Its block list tells of every change: subscribe to channel BLOCKLIST.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

from pydantic import Field

from bot.model import Channel, Inbound, InboundMessage, MessageKind
from handlers.account import Account
from handlers.http_client import Reply, call, post, require_taken
from handlers.optout_lists import Blocked, ToBlock
from handlers.payload import Payload, read_json
from handlers.ports import AnswersByApi, RawRequest, SendError, Unsupported
from handlers.provider_block import provider_block
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import basic, require_basic
from handlers.spelled import digits, listed, person, with_plus
from handlers.unreadable import read_each
from storage.rows import OutboxItem

_PAGE = 100
_CHANNELS = {"SMS": Channel.SMS, "MMS": Channel.SMS, "RCS": Channel.SMS} | {
    "WHATSAPP": Channel.WHATSAPP
}


class InfobipSettings(Part):
    webhook_user: str = ""
    webhook_password: List = Field(default=(), repr=False)
    api_key: str = Field(default="", repr=False)
    base_url: PublicUrl = ""
    api_url: PublicUrl = ""


def configure(settings: Settings, account: Account) -> Infobip | None:
    given = part(InfobipSettings, account.prefix, settings.env)
    needed = ("webhook_user", "webhook_password", "api_key", "base_url")
    return Infobip(given) if is_set_up(given, account.prefix, *needed) else None


class Infobip(AnswersByApi):
    name = "infobip"

    def __init__(self, settings: InfobipSettings) -> None:
        self._settings = settings

    def verify(self, request: RawRequest) -> None:
        """The webhook's user and one of its passwords; see `handlers.ports.Provider`."""
        user = self._settings.webhook_user
        pairs = [(user, password) for password in self._settings.webhook_password]
        require_basic(request.headers.get("authorization", ""), pairs)

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        at = request.received_at
        results = read_json(request.body).objects("results")
        found = read_each(self.name, results, partial(_result, received_at=at), at)
        if not found:
            raise Unsupported("notice")
        return found

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        destination = {"to": digits(item.address.value), "messageId": item.id}
        message = {
            "sender": digits(item.sender),
            "destinations": [destination],
            "content": {"text": str(item.payload["text"])},
        }
        reply = post(
            f"{self._settings.api_url or self._settings.base_url}/sms/3/messages",
            headers={"Authorization": f"App {self._settings.api_key}"},
            json={"messages": [message]},
        )
        answer = Payload(reply.json)
        fault = answer.object("requestError").object("serviceException").optional("messageId")
        require_taken(reply, fault or str(reply.status))
        told = next(iter(answer.objects("messages")), Payload({}))
        status = told.object("status")
        if status.optional("groupName") == "REJECTED":
            raise SendError(status.optional("name") or "REJECTED", permanent=True)
        return told.optional("messageId")

    def opted_out(self) -> Iterator[Blocked]:
        """See `handlers.optout_lists`. The name of the list in the answer is not verified."""
        for page in count(0):
            reply = self._call(
                "GET", "/platform/1/blocklists", params={"page": page, "size": _PAGE}
            )
            rows = _rows(Payload(reply.json))
            for row in rows:
                channel = _CHANNELS.get(row.optional("channel"), Channel.SMS)
                yield Blocked(
                    address=listed(channel, row.optional("destination")),
                    since=row.moment("createdDate"),
                    sender=with_plus(row.optional("sender")),
                    evidence=f"block list, {row.optional('sourceType') or 'no source told'}",
                )
            if len(rows) < _PAGE:
                return

    def block(self, people: Sequence[ToBlock]) -> None:
        """See `handlers.optout_lists`. For every sender of the account; Infobip takes it later."""
        destinations = [{"to": to} for to in dict.fromkeys(digits(p.address.value) for p in people)]
        body = {"blocklist": [{"destinations": destinations, "channel": "SMS"}]}
        self._call("POST", "/platform/1/blocklists", json=body)

    def _call(self, method: str, path: str, **arguments: Any) -> Reply:
        reply = call(
            method,
            f"{self._settings.api_url or self._settings.base_url}{path}",
            headers={"Authorization": f"App {self._settings.api_key}"},
            **arguments,
        )
        require_taken(reply, str(reply.status))
        return reply


def _rows(answer: Payload) -> list[Payload]:
    """The entries of the list, whatever its name.

    Raises:
        SendError: there is no list, so that nobody can say who is on it.
    """
    lists = [name for name, value in answer.value.items() if isinstance(value, list)]
    if not lists:
        raise SendError("list_unreadable", permanent=True)
    return [row for name in lists for row in answer.objects(name) if row.optional("destination")]


def _result(result: Payload, received_at: datetime) -> Iterator[Inbound]:
    event = result.optional("event")
    if event == "BLOCK":
        yield _blocked(result, received_at)
    elif not event and result.optional("from"):
        yield InboundMessage(
            provider=Infobip.name,
            account="",
            event_id=result.text("messageId"),
            kind=MessageKind.MESSAGE,
            address=person(Channel.SMS, result.optional("from"), f"{result.where}.from"),
            recipient=with_plus(result.optional("to")),
            text=result.optional("text"),  # cleanText lacks the keyword
            received_at=received_at,
            occurred_at=result.moment("receivedAt"),
        )


def _blocked(result: Payload, received_at: datetime) -> Inbound:
    content = result.object("content")
    channel = _CHANNELS.get(content.optional("channel"), Channel.SMS)
    return provider_block(
        Infobip.name,
        person(channel, content.optional("destination"), f"{content.where}.destination"),
        event_id=f"{result.text('messageId')}:BLOCK",
        recipient=with_plus(content.optional("sender")),
        evidence=f"block list, {content.optional('sourceType') or 'no source told'}",
        received_at=received_at,
        occurred_at=result.moment("receivedAt"),
    )


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Infobip would make it; `secret` is `user:password`."""
    user, _, password = secret.partition(":")
    return request.with_headers({"authorization": f"Basic {basic(user, password)}"})
