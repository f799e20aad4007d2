"""The mail part of the settings."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field

from handlers.settings import List, Part, Settings, part


class Relay(Part):
    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = Field(default="", repr=False)


def _relay(value: object) -> object:
    """smtp://user:password@host:port, or smtps:// for TLS from the first byte."""
    if not isinstance(value, str):
        return value
    url = urlsplit(value)
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in ("smtp", "smtps") or not url.hostname or port == -1:
        raise ValueError("is not a URL such as smtp://mail.example.com:587")
    tls = url.scheme == "smtps"
    return Relay(
        host=url.hostname,
        port=port or (465 if tls else 25),
        tls=tls,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )


class MailSettings(Part):
    """How mail comes in and goes out.

    `smtp_relay_url` is where outgoing mail goes; None: nowhere.
    `trusted_mtas` are the peers (IP addresses) whose Authentication-Results with one of
    `authserv_ids` is believed (RFC 8601 4.1: empty unless configured).
    """

    smtp_relay_url: Annotated[Relay | None, BeforeValidator(_relay)] = Field(
        default=None, repr=False
    )
    trusted_mtas: List = ()
    authserv_ids: List = ()
    mail_from: str = ""


def mail_settings(settings: Settings) -> MailSettings:
    """Raises SettingsError: a value is wrong."""
    return part(MailSettings, "HEED_", settings.env)
