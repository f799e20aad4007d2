"""Who may do what in Slack; asked at every click, never by hiding buttons, and without Slack.

Every full member of the workspace may move a person towards "blocked" (Role.RECORD). Only a decider
may end a provisional hold (Role.ADMIN): whoever HEED_SLACK_DECIDERS names, one by one or by a user
group or a channel; where it names nobody, every full member of whom Slack itself says so. Guests,
bots, deactivated users and members of other workspaces may nothing.

What Slack said of somebody is remembered (`handlers.slack.people`). Of whom it was never asked may
nothing yet, and is told so. Where it was asked and cannot say, recording goes on, and ending a hold
and looking somebody up do not: the state that protects the person holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import NotAllowed
from bot.model import Actor, Role
from handlers.slack.deciders import named_lists, named_users, on_a_list
from handlers.slack.payload import text_at
from handlers.slack.people import Member, Standing, known
from storage import Store

NOT_MET = (
    "Heed has not met you yet and is asking Slack who you are. Please try again in a few seconds"
)
UNSURE = "Slack has not said lately who you are, and is being asked. Please try again in a moment"
WHERE_FROM = (
    "Heed is asking Slack which workspace this person belongs to. Please try again in a few seconds"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicker:
    """Who acted, by the payload: `team` is theirs, `ours` the workspace of the app."""

    user: str
    team: str
    ours: str


class Roles:
    def __init__(
        self,
        *,
        deciders: tuple[str, ...],
        team_id: str,
        clock: Callable[[], datetime],
        store: Store,
    ) -> None:
        self._deciders = named_users(deciders)
        self._lists = named_lists(deciders)
        self._store = store
        self._team_id = team_id
        self._clock = clock

    def actor(self, who: Clicker, *, surely: bool = False) -> Actor:
        """The actor of whatever this person asks for. `surely`: only if Slack said lately who.

        Raises:
            NotAllowed: they may do nothing here, or not yet. The message may be shown to them.
        """
        ours = self._ours(who)
        if not who.user or not ours or who.team != ours:
            raise NotAllowed("only members of the workspace that runs Heed may do this")
        member = known(self._store, ours, who.user, self._clock())
        foreign = member.team not in ("", ours)
        if member.standing is Standing.NOT_FULL or foreign:
            raise NotAllowed("guests, bots and members of other workspaces may not do this")
        if who.user not in self._deciders:  # the operator vouches for whoever is named
            if member.standing is Standing.NEW:
                raise NotAllowed(NOT_MET)
            if surely and member.standing is not Standing.FULL:
                raise NotAllowed(UNSURE)
        return Actor(name=f"slack:{ours}/{who.user}", role=self._role(who.user, member))

    def meet(self, who: Clicker) -> None:
        """Have Slack asked about somebody who is about to act, if it must be."""
        ours = self._ours(who)
        if who.user and ours and who.team == ours:
            known(self._store, ours, who.user, self._clock())

    def home_of(self, user: str, ours: str) -> str:
        """The workspace that somebody mentioned in ours belongs to.

        Raises:
            NotAllowed: nobody knows yet. The message may be shown.
        """
        home = known(self._store, self._team_id or ours, user, self._clock()).team
        if not home:
            raise NotAllowed(WHERE_FROM)
        return home

    def _ours(self, who: Clicker) -> str:
        return self._team_id or who.ours

    def _role(self, user: str, member: Member) -> Role:
        if self._deciders or self._lists:
            return Role.ADMIN if self._is_decider(user, member) else Role.RECORD
        return Role.ADMIN if member.standing is Standing.FULL else Role.RECORD

    def _is_decider(self, user: str, member: Member) -> bool:
        """Who is named one by one decides also while Slack is away; who is on a list does not."""
        if user in self._deciders:
            return True
        full = member.standing is Standing.FULL
        return full and on_a_list(self._store, self._lists, user, self._clock())


def clicker(body: object) -> Clicker:
    """Who sent an interaction or a command. Commands have flat fields, interactions nested ones."""
    ours = text_at(body, "team", "id") or text_at(body, "team_id")
    user = text_at(body, "user", "id") or text_at(body, "user_id")
    team = text_at(body, "user", "team_id") or ours
    return Clicker(user=user, team=team, ours=ours)
