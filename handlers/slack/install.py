"""GET /slack/install and /slack/oauth_redirect: another workspace installs the app, by invitation.

Bolt's flow does the talking; the states, and where an installation is kept, are ours.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, request
from slack_bolt import BoltRequest
from slack_bolt.adapter.flask.handler import to_bolt_request, to_flask_response
from slack_bolt.error import BoltError
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk.oauth import OAuthStateStore
from slack_sdk.oauth.installation_store import InstallationStore
from slack_sdk.oauth.installation_store.models.installation import Installation

from handlers.parts import Parts
from handlers.slack.client import LOST, OUTBOX_S, client_of, code_of, quiet
from handlers.slack.oauth_state import Kind, Tickets, use
from handlers.slack.scopes import NEEDED
from handlers.slack.workspaces import Workspace, keep
from storage import Session, StoreError

log = logging.getLogger("heed.slack.install")

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
TITLE_LIMIT = 80


def invitation_url(parts: Parts, channel: str) -> str:
    """For whoever is to install the app in their workspace; good once, for a day."""
    ticket = Tickets(parts.store, parts.clock).invite(channel)
    return f"{parts.settings.public_url}{INSTALL}?invitation={ticket}"


def add_routes(slack: Blueprint, parts: Parts) -> None:
    """None where HEED_SLACK_CLIENT_ID is not set."""
    assert parts.slack is not None
    if not parts.slack.client_id:
        return
    tickets = Tickets(parts.store, parts.clock)
    flow = _Flow(parts, tickets)

    @slack.get(INSTALL)
    def install() -> Response:
        if tickets.read(request.args.get("invitation", ""), Kind.INVITATION) is None:
            abort(403, "this invitation is none, used up or too old: heed slack invite makes one")
        return to_flask_response(flow.handle_installation(to_bolt_request(request)))

    @slack.get(REDIRECT)
    def redirect() -> Response:
        answer = to_flask_response(flow.handle_callback(to_bolt_request(request)))
        answer.headers["Cache-Control"] = "no-store"
        return answer


class _States(OAuthStateStore):
    """Only takes states back; `_Flow` issues them, as each belongs to an invitation."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    def consume(self, state: str) -> bool:
        ticket = self._tickets.read(state, Kind.STATE)
        return ticket is not None and self._tickets.use(ticket)


class _Flow(OAuthFlow):
    def __init__(self, parts: Parts, tickets: Tickets) -> None:
        slack = parts.slack
        assert slack is not None
        super().__init__(
            client=client_of(slack.api_url, "", OUTBOX_S),
            logger=quiet(),
            settings=OAuthSettings(
                client_id=slack.client_id,
                client_secret=slack.client_secret,
                scopes=sorted(NEEDED),
                redirect_uri=f"{parts.settings.public_url}{REDIRECT}",
                install_path=INSTALL,
                redirect_uri_path=REDIRECT,
                install_page_rendering_enabled=False,
                installation_store=InstallationStore(),  # `store_installation` keeps them
                state_store=_States(tickets),
                logger=quiet(),
            ),
        )
        self._parts = parts
        self._tickets = tickets

    def issue_new_state(self, request: BoltRequest) -> str:
        invitation = self._tickets.read(_given(request, "invitation"), Kind.INVITATION)
        assert invitation is not None, "the route looks first"
        return self._tickets.state(invitation)

    def run_installation(self, code: str) -> Installation | None:
        try:
            return super().run_installation(code)
        except LOST as error:
            log.warning("Slack could not be asked: %s", code_of(error))
            return None

    def store_installation(self, request: BoltRequest, installation: Installation) -> None:
        """Keep it and use the invitation up, in one transaction.

        Raises:
            BoltError: it cannot be kept; the page says so.
        """
        body = _given(request, "state")  # verified and used up by now
        _, _, invitation, channel, _, _ = body.split(".")
        if not installation.bot_token or not installation.team_id:
            raise BoltError("installed for a whole organisation: install it in one workspace")
        assert self._parts.slack is not None
        if installation.team_id == self._parts.slack.team_id:
            raise BoltError("this is the workspace of HEED_SLACK_BOT_TOKEN")
        now = self._parts.clock()
        workspace = Workspace(
            team=installation.team_id,
            title=(installation.team_name or "")[:TITLE_LIMIT],
            review_channel=channel,
            installed_at=now.isoformat(),
        )
        token = installation.bot_token

        def work(session: Session) -> bool:
            if not use(session, invitation, now):
                return False
            keep(session, workspace, token, now)
            return True

        try:
            kept = self._parts.store.write(work)
        except StoreError as fault:
            raise BoltError(type(fault).__name__) from None
        if not kept:
            raise BoltError("the invitation was used meanwhile")
        log.info("the app was installed in %s", workspace.team)


def _given(request: BoltRequest, name: str) -> str:
    found = request.query.get(name)
    return found[0] if found else ""
