"""Whether Slack takes our token, and whether it may do what we need."""

from __future__ import annotations

from handlers.parts import Parts
from handlers.slack.client import CALL_ERRORS, WHILE_WAITING_S, code_of, web_client

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
"""Those of docs/slack-manifest.yaml; a test holds that."""


class TokenRefused(Exception):  # noqa: N818 - it names what happened
    """Slack did not answer, or does not take the token. The message is a short code."""


def missing_scopes(parts: Parts) -> list[str]:
    """Which scopes the bot token lacks.

    Raises:
        TokenRefused: Slack does not take it, or cannot be asked.
    """
    try:
        answer = web_client(parts, WHILE_WAITING_S).api_call("auth.test")
    except CALL_ERRORS as error:
        raise TokenRefused(code_of(error)) from None
    headers = {name.casefold(): str(value) for name, value in answer.headers.items()}
    given = {one.strip() for one in headers.get("x-oauth-scopes", "").split(",")}
    return sorted(NEEDED - given)
