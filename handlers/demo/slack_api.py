"""Slack's Web API as far as the demo needs it, so that no call of the demo leaves this machine.

`chat.postEphemeral` and the windows that Heed opens are shown on the page; every other method is
answered `ok` and does nothing.
Only a caller with the demo's own bot token is answered: our own server.
"""

from __future__ import annotations

import hmac
import itertools
import json
from collections import deque
from dataclasses import dataclass, field

from flask import Blueprint, Response, jsonify, request

from bot.model import Json
from handlers.slack.settings import SlackSettings

PATH = "/demo/slack-api"
KEPT = 5
TEXT_LIMIT = 3_000


@dataclass(frozen=True, slots=True)
class Aside:
    """The last things that were said and opened to somebody alone, oldest first."""

    whispers: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    windows: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))


def add_routes(demo: Blueprint, slack: SlackSettings) -> Aside:
    """The routes, and what is kept of the calls that come through them."""
    aside = Aside()
    numbers = itertools.count(1)
    expected = f"Bearer {slack.bot_token}".encode()

    @demo.post(f"{PATH}/<method>")
    def call(method: str) -> Response:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(expected, given):
            return jsonify(ok=False, error="invalid_auth")
        if method == "chat.postEphemeral":
            aside.whispers.append(_sent("text")[:TEXT_LIMIT])
        if method == "views.open":
            aside.windows.append({"number": next(numbers), "view": _view()})
        return jsonify(ok=True, ts="1.000001", channel=slack.review_channel, view={"id": "V0DEMO"})

    return aside


def _view() -> Json:
    """The window of a call: the SDK sends it as JSON inside of either."""
    body = request.get_json(silent=True)
    found = body.get("view") if isinstance(body, dict) else request.form.get("view")
    view: Json = json.loads(found) if isinstance(found, str) else found
    return view


def _sent(name: str) -> str:
    """An argument of the call: the SDK sends some methods' as a form, others' as JSON."""
    body = request.get_json(silent=True)
    fields = body if isinstance(body, dict) else request.form
    return str(fields.get(name, ""))
