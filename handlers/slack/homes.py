"""Publishes somebody's Home. It goes through the outbox: nothing waits for it, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from bot.addresses import AddressError, slack
from bot.model import CHANNEL_SCOPE, EVERYTHING, Address, Hold
from handlers.parts import Parts
from handlers.ports import SendError
from handlers.slack.calling import Caller
from handlers.slack.days import last_days
from handlers.slack.home import ROWS, TeamHome, customer_view, team_view
from handlers.slack.notices import promise_own
from handlers.slack.people import Standing, learn
from handlers.slack.rich import Block
from handlers.slack.wishes import wishes_of, zone_of
from storage import OutboxItem, Session

HOME = "slack_home"
DAYS = 7


def promise_home(session: Session, team: str, user: str, now: datetime) -> None:
    """Have the Home of this person published; `team` is the app's own workspace."""
    promise_own(session, HOME, {"team": team, "user": user}, now)


class Homes:
    """The speaker's part for Homes."""

    def __init__(self, parts: Parts, call: Caller) -> None:
        self._parts = parts
        self._call = call

    def publish(self, item: OutboxItem) -> str:
        """Raises what the speaker raises. Whoever Slack cannot place sees what customers see."""
        team, user = str(item.payload["team"]), str(item.payload["user"])
        member = learn(self._parts.store, self._call.client, team, user, self._parts.clock())
        ours = member.standing is Standing.FULL and member.team in ("", team)
        view = self._team(team, user) if ours else self._customer(member.team or team, user)
        self._call("views.publish", {"user_id": user, "view": view}, item)
        return ""

    def _team(self, team: str, user: str) -> Block:
        now = self._parts.clock()

        def read(session: Session) -> TeamHome:
            return TeamHome(
                mine=session.assigned(f"slack:{team}/{user}", ROWS),
                open=session.open_reviews(ROWS),
                waiting=session.open_count(),
                overdue=session.overdue_reviews(now),
                days=last_days(session, DAYS, now, _zone(session, team, user)),
                links={},
                now=now,
            )

        found = self._parts.store.read(read)
        links = {one.id: self._call.link(one) for one in (*found.mine, *found.open) if one.card_ts}
        return team_view(replace(found, links=links))

    def _customer(self, team: str, user: str) -> Block:
        try:
            address = slack(team, user)
        except AddressError:
            raise SendError("no_such_person", permanent=True) from None
        now = self._parts.clock()
        stopped = self._parts.store.read(lambda session: has_stopped(session, address, now))
        return customer_view(self._parts.policy.company, stopped=stopped)


def has_stopped(session: Session, address: Address, now: datetime) -> bool:
    """Whether this person told us to write nothing to them in Slack."""
    return any(
        one.hold is Hold.STOPPED and one.scope in (CHANNEL_SCOPE, EVERYTHING)
        for one in session.suppressions(session.hash_of(address), now)
    )


def _zone(session: Session, team: str, user: str) -> tzinfo:
    """Where their days begin."""
    return zone_of(wishes_of(session, team, user).zone) or UTC
