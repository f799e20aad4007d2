"""Twilio: SMS, MMS, RCS and WhatsApp. Signature HMAC-SHA1 over URL and sorted form fields.

Twilio signs no time, so once (`MessageSid`) is the defence against replay. It retries only where
no answer came; `#rc=3&rp=5xx,ct,rt` on the configured URL makes it come again on a 5xx.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from pydantic import AfterValidator, Field
from werkzeug.datastructures import MultiDict

from bot.model import (
    Address,
    Channel,
    Inbound,
    InboundMessage,
    MessageKind,
    ProviderIntent,
)
from handlers.account import Account
from handlers.form import fields, how_many, needed
from handlers.http_client import post, require_taken
from handlers.optout_lists import ToBlock
from handlers.ports import (
    HttpAnswer,
    Malformed,
    RawRequest,
    SendError,
    Unsupported,
    Unverified,
)
from handlers.provider_block import provider_block
from handlers.receipt import Receipt
from handlers.settings import List, Part, PublicUrl, Settings, is_set_up, part
from handlers.spelled import person
from storage.rows import OutboxItem

if TYPE_CHECKING:
    from twilio.request_validator import RequestValidator

SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
SHARED_ALGORITHM = "HMAC_SHA256"
# What Twilio answers by itself on long codes and toll-free numbers: the whole body, any case.
STOP_KEYWORDS = ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout")
DEFAULT_KEYWORDS = frozenset((*STOP_KEYWORDS, "start", "yes", "unstop", "help", "info"))
# Consent facts among the error codes; the 300xx are about deliverability and are none.
BLOCKED = frozenset({"21610", "63014"})
_INBOUND = "received"  # the status of what a person sent; every other one is of a text of ours
_MOST_CONSENTS = 25  # in one call
CHANNELS = {"": Channel.SMS, "rcs": Channel.SMS, "whatsapp": Channel.WHATSAPP}


def _shared_keys(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(all(one.partition(":")) for one in value):
        raise ValueError("has an entry that is not ID:SECRET, as the Console shows a shared key")
    return value


class TwilioSettings(Part):
    """With `shared_keys` (Twilio's public beta) only requests signed by one of them are taken."""

    account_sid: str = ""
    auth_token: List = Field(default=(), repr=False)
    shared_keys: Annotated[List, AfterValidator(_shared_keys)] = Field(default=(), repr=False)
    api_url: PublicUrl = "https://api.twilio.com"
    accounts_url: PublicUrl = "https://accounts.twilio.com"


def configure(settings: Settings, account: Account) -> Twilio | None:
    twilio = part(TwilioSettings, account.prefix, settings.env)
    if not is_set_up(twilio, account.prefix, "account_sid", "auth_token"):
        return None
    return Twilio(twilio, account.signed_webhook(settings))


class Twilio:
    name = "twilio"

    def __init__(self, settings: TwilioSettings, webhook_url: str) -> None:
        from twilio.request_validator import RequestValidator

        self._settings = settings
        self._webhook_url = webhook_url
        self._validators = [RequestValidator(token) for token in settings.auth_token]
        keys = (one.partition(":") for one in settings.shared_keys)
        self._shared = {name: RequestValidator(secret) for name, _, secret in keys}

    # --- hear ------------------------------------------------------------------------------------

    def verify(self, request: RawRequest) -> None:
        """Accept any active token; compare in constant time; see `handlers.ports.Provider`."""
        signature = request.headers.get("x-twilio-signature", "")
        if not signature:
            raise Unverified("signature_missing")
        signed: MultiDict[str, str] | str
        if request.content_type == "application/json":
            if "bodySHA256=" not in request.url:
                raise Unverified("body_hash_missing")
            try:
                signed = request.body.decode()
            except UnicodeDecodeError:
                raise Unverified("body_not_utf8") from None
        else:
            signed = MultiDict(fields(request.body))
        validators, algorithm = self._signers(request.headers.get(SETTINGS_HEADER, ""))
        if not any(one.validate(request.url, signed, signature, algorithm) for one in validators):
            raise Unverified("signature_wrong")
        ours = self._settings.account_sid
        if isinstance(signed, MultiDict) and signed.get("AccountSid", ours) != ours:
            raise Unverified("account_unknown")

    def _signers(self, settings_header: str) -> tuple[Sequence[RequestValidator], str | None]:
        """Who may have signed, and how. No header talks us down from SHA-256 to SHA-1."""
        if not self._shared:
            return self._validators, None
        told = dict(part.strip().partition("=")[::2] for part in settings_header.split(","))
        if told.get("algorithm") != SHARED_ALGORITHM or told.get("key") not in self._shared:
            raise Unverified("algorithm_unknown")
        return [self._shared[told["key"]]], SHARED_ALGORITHM

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        if request.content_type == "application/json":
            raise Unsupported("json_event")
        form = dict(reversed(fields(request.body)))  # the first of repeated fields
        status = form.get("MessageStatus") or form.get("SmsStatus") or _INBOUND
        if status != _INBOUND:
            return self._status(form, request.received_at)
        if "Body" in form or form.get("NumMedia", "0") != "0":
            return [self._message(form, request.received_at)]
        raise Malformed("Body")

    def _message(self, form: Mapping[str, str], received_at: datetime) -> InboundMessage:
        text = form.get("Body", "")
        opt_out_type = form.get("OptOutType", "")
        provider_intent = {
            "STOP": ProviderIntent.STOP,
            "START": ProviderIntent.START,
            "HELP": ProviderIntent.HELP,
        }.get(opt_out_type.upper(), ProviderIntent.NONE)
        return InboundMessage(
            provider=self.name,
            account=form.get("AccountSid", ""),
            event_id=needed(form, "MessageSid"),
            kind=MessageKind.BUTTON if form.get("ButtonPayload") else MessageKind.MESSAGE,
            address=_person(needed(form, "From")),
            recipient=needed(form, "To").rpartition(":")[2],
            text=text,
            received_at=received_at,
            provider_intent=provider_intent,
            provider_replied=provider_intent is not ProviderIntent.NONE,
            provider_keyword=text.strip().casefold() in DEFAULT_KEYWORDS,
            answers_inline=True,
            media_count=how_many(form, "NumMedia"),
        )

    def _status(self, form: Mapping[str, str], received_at: datetime) -> Sequence[Inbound]:
        """A delivery receipt. Only a refusal by the person's own will is a fact for the ledger."""
        code = form.get("ErrorCode", "")
        if code not in BLOCKED:
            raise Unsupported("receipt")
        return [
            provider_block(
                self.name,
                _person(needed(form, "To")),
                event_id=f"{needed(form, 'MessageSid')}:{code}",
                recipient=needed(form, "From").rpartition(":")[2],
                evidence=f"error {code}",
                received_at=received_at,
            )
        ]

    def respond(self, receipts: Sequence[Receipt]) -> HttpAnswer:
        texts = "".join(
            f"<Message>{escape(receipt.inline_text)}</Message>"
            for receipt in receipts
            if receipt.inline_text
        )
        body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{texts}</Response>'
        return HttpAnswer(status=200, body=body.encode(), content_type="text/xml; charset=utf-8")

    # --- say -------------------------------------------------------------------------------------

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        prefix = "whatsapp:" if item.address.channel is Channel.WHATSAPP else ""
        account = self._settings.account_sid
        reply = post(
            f"{self._settings.api_url}/2010-04-01/Accounts/{account}/Messages.json",
            auth=(account, self._settings.auth_token[0]),
            data={
                "To": prefix + item.address.value,
                "From": prefix + item.sender,
                "Body": str(item.payload["text"]),
                "StatusCallback": self._webhook_url,
            },
        )
        code = str(reply.json.get("code", reply.status))
        require_taken(reply, code, blocked=BLOCKED)
        return str(reply.json.get("sid", ""))

    def block(self, people: Sequence[ToBlock]) -> None:
        """See `handlers.optout_lists`: the Consents API, a pilot for texts, by sender.

        The correlation id follows from what is said, so that saying it again is the same.
        """
        for start in range(0, len(people), _MOST_CONSENTS):
            items = [_consent(one) for one in people[start : start + _MOST_CONSENTS] if one.sender]
            if not items:
                continue
            reply = post(
                f"{self._settings.accounts_url}/v1/Consents/Bulk",
                auth=(self._settings.account_sid, self._settings.auth_token[0]),
                data=[("Items", json.dumps(item)) for item in items],
            )
            require_taken(reply, str(reply.json.get("code", reply.status)))


def _consent(one: ToBlock) -> dict[str, str]:
    said = f"{one.address.value} {one.sender} {one.since}"
    return {
        "contact_id": one.address.value,
        "correlation_id": hashlib.sha256(said.encode()).hexdigest()[:32],
        "sender_id": one.sender,
        "status": "opt-out",
        "source": "opt-out-message",
        "date_of_consent": one.since.isoformat(),
    }


def _person(value: str) -> Address:
    scheme, _, number = value.rpartition(":")
    if scheme not in CHANNELS:
        raise Malformed("From")
    return person(CHANNELS[scheme], number, "From")


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """What Twilio would put into X-Twilio-Signature; the demo's phone speaks with it."""
    from twilio.request_validator import RequestValidator

    return str(RequestValidator(token).compute_signature(url, form))


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as Twilio would sign it with this auth token."""
    form = MultiDict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return request.with_headers({"x-twilio-signature": sign(secret, request.url, form)})
