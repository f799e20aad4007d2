"""Whether Slack takes our token, and whether it may do what we need."""

from __future__ import annotations

from dataclasses import dataclass

from slack_sdk import WebClient

from handlers.parts import Parts
from handlers.slack.client import CALL_ERRORS, WHILE_WAITING_S, code_of, web_client
from handlers.slack.payload import text_at

NEEDED = frozenset(
    {
        "app_mentions:read",
        "channels:read",
        "chat:write",
        "commands",
        "groups:read",
        "im:history",
        "usergroups:read",
        "users:read",
    }
)
"""Those of manifest.yaml; a test holds that."""


class TokenRefused(Exception):  # noqa: N818 - it names what happened
    """Slack did not answer, or does not take the token. The message is a short code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What Slack says of a token: the workspace, its name, our user there, and what it lacks."""

    team: str
    title: str
    user: str
    missing: tuple[str, ...]


def missing_scopes(parts: Parts) -> list[str]:
    """Which scopes the bot token lacks.

    Raises:
        TokenRefused: Slack does not take it, or cannot be asked.
    """
    return list(installed(web_client(parts, WHILE_WAITING_S)).missing)


def installed(client: WebClient) -> Installed:
    """Ask Slack about the client's token; scopes stand in a header of the answer.

    Raises:
        TokenRefused: Slack does not take it, or cannot be asked.
    """
    try:
        answer = client.api_call("auth.test")
    except CALL_ERRORS as error:
        raise TokenRefused(code_of(error)) from None
    headers = {name.casefold(): str(value) for name, value in answer.headers.items()}
    given = {one.strip() for one in headers.get("x-oauth-scopes", "").split(",")}
    return Installed(
        team=text_at(answer.data, "team_id"),
        title=text_at(answer.data, "team"),
        user=text_at(answer.data, "user_id"),
        missing=tuple(sorted(NEEDED - given)),
    )
