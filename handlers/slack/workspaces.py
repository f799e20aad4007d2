"""Several workspaces with one app: the one of HEED_SLACK_BOT_TOKEN, and those that installed it.

What is known of an installed workspace lies in one setting; its token is a secret of the store,
under the master key. Each is served with the settings of the first, but for its own token, review
channel and team.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from handlers.parts import Parts
from handlers.slack import trouble
from handlers.slack.payload import Payload, at, text_at
from handlers.slack.settings import SlackSettings
from storage import Session, Store

log = logging.getLogger("heed.slack.workspaces")

KNOWN = "slack_workspaces"
"""The setting that holds what is known of every installed workspace, as JSON by team."""
HOME = ""
"""Stands for the workspace of HEED_SLACK_BOT_TOKEN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """`gone` is when and why it was lost, empty while the app is installed there."""

    team: str
    title: str
    review_channel: str
    installed_at: str
    gone: str = ""


class InstalledSettings(SlackSettings):
    """The settings of a workspace that installed the app; never read from the environment."""

    @property
    def trouble_key(self) -> str:
        return f"{trouble.STATE}.{self.team_id}"


def keep(session: Session, workspace: Workspace, token: str, now: datetime) -> None:
    """Remember an installation; one of the same workspace before it is replaced."""
    session.lock_setting(KNOWN)
    _save(session, {**known(session), workspace.team: workspace})
    session.save_secret(_secret(workspace.team), token, now)
    session.save_setting(f"{trouble.STATE}.{workspace.team}", "")


def lose(session: Session, team: str, why: str, now: datetime) -> bool:
    """The app was removed there, or its token revoked: the token is forgotten. False: not known."""
    session.lock_setting(KNOWN)
    found = known(session)
    if team not in found or found[team].gone:
        return False
    _save(session, {**found, team: replace(found[team], gone=f"{why} {now.isoformat()}")})
    session.forget_secret(_secret(team))
    return True


def forget(session: Session, team: str) -> bool:
    """As if it had never been installed. False: it is not known."""
    session.lock_setting(KNOWN)
    found = known(session)
    if found.pop(team, None) is None:
        return False
    _save(session, found)
    session.forget_secret(_secret(team))
    session.save_setting(f"{trouble.STATE}.{team}", "")
    return True


def known(session: Session) -> dict[str, Workspace]:
    """By team."""
    said = session.setting(KNOWN)
    return {team: Workspace(**fields) for team, fields in json.loads(said or "{}").items()}


def troubles(store: Store) -> dict[str, str]:
    """What is wrong in each installed workspace where something is, by team."""

    def read(session: Session) -> dict[str, str]:
        return {
            team: one.gone.partition(" ")[0] or found
            for team, one in known(session).items()
            if (found := trouble.said(session, f"{trouble.STATE}.{team}")) or one.gone
        }

    return store.read(read)


def _save(session: Session, found: Mapping[str, Workspace]) -> None:
    session.save_setting(KNOWN, json.dumps({team: asdict(one) for team, one in found.items()}))


def _secret(team: str) -> str:
    return f"slack:{team}"


class Workspaces:
    """For any number of threads."""

    def __init__(self, parts: Parts) -> None:
        assert parts.slack is not None
        self._parts = parts
        self._lock = threading.Lock()
        self._said = ""
        self._installed: dict[str, Parts] = {}

    def parts(self, team: str) -> Parts:
        """With the workspace's own settings; the home's for one that is not installed."""
        return self._all().get(team, self._parts)

    def concerned(self, payload: Payload) -> str:
        """The installed workspace for which Slack sent this; HOME where it is none of them."""
        authorized = at(payload, "authorizations")
        count = len(authorized) if isinstance(authorized, list) else 0
        named = (
            *(text_at(authorized, number, "team_id") for number in range(count)),
            text_at(payload, "context_team_id"),
            text_at(payload, "view", "app_installed_team_id"),
            text_at(payload, "team_id"),
            text_at(payload, "team", "id"),
        )
        installed = self._all()
        return next((one for one in named if one in installed), HOME)

    def of_channel(self, channel: str) -> str:
        """The installed workspace whose review channel this is."""
        for team, parts in self._all().items():
            if parts.slack is not None and channel and parts.slack.review_channel == channel:
                return team
        return HOME

    def lost(self, team: str, why: str) -> None:
        now = self._parts.clock()
        if self._parts.store.write(lambda session: lose(session, team, why, now)):
            log.error("the app is no longer installed in %s (%s)", team, why)

    def _all(self) -> dict[str, Parts]:
        """As the store has it now: another process may have installed the app a moment ago."""
        assert self._parts.slack is not None
        if not self._parts.slack.client_id:  # one workspace: nothing to ask
            return {}
        said = self._parts.store.read(lambda session: session.setting(KNOWN)) or ""
        with self._lock:
            if said != self._said:
                self._installed = self._parts.store.read(self._read)
                self._said = said
            return self._installed

    def _read(self, session: Session) -> dict[str, Parts]:
        home = self._parts.slack
        assert home is not None
        found = {}
        for team, one in known(session).items():
            token = session.secret(_secret(team))
            if token is None:
                continue
            settings = InstalledSettings(
                **{
                    **home.model_dump(),
                    "bot_token": token,
                    "team_id": team,
                    "review_channel": one.review_channel,
                    "digest_at": "",
                }
            )
            found[team] = replace(self._parts, slack=settings)
        return found
