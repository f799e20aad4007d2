"""POST /slack/events: events, commands and interactions; beside it what `install` adds."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, request

from handlers.callers import Call, Callers
from handlers.parts import Parts
from handlers.ports import HttpAnswer, Malformed, Unverified
from handlers.slack import door
from handlers.slack.everywhere import Everywhere
from handlers.slack.install import add_routes
from handlers.web.webhooks import raw_request

log = logging.getLogger("heed.slack")

PATH = "/slack/events"
CALLER = "slack"
"""Under which name `handlers.callers` keeps what came last from Slack."""


def blueprint(parts: Parts) -> Blueprint:
    """No route at all where Slack is not set up for HTTP (HEED_SLACK_SIGNING_SECRET)."""
    slack = Blueprint("slack", __name__)
    if parts.slack is None or not parts.slack.signing_secret:
        return slack
    secrets = parts.slack.signing_secret
    add_routes(slack, parts)
    dispatch = Everywhere(parts)
    callers = Callers(parts.store)

    @slack.post(PATH)
    def events() -> Response:
        request.max_content_length = door.BODY_LIMIT
        raw = raw_request(parts)
        if door.is_ssl_check(raw):
            return Response(status=200)
        try:
            door.verify(raw, secrets)
        except Unverified as refusal:
            log.warning("refused reason=%s", refusal.reason)
            callers.note(CALLER, Call.REFUSED, raw.received_at, refusal.reason)
            abort(401, "the signature does not match or is too old")
        try:
            payload = door.parse(raw)
        except Malformed as fault:
            log.warning("unreadable part=%s", fault)
            abort(400, "this is no payload of Slack's")
        answer = door.challenge(payload) or dispatch(payload, raw.headers)
        callers.note(CALLER, Call.VERIFIED, raw.received_at)
        return _response(answer)

    return slack


def _response(answer: HttpAnswer) -> Response:
    return Response(
        answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )
