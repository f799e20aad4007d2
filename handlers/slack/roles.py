"""Who may do what in Slack; asked at every click, never by hiding buttons.

Every full member of the workspace may move a person towards "blocked" (Role.RECORD). Only a decider
may end a provisional hold (Role.ADMIN): whoever HEED_SLACK_DECIDERS names, one by one or by a user
group or a channel; where it names nobody, every full member of whom Slack itself says so. Guests,
bots, deactivated users and members of other workspaces may nothing. Where Slack cannot be asked,
recording goes on and ending a hold does not: the state that protects the person holds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from slack_sdk import WebClient

from bot.errors import NotAllowed
from bot.model import Actor, Role
from handlers.slack.client import CALL_ERRORS, code_of
from handlers.slack.deciders import named_lists, named_users, on_a_list
from handlers.slack.payload import at, fields_at, text_at
from storage import Store

log = logging.getLogger("heed.slack.roles")

KNOWN_FOR = timedelta(minutes=1)
UNKNOWN_FOR = timedelta(seconds=15)
"""After a failed question nobody is asked again so soon: clicks must be answered within 3 s."""
CACHE_SIZE = 10_000
NO_PERSON = ("is_bot", "deleted", "is_restricted", "is_ultra_restricted", "is_stranger")


class Standing(StrEnum):
    FULL = "full"
    NOT_FULL = "not_full"  # a guest, a bot, deactivated, or of another workspace
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user as Slack describes them. `team` is the home workspace, empty where unknown."""

    team: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicker:
    """Who acted, by the payload: `team` is theirs, `ours` the workspace of the app."""

    user: str
    team: str
    ours: str


class Roles:
    def __init__(
        self,
        client: WebClient,
        *,
        deciders: tuple[str, ...],
        team_id: str,
        clock: Callable[[], datetime],
        store: Store,
    ) -> None:
        self._client = client
        self._deciders = named_users(deciders)
        self._lists = named_lists(deciders)
        self._store = store
        self._team_id = team_id
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, Member]] = {}

    def actor(self, who: Clicker) -> Actor:
        """The actor of whatever this person asks for.

        Raises:
            NotAllowed: they may do nothing here. The message may be shown to them.
        """
        ours = self._team_id or who.ours
        if not who.user or not ours or who.team != ours:
            raise NotAllowed("only members of the workspace that runs Heed may do this")
        member = self.member(who.user)
        foreign = member.team not in ("", ours)
        if member.standing is Standing.NOT_FULL or foreign:
            raise NotAllowed("guests, bots and members of other workspaces may not do this")
        return Actor(name=f"slack:{ours}/{who.user}", role=self._role(who.user, member))

    def _role(self, user: str, member: Member) -> Role:
        if self._deciders or self._lists:
            return Role.ADMIN if self._is_decider(user, member) else Role.RECORD
        return Role.ADMIN if member.standing is Standing.FULL else Role.RECORD

    def _is_decider(self, user: str, member: Member) -> bool:
        """Who is named one by one decides also while Slack is away; who is on a list does not."""
        if user in self._deciders:
            return True
        known = member.standing is Standing.FULL
        return known and on_a_list(self._store, self._lists, user, self._clock())

    def member(self, user: str) -> Member:
        """What Slack says of the user, kept for a minute. Never raises."""
        now = self._clock()
        with self._lock:
            known = self._known.get(user)
        if known is not None and known[0] > now:
            return known[1]
        member = self._ask(user)
        keep = UNKNOWN_FOR if member.standing is Standing.UNKNOWN else KNOWN_FOR
        with self._lock:
            if len(self._known) >= CACHE_SIZE:
                self._known.clear()
            self._known[user] = (now + keep, member)
        return member

    def _ask(self, user: str) -> Member:
        try:
            answer = self._client.users_info(user=user)
            found = fields_at(answer.data, "user")
        except CALL_ERRORS as error:
            log.warning("users.info failed: %s", code_of(error))
            return Member(team="", standing=Standing.UNKNOWN)
        if not found:
            return Member(team="", standing=Standing.UNKNOWN)
        full = not any(at(found, one) is True for one in NO_PERSON)
        return Member(
            team=text_at(found, "team_id"),
            standing=Standing.FULL if full else Standing.NOT_FULL,
        )


def clicker(body: object) -> Clicker:
    """Who sent an interaction or a command. Commands have flat fields, interactions nested ones."""
    ours = text_at(body, "team", "id") or text_at(body, "team_id")
    user = text_at(body, "user", "id") or text_at(body, "user_id")
    team = text_at(body, "user", "team_id") or ours
    return Clicker(user=user, team=team, ours=ours)
