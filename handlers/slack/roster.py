"""Asks Slack in time about whoever will click: the lists, the review channel, and active staff.

So that the first click of an agent is not the one at which nothing is known of them.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from slack_sdk import WebClient

from bot import addresses
from bot.addresses import AddressError
from handlers.parts import Parts
from handlers.slack.client import CALL_ERRORS, OUTBOX_S, code_of, web_client
from handlers.slack.deciders import members_of, named_lists, named_users
from handlers.slack.payload import text_at
from handlers.slack.people import learn
from handlers.slack.workspaces import Workspaces
from storage import Session

log = logging.getLogger("heed.slack.roster")

ROUND = timedelta(minutes=1)
CALLED_EVERY = timedelta(minutes=10)
ASKED_EVERY = timedelta(minutes=10)
LEFT_AFTER = timedelta(days=30)
FORGOTTEN_AFTER = timedelta(days=90)
AT_ONCE = 40
"""How many are asked about in one round: users.info allows 100 a minute (Tier 4)."""


class Roster:
    """A chore of the worker."""

    def __init__(self, parts: Parts) -> None:
        slack = parts.slack
        self._store = parts.store
        self._client: WebClient | None = None
        self._workspaces: Workspaces | None = None
        self._places: tuple[str, ...] = ()
        self._named: tuple[str, ...] = ()
        self._workspace = slack.team_id if slack else ""
        if slack and not parts.settings.demo:
            self._client = web_client(parts, OUTBOX_S)
            self._workspaces = Workspaces(parts)
            channel = (slack.review_channel,) if slack.review_channel else ()
            self._places = tuple(dict.fromkeys((*channel, *named_lists(slack.deciders))))
            self._named = tuple(sorted(named_users(slack.deciders)))
        self._looked_at: datetime | None = None
        self._called_at: datetime | None = None
        self._newcomers: list[str] = []

    def __call__(self, now: datetime) -> int:
        """About how many Slack was asked."""
        if self._client is None or not _is_due(self._looked_at, now, ROUND):
            return 0
        self._looked_at = now
        if _is_due(self._called_at, now, CALLED_EVERY):
            self._called_at = now
            self._newcomers = self._unknown(self._called(self._client), self._client, now)
            self._store.write(lambda session: session.forget_slack_people(now - FORGOTTEN_AFTER))
        asked, self._newcomers = self._newcomers[:AT_ONCE], self._newcomers[AT_ONCE:]
        for user in asked:
            learn(self._store, self._client, self._workspace, user, now)
        due = self._store.read(
            lambda session: session.slack_people_due(
                learned_before=now - ASKED_EVERY,
                wanted_since=now - LEFT_AFTER,
                limit=AT_ONCE - len(asked),
            )
        )
        for one in due:
            learn(self._store, self._client_of(one.workspace), one.workspace, one.member, now)
        return len(asked) + len(due)

    def _client_of(self, workspace: str) -> WebClient:
        """With the token of the workspace, where it is another than ours that installed the app."""
        assert self._workspaces is not None
        return web_client(self._workspaces.parts(workspace), OUTBOX_S)

    def _called(self, client: WebClient) -> list[str]:
        """Whoever is named, on a list or in the review channel; what Slack does not give, lacks."""
        found = dict.fromkeys(self._named)
        for place in self._places:
            try:
                found |= dict.fromkeys(members_of(client, place))
            except CALL_ERRORS as error:
                log.warning("the members of a channel or group were not given: %s", code_of(error))
        return list(found)

    def _unknown(self, users: list[str], client: WebClient, now: datetime) -> list[str]:
        """Those of whom nothing is kept. Whoever is known is still wanted."""
        if not users or not self._knows_workspace(client):
            return []

        def work(session: Session) -> list[str]:
            new = []
            for user in users:
                try:
                    who = session.hash_of(addresses.slack(self._workspace, user))
                except AddressError:
                    continue
                if session.slack_person(who) is None:
                    new.append(user)
                else:
                    session.want_slack_person(who, self._workspace, now)
            return new

        return self._store.write(work)

    def _knows_workspace(self, client: WebClient) -> bool:
        if not self._workspace:
            try:
                self._workspace = text_at(client.api_call("auth.test").data, "team_id")
            except CALL_ERRORS as error:
                log.warning("auth.test failed: %s", code_of(error))
        return bool(self._workspace)


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or not last <= now < last + every
