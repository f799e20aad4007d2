"""One path for all that Slack sends, over HTTP and over Socket Mode: Bolt finds the listener.

The payload is verified and parsed before it comes here. A listener returns after its commit, so
that 200 means "committed"; whatever it raises becomes 500, and Slack sends an event again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

from prometheus_client import Counter
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from handlers.parts import Parts
from handlers.ports import HttpAnswer
from handlers.slack.client import WHILE_WAITING_S, quiet, web_client
from handlers.slack.listeners import add
from handlers.slack.payload import Payload, at, text_at
from storage.errors import StoreUnavailable

log = logging.getLogger("heed.slack")

REQUESTS = Counter(
    "heed_slack_requests", "Verified requests of Slack, by what became of them.", ["end"]
)
RETRY_HEADERS = ("x-slack-retry-num", "x-slack-retry-reason")


class Dispatch:
    """Made once for each process. `SlackSettings` must be there."""

    def __init__(self, parts: Parts) -> None:
        assert parts.slack is not None
        self._settings = parts.slack
        self._app = _bolt(parts)
        self._app.error(_failed)
        add(self._app, parts)

    def __call__(self, payload: Payload, headers: Mapping[str, str]) -> HttpAnswer:
        """Answer one verified payload. 200: committed, or nothing of ours. 500: send it again."""
        answer = self._answer(payload, headers)
        REQUESTS.labels(_end(answer)).inc()
        return answer

    def _answer(self, payload: Payload, headers: Mapping[str, str]) -> HttpAnswer:
        if self._for_others(payload):
            log.warning("rejected: for another workspace, type=%s", _kind(payload))
            return HttpAnswer(status=200, headers={"X-Slack-No-Retry": "1"})
        if not well_shaped(payload):
            log.warning("unreadable payload: type=%s", _kind(payload))
            return HttpAnswer(status=400)
        retries = {name: headers[name] for name in RETRY_HEADERS if name in headers}
        try:
            request = BoltRequest(mode="socket_mode", body=dict(payload), headers=dict(retries))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            log.warning("unreadable payload: %s", type(error).__name__)
            return HttpAnswer(status=400)
        response = self._app.dispatch(request)
        kind = response.headers.get("content-type", ["text/plain; charset=utf-8"])[0]
        return HttpAnswer(
            status=response.status, body=(response.body or "").encode(), content_type=kind
        )

    def _for_others(self, payload: Payload) -> bool:
        """Whether it came for a workspace that is not ours, where we know which one is."""
        ours = self._settings.team_id
        if not ours:
            return False
        named = {
            text_at(payload, "team_id"),
            text_at(payload, "context_team_id"),
            text_at(payload, "team", "id"),
            text_at(payload, "view", "app_installed_team_id"),
        }
        authorized = at(payload, "authorizations")
        if isinstance(authorized, list):
            named |= {text_at(one, "team_id") for one in authorized}
        named.discard("")
        return bool(named) and ours not in named


def well_shaped(payload: Payload) -> bool:
    """Whether what Bolt looks at has the type that it takes for granted."""
    for name in ("event", "view"):
        if name in payload and not isinstance(payload[name], Mapping):
            return False
    authorized = payload.get("authorizations")
    if authorized is not None and not (
        isinstance(authorized, list) and all(isinstance(one, Mapping) for one in authorized)
    ):
        return False
    match text_at(payload, "type"):
        case "event_callback":
            return bool(text_at(payload, "event", "type"))
        case "block_actions":
            actions = payload.get("actions")
            return isinstance(actions, list) and bool(text_at(actions, 0, "action_id"))
        case "view_submission" | "view_closed":
            view = ("callback_id", "type")
            return all(text_at(payload, "view", name) for name in view)
        case _:
            return True


def _bolt(parts: Parts) -> App:
    """Bolt as a router: its own door, its sign-on and its talk are switched off.

    What it finds in the process's SLACK_BOT_TOKEN is ignored: `authorize` outranks it.
    """
    client = web_client(parts, WHILE_WAITING_S)

    def authorize(
        enterprise_id: str | None, team_id: str | None, user_id: str | None
    ) -> AuthorizeResult:
        """Never asks the network: a failing auth.test would answer 200 and lose the event."""
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            bot_token=client.token,
        )

    return App(
        name="slack_bolt.heed",  # a logger of this name is silenced, so it is none of ours
        logger=quiet(),
        signing_secret="unused: our own door verifies",  # noqa: S106 - says what it is
        client=client,
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )


def _failed(error: Exception, body: Payload) -> BoltResponse:
    """An event that nobody listens to is answered 200; a failure 500, so that it comes again."""
    if isinstance(error, BoltUnhandledRequestError):
        log.info("passed type=%s", _kind(body))
        REQUESTS.labels("passed").inc()
        return BoltResponse(status=200, body="")
    if isinstance(error, StoreUnavailable):
        log.warning("the store is away: type=%s must come again", _kind(body))
    else:
        # its message could hold what a person wrote
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("failed: type=%s %s\n%s", _kind(body), type(error).__name__, where)
    return BoltResponse(status=500, body="")


def _kind(payload: Payload) -> str:
    """The kind of payload, for the log: Slack's own names, nothing that a person typed."""
    kind = text_at(payload, "event", "type") or text_at(payload, "type")
    plain = kind.replace("_", "").replace(".", "")
    return kind if plain.isascii() and plain.isalnum() and len(kind) < 64 else "-"  # noqa: PLR2004


def _end(answer: HttpAnswer) -> str:
    if answer.headers.get("X-Slack-No-Retry"):
        return "rejected"
    return {200: "done", 400: "unreadable"}.get(answer.status, "failed")
