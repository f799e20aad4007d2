"""The limit: the same server and framework, verifying the same signature and doing nothing else."""

from __future__ import annotations

import os

from flask import Flask, Response, abort, request

from handlers import providers
from handlers.parts import utc_now
from handlers.ports import RawRequest, Unverified
from handlers.settings import load_settings
from handlers.slack import door
from handlers.slack.settings import slack_settings
from handlers.slack.web import PATH

_settings = load_settings(os.environ)
_twilio = providers.configured(_settings)["twilio"]
_slack = slack_settings(_settings)
_secrets = _slack.signing_secret if _slack else ()
application = Flask(__name__)


@application.post("/webhooks/twilio")
def webhook() -> Response:
    raw = RawRequest(
        method=request.method,
        url=f"{_settings.signed_origin}/webhooks/twilio",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=True),
        content_type=request.mimetype,
        received_at=utc_now(),
    )
    try:
        _twilio.verify(raw)
    except Unverified:
        abort(403)
    return Response("<Response/>", content_type="text/xml")


@application.post(PATH)
def slack() -> Response:
    """Verify and acknowledge, as a handler would that leaves all work for later."""
    raw = RawRequest(
        method=request.method,
        url="",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=True),
        content_type=request.mimetype,
        received_at=utc_now(),
    )
    try:
        door.verify(raw, _secrets)
    except Unverified:
        abort(401)
    door.parse(raw)
    return Response(status=200)
