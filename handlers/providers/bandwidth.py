"""Bandwidth: SMS and MMS. It signs nothing; HTTP Basic with the application's callback credentials.

A request without an answer within ten seconds comes again for 24 hours. Bandwidth keeps no opt-out
list for long and short codes: Heed hears, answers and enforces. On toll-free numbers the network
stands under it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from pydantic import Field

from bot.model import Channel, Inbound, InboundMessage, MessageKind
from handlers.account import Account
from handlers.http_client import post, require_taken
from handlers.payload import Payload, read_json_list
from handlers.ports import AnswersByApi, Malformed, RawRequest, SendError, Unsupported, Unverified
from handlers.provider_block import provider_block
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.signatures import basic, require_basic
from handlers.spelled import person
from handlers.unreadable import read_each
from storage.rows import OutboxItem

BLOCKED = "4775"  # the person opted out at the carrier; 4470 and 4482 are about spam


class BandwidthSettings(Part):
    callback_user: str = ""
    callback_password: List = Field(default=(), repr=False)
    account_id: str = ""
    application_id: str = ""
    api_user: str = ""
    api_password: str = Field(default="", repr=False)
    api_url: PublicUrl = "https://messaging.bandwidth.com"


def configure(settings: Settings, account: Account) -> Bandwidth | None:
    given = part(BandwidthSettings, account.prefix, settings.env)
    needed = set(BandwidthSettings.model_fields) - {"api_url"}
    return Bandwidth(given) if is_set_up(given, account.prefix, *sorted(needed)) else None


class Bandwidth(AnswersByApi):
    name = "bandwidth"

    def __init__(self, settings: BandwidthSettings) -> None:
        self._settings = settings

    def verify(self, request: RawRequest) -> None:
        """The callback's user and one of its passwords; see `handlers.ports.Provider`."""
        user = self._settings.callback_user
        pairs = [(user, password) for password in self._settings.callback_password]
        require_basic(request.headers.get("authorization", ""), pairs)
        try:
            messages = [event.object("message") for event in read_json_list(request.body)]
        except Malformed:
            return  # `parse` keeps it for a person
        ours = self._settings.application_id
        if any(one.optional("applicationId") not in ("", ours) for one in messages):
            raise Unverified("account_unknown")

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        at = request.received_at
        events = read_json_list(request.body)
        found = read_each(self.name, events, partial(_event, received_at=at), at)
        if not found:
            raise Unsupported("receipt")
        return found

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        ours = self._settings
        reply = post(
            f"{ours.api_url}/api/v2/users/{ours.account_id}/messages",
            headers={"Authorization": f"Basic {basic(ours.api_user, ours.api_password)}"},
            json={
                "applicationId": ours.application_id,
                "from": item.sender,
                "to": [item.address.value],
                "text": str(item.payload["text"]),
                "tag": item.id,
            },
        )
        answer = Payload(reply.json)
        require_taken(reply, answer.optional("type") or str(reply.status))
        return answer.optional("id")


def _event(event: Payload, received_at: datetime) -> Iterator[Inbound]:
    kind, message = event.optional("type"), event.object("message")
    ours = message.optional("owner")
    if kind == "message-received" and message.optional("direction") == "in":
        media = message.value.get("media")
        yield InboundMessage(
            provider=Bandwidth.name,
            account=message.optional("applicationId"),
            event_id=message.text("id"),
            kind=MessageKind.MESSAGE,
            address=person(Channel.SMS, message.optional("from"), f"{message.where}.from"),
            recipient=ours,
            text=message.optional("text"),
            received_at=received_at,
            occurred_at=message.moment("time"),
            media_count=len(media) if isinstance(media, list) else 0,
        )
    elif kind == "message-failed" and event.optional("errorCode") == BLOCKED:
        yield provider_block(
            Bandwidth.name,
            person(Channel.SMS, event.optional("to"), f"{event.where}.to"),
            event_id=f"{message.text('id')}:{BLOCKED}",
            recipient=ours,
            evidence=f"error {BLOCKED}",
            received_at=received_at,
        )


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Bandwidth would make it; `secret` is `user:password`."""
    user, _, password = secret.partition(":")
    return request.with_headers({"authorization": f"Basic {basic(user, password)}"})
