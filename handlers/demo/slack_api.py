"""Slack's Web API as far as the demo needs it, so that no call of the demo leaves this machine.

`chat.postEphemeral` is shown on the page; every other method is answered `ok` and does nothing.
Only a caller with the demo's own bot token is answered: our own server.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Sequence

from flask import Blueprint, Response, jsonify, request

from handlers.slack.settings import SlackSettings

PATH = "/demo/slack-api"
KEPT = 5
TEXT_LIMIT = 3_000


def add_routes(demo: Blueprint, slack: SlackSettings) -> Sequence[str]:
    """The routes, and the last things that were said to somebody alone, oldest first."""
    whispers: deque[str] = deque(maxlen=KEPT)
    expected = f"Bearer {slack.bot_token}".encode()

    @demo.post(f"{PATH}/<method>")
    def call(method: str) -> Response:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(expected, given):
            return jsonify(ok=False, error="invalid_auth")
        if method == "chat.postEphemeral":
            whispers.append(_sent("text")[:TEXT_LIMIT])
        return jsonify(ok=True, ts="1.000001", channel=slack.review_channel, view={"id": "V0DEMO"})

    return whispers


def _sent(name: str) -> str:
    """An argument of the call: the SDK sends some methods' as a form, others' as JSON."""
    body = request.get_json(silent=True)
    fields = body if isinstance(body, dict) else request.form
    return str(fields.get(name, ""))
