"""The mail part of the settings."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pydantic import Field

from handlers.settings import List, Part, Settings, SettingsError, part


class MailSettings(Part):
    """`relay_url` is smtp://user:password@host:port (smtps:// for TLS from the first byte).

    `trusted_mtas` are the peers (IP addresses) whose Authentication-Results with one of
    `authserv_ids` is believed (RFC 8601 4.1: empty unless configured).
    """

    smtp_relay_url: str = Field(default="", repr=False)
    trusted_mtas: List = ()
    authserv_ids: List = ()
    mail_from: str = ""


class Relay(Part):
    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = Field(default="", repr=False)


def mail_settings(settings: Settings) -> MailSettings:
    return part(MailSettings, "HEED_", settings.env)


def relay(mail: MailSettings) -> Relay | None:
    """Where outgoing mail goes; None where nothing is configured.

    Raises:
        SettingsError: the URL is none.
    """
    if not mail.smtp_relay_url:
        return None
    url = urlsplit(mail.smtp_relay_url)
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in ("smtp", "smtps") or not url.hostname or port == -1:
        raise SettingsError("HEED_SMTP_RELAY_URL is not a URL such as smtp://mail.example.com:587")
    tls = url.scheme == "smtps"
    return Relay(
        host=url.hostname,
        port=port or (465 if tls else 25),
        tls=tls,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )
