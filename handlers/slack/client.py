"""Slack's Web API, called so that refused and unknown stay apart.

Two clients: while a person waits (2 s), and the outbox's (10 s). Neither tries again by itself:
the SDK's own retry after a dropped connection can post twice.
"""

from __future__ import annotations

import logging
from http.client import HTTPException
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from handlers.parts import Parts

WHILE_WAITING_S = 2
OUTBOX_S = 10

# What a call may raise beside SlackApiError: no connection, a lost one, no answer in time.
LOST = (OSError, HTTPException, URLError, SlackClientError)
CALL_ERRORS = (SlackApiError, *LOST)


def quiet() -> logging.Logger:
    """A logger for Slack's own libraries, which print bodies and arguments: it prints nothing.

    What goes wrong is said by our own loggers, without bodies.
    """
    logger = logging.getLogger("heed.slack.library")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    return logger


def web_client(parts: Parts, timeout_s: int) -> WebClient:
    """A client with our bot token."""
    assert parts.slack is not None
    return client_of(parts.slack.api_url, parts.slack.bot_token, timeout_s)


def client_of(api_url: str, token: str, timeout_s: int) -> WebClient:
    return WebClient(
        token=token,
        base_url=f"{api_url}/",
        timeout=timeout_s,
        retry_handlers=[],
        logger=quiet(),
    )


def code_of(error: Exception) -> str:
    """A short code of what went wrong, never the text of an answer."""
    if isinstance(error, SlackApiError):
        code = str(error.response.get("error", "")) if error.response is not None else ""
        plain = code.replace("_", "").isalnum() and code.isascii() and len(code) < 64  # noqa: PLR2004
        return code if plain else f"http_{status_of(error)}"
    return type(error).__name__


def status_of(error: SlackApiError) -> int:
    return int(getattr(error.response, "status_code", 0) or 0)
