"""One route for every provider: verify, parse, receive, respond, in that order.

403 and nothing stored where the signature fails; success for everything that is valid, also where
nobody understands it (a 4xx makes some providers drop the message for good); 5xx where nothing
was kept, so that the provider comes again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from threading import BoundedSemaphore
from typing import NoReturn
from urllib.parse import quote

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import MethodNotAllowed, ServiceUnavailable

from bot.model import Inbound, InboundMessage, Recording
from handlers.account import Account
from handlers.callers import Call, Callers
from handlers.email.house import mail_desk
from handlers.mail_intake import MailIntake
from handlers.mail_service import MailService
from handlers.parts import Parts
from handlers.ports import (
    ComeAgain,
    Greeter,
    HttpAnswer,
    Malformed,
    Provider,
    RawRequest,
    Unsupported,
    Unverified,
)
from handlers.unreadable import for_a_person

log = logging.getLogger("heed.webhooks")

LARGE = 3_000_000
MAIL_LIMIT = 36_000_000  # a mail of 25 MB in base64, in JSON
LARGE_AT_ONCE = 4
_large = BoundedSemaphore(LARGE_AT_ONCE)


def blueprint(parts: Parts) -> Blueprint:
    webhooks = Blueprint("webhooks", __name__)
    callers = Callers(parts.store)
    intake = MailIntake(parts.desk, mail_desk(parts), parts.policy)

    @webhooks.post("/webhooks/<name>")
    @webhooks.post("/webhooks/<name>/<account>")
    def webhook(name: str, account: str = "") -> Response:
        name = Account(provider=name, name=account).key
        service = parts.mail_services.get(name)
        if service is not None:
            return _heard_of_mail(parts, intake, callers, service)
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
        if name in parts.mail_services:
            return Response("ready\n", content_type="text/plain; charset=utf-8")
        provider = _provider(parts, name)
        if not isinstance(provider, Greeter):
            raise MethodNotAllowed(valid_methods=["POST"])
        raw = raw_request(parts)
        try:
            answer = provider.greet(raw)
        except Unverified as refusal:
            if refusal.reason == "token_wrong":  # else it is anybody who looked in
                callers.note(name, Call.REFUSED, raw.received_at, refusal.reason)
            _refuse(name, refusal)
        callers.note(name, Call.GREETED, raw.received_at)
        return _response(answer)

    return webhooks


def _heard_of_mail(
    parts: Parts, intake: MailIntake, callers: Callers, service: MailService
) -> Response:
    """A whole mail may come in, so more is read; few at once, since nobody has signed in yet."""
    large = (request.content_length or 0) > LARGE
    if large and not _large.acquire(blocking=False):
        raise ServiceUnavailable("too many large requests at once; try again", retry_after=30)
    try:
        request.max_content_length = MAIL_LIMIT if large else LARGE
        raw = raw_request(parts)
        try:
            service.verify(raw)
        except Unverified as refusal:
            callers.note(service.name, Call.REFUSED, raw.received_at, refusal.reason)
            _refuse(service.name, refusal)
        try:
            intake.take(service, raw)
        except ComeAgain as lack:
            log.warning("not to be had now service=%s: %s", service.name, lack)
            raise ServiceUnavailable("what it points at cannot be had now; try again") from None
        callers.note(service.name, Call.VERIFIED, raw.received_at)
    finally:
        if large:
            _large.release()
    return Response("taken\n", content_type="text/plain; charset=utf-8")


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
        return [for_a_person(provider.name, raw.body, raw.received_at)]


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


def _response(answer: HttpAnswer) -> Response:
    return Response(
        answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )
