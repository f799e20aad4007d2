"""One route for every provider: verify, parse, receive, respond, in that order.

403 and nothing stored where the signature fails; success for everything that is valid, also where
nobody understands it (a 4xx makes some providers drop the message for good); 5xx where nothing
was kept, so that the provider comes again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn
from urllib.parse import quote

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import MethodNotAllowed

from bot.model import Address, Channel, Inbound, InboundMessage, MessageKind, Recording
from handlers.account import Account
from handlers.callers import Call, Callers
from handlers.parts import Parts
from handlers.ports import (
    Greeter,
    HttpAnswer,
    Malformed,
    Provider,
    RawRequest,
    Unsupported,
    Unverified,
)

log = logging.getLogger("heed.webhooks")


def blueprint(parts: Parts) -> Blueprint:
    webhooks = Blueprint("webhooks", __name__)
    callers = Callers(parts.store)

    @webhooks.post("/webhooks/<name>")
    @webhooks.post("/webhooks/<name>/<account>")
    def webhook(name: str, account: str = "") -> Response:
        name = Account(provider=name, name=account).key
        provider = _provider(parts, name)
        raw = raw_request(parts)
        try:
            provider.verify(raw)
        except Unverified as refusal:
            callers.note(name, Call.REFUSED, raw.received_at, refusal.reason)
            _refuse(name, refusal)
        heard = [heard_by(name, one) for one in parsed(provider, raw)]
        receipts = [parts.desk.receive(one) for one in heard]
        callers.note(name, Call.VERIFIED, raw.received_at)
        return _response(provider.respond(receipts))

    @webhooks.get("/webhooks/<name>")
    @webhooks.get("/webhooks/<name>/<account>")
    def greeting(name: str, account: str = "") -> Response:
        name = Account(provider=name, name=account).key
        provider = _provider(parts, name)
        if not isinstance(provider, Greeter):
            raise MethodNotAllowed(valid_methods=["POST"])
        raw = raw_request(parts)
        try:
            answer = provider.greet(raw)
        except Unverified as refusal:
            _refuse(name, refusal)
        callers.note(name, Call.GREETED, raw.received_at)
        return _response(answer)

    return webhooks


def _provider(parts: Parts, name: str) -> Provider:
    provider = parts.providers.get(name)
    if provider is None:
        abort(404, "no such provider is set up here; its credentials are not set")
    return provider


def _refuse(name: str, refusal: Unverified) -> NoReturn:
    log.warning("refused provider=%s reason=%s", name, refusal.reason)
    abort(403, "the signature does not match")


def raw_request(parts: Parts) -> RawRequest:
    """The request as it came, before anybody touches a form.

    The signed URL is the configured origin, the path and the raw query string: not `request.url`,
    which decodes escapes, and never Host or X-Forwarded-*.
    """
    query = request.query_string.decode("latin-1")
    return RawRequest(
        method=request.method,
        url=f"{parts.settings.signed_origin}{quote(request.path)}{'?' if query else ''}{query}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=True),
        content_type=(request.mimetype or "").lower(),
        received_at=parts.clock(),
    )


def parsed(provider: Provider, raw: RawRequest) -> Sequence[Inbound]:
    """What a verified request says; what nobody can read goes to a person whole."""
    try:
        return provider.parse(raw)
    except Unsupported as nothing:
        log.info("passed provider=%s event=%s", provider.name, nothing)
        return []
    except Malformed as fault:
        log.warning("unreadable provider=%s field=%s", provider.name, fault)
        return [_for_a_person(provider, raw)]


def heard_by(key: str, inbound: Inbound) -> Inbound:
    """Under the account that heard it, so that the answer goes out through the same."""
    match inbound:
        case InboundMessage() if inbound.provider != key:
            return replace(inbound, provider=key)
        case Recording() if inbound.source != key:
            actor = replace(inbound.actor, name=f"provider:{key}")
            return replace(inbound, source=key, actor=actor)
        case _:
            return inbound


def _for_a_person(provider: Provider, raw: RawRequest) -> InboundMessage:
    """Verified but unreadable: kept whole, under the provider itself, for a person to read."""
    return InboundMessage(
        provider=provider.name,
        account="",
        event_id=hashlib.sha256(raw.body).hexdigest(),
        kind=MessageKind.UNREADABLE,
        address=Address(channel=Channel.OTHER, value=f"provider:{provider.name}"),
        recipient=provider.name,
        text=raw.body.decode(errors="replace"),
        received_at=raw.received_at,
    )


def _response(answer: HttpAnswer) -> Response:
    return Response(
        answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )
