"""Hears and speaks in every workspace that the app is in, each with its own token.

A message of an installed workspace carries it in its place (`T0B:C1/171.1`), so that what follows
from it (the answer, the review's card) goes back to where it came from.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from handlers.parts import Parts
from handlers.ports import HttpAnswer
from handlers.slack.dispatch import Dispatch
from handlers.slack.payload import Payload, at, text_at
from handlers.slack.speaker import SlackSpeaker, review_of
from handlers.slack.workspaces import HOME, InstalledSettings, Workspaces
from storage import OutboxItem, Session

T = TypeVar("T")


class _ForEach(Generic[T]):
    """One thing for each workspace, made anew where its settings have changed."""

    def __init__(self, parts: Parts, make: Callable[[Parts], T]) -> None:
        self.workspaces = Workspaces(parts)
        self._make = make
        self._lock = threading.Lock()
        self._made: dict[str, tuple[Parts, T]] = {}

    def of(self, team: str) -> T:
        parts = self.workspaces.parts(team)
        served = team if isinstance(parts.slack, InstalledSettings) else HOME
        with self._lock:
            found = self._made.get(served)
            if found is None or found[0].slack != parts.slack:
                found = (parts, self._make(parts))
                self._made[served] = found
            return found[1]


class Everywhere:
    """Answers one verified payload, for whichever workspace it came; see `Dispatch`."""

    def __init__(self, parts: Parts) -> None:
        self._each = _ForEach(parts, Dispatch)
        self._each.of(HOME)  # what is wrong shows at the start

    def __call__(self, payload: Payload, headers: Mapping[str, str]) -> HttpAnswer:
        team = self._each.workspaces.concerned(payload)
        if team != HOME and (why := _ended(payload)):
            self._each.workspaces.lost(team, why)
            return HttpAnswer(status=200)
        return self._each.of(team)(payload, headers)


def _ended(payload: Payload) -> str:
    """Why our token there is no more; empty where it is. Users' tokens are none of ours."""
    kind = text_at(payload, "event", "type")
    if kind == "app_uninstalled" or (
        kind == "tokens_revoked" and at(payload, "event", "tokens", "bot")
    ):
        return kind
    return ""


class SpeaksEverywhere:
    """See `handlers.ports.Speaker`."""

    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._each = _ForEach(parts, SlackSpeaker)

    def send(self, item: OutboxItem) -> str:
        team = self._store.read(lambda session: self._team(session, item))
        return self._each.of(team).send(item)

    def _team(self, session: Session, item: OutboxItem) -> str:
        """Where it is to be said; a workspace that is no longer installed is passed over."""
        named = str(item.payload.get("team", ""))  # somebody's Home
        if named:
            return named
        place = str(item.payload.get("place", ""))
        if place:
            team = team_of(place)
            return team or self._each.workspaces.of_channel(place.partition("/")[0])
        review = review_of(session, item)
        if review is None:
            return HOME
        if review.card_team:  # where its card stands; once a person is erased nothing else says so
            return review.card_team
        entry = session.entry(review.addr, review.entry_id)
        return "" if entry is None else team_of(str(entry.facts.get("place", "")))


def team_of(place: str) -> str:
    """The installed workspace in a place; empty for the home."""
    return place.rpartition(":")[0]
