"""The Slack part of the settings."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from handlers.settings import List, Part, PublicUrl, Settings, SettingsError, part
from handlers.slack.trouble import STATE

PREFIX = "HEED_SLACK_"


def _bot_token(value: str) -> str:
    if value and not value.startswith("xox"):
        raise ValueError("is no bot token (they begin with xoxb-)")
    return value


def _app_token(value: str) -> str:
    if value and not value.startswith("xapp-"):
        raise ValueError("is no app-level token (they begin with xapp-)")
    return value


def _channel(value: str) -> str:
    if value and not re.fullmatch(r"[CG][A-Z0-9]{1,20}", value):
        raise ValueError("is no channel id such as C0123456789 (a name does not do)")
    return value


def _team(value: str) -> str:
    if value and not re.fullmatch(r"T[A-Z0-9]{1,20}", value):
        raise ValueError("is no team id such as T0123456789")
    return value


def _deciders(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"[UWSCG][A-Z0-9]{1,20}", one) for one in value):
        raise ValueError("holds something else than ids of users, user groups or channels")
    return value


def _digest_at(value: str) -> str:
    if value:
        digest_time(value)
    return value


def digest_time(value: str) -> tuple[time, ZoneInfo]:
    """The hour and the time zone in `9:00 Europe/Berlin`.

    Raises:
        ValueError: it is none; the message says what is expected.
    """
    hour, _, zone = value.partition(" ")
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", hour)
    if found is None:
        raise ValueError("is no hour with a time zone, such as 9:00 Europe/Berlin")
    try:
        where = ZoneInfo(zone.strip())
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("names no time zone, such as Europe/Berlin") from None
    return time(int(found[1]), int(found[2])), where


class SlackSettings(Part):
    """One app in one workspace.

    `signing_secret`: the current one, then the previous one while it is rotated; needed for
    requests over HTTP. `app_token` opens Socket Mode. `deciders` are the ids of the users, user
    groups or channels whose people may decide "not an opt-out"; empty: every full member of the
    workspace may, on the card in the review channel (`handlers.slack.roles`). `team_id`: what comes
    for another workspace is refused.
    `digest_at`: the hour and time zone of the daily digest, `9:00 Europe/Berlin`; empty: none.
    `recordings_an_hour`: how many opt-outs one person may record by hand in one hour.
    `client_id` and `client_secret`: other workspaces may install the app, by invitation.
    """

    signing_secret: List = Field(default=(), repr=False)
    bot_token: Annotated[str, AfterValidator(_bot_token)] = Field(default="", repr=False)
    app_token: Annotated[str, AfterValidator(_app_token)] = Field(default="", repr=False)
    api_url: PublicUrl = "https://slack.com/api"
    review_channel: Annotated[str, AfterValidator(_channel)] = ""
    deciders: Annotated[List, AfterValidator(_deciders)] = ()
    team_id: Annotated[str, AfterValidator(_team)] = ""
    digest_at: Annotated[str, AfterValidator(_digest_at)] = ""
    recordings_an_hour: Annotated[int, Field(ge=1, le=100_000)] = 60
    client_id: str = ""
    client_secret: str = Field(default="", repr=False)

    @property
    def trouble_key(self) -> str:
        """Under which name it is kept whether posting works in this workspace."""
        return STATE


def slack_settings(settings: Settings) -> SlackSettings | None:
    """None where nothing of Slack is set.

    Raises:
        SettingsError: a value is wrong, or its counterpart is missing.
    """
    slack = part(SlackSettings, PREFIX, settings.env)
    if not slack.model_fields_set - {"api_url"}:
        return None
    if not slack.bot_token:
        raise SettingsError(f"{PREFIX}BOT_TOKEN is missing; other settings of Slack are set")
    if not slack.signing_secret and not slack.app_token:
        raise SettingsError(
            f"{PREFIX}SIGNING_SECRET is missing; {PREFIX}BOT_TOKEN is set. "
            f"For Socket Mode set {PREFIX}APP_TOKEN instead"
        )
    if bool(slack.client_id) != bool(slack.client_secret):
        missing = "CLIENT_SECRET" if slack.client_id else "CLIENT_ID"
        raise SettingsError(f"{PREFIX}{missing} is missing; its counterpart is set")
    if slack.client_id and not settings.public_url:
        raise SettingsError(
            f"HEED_PUBLIC_URL is missing; {PREFIX}CLIENT_ID is set, and Slack sends those who "
            "install the app back to it"
        )
    if slack.client_id and not slack.team_id:
        raise SettingsError(
            f"{PREFIX}TEAM_ID is missing; {PREFIX}CLIENT_ID is set, and a workspace that is no "
            "longer to use the app could not be told from your own"
        )
    if settings.demo and not _on_this_machine(slack.api_url):  # nothing leaves: the page answers
        return slack.model_copy(update={"api_url": f"{settings.http_url}/demo/slack-api"})
    return slack


def _on_this_machine(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
