"""The mail part of the settings."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field

from handlers.settings import List, Part, Settings, SettingsError, part


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
    `smtp_tls_cert` and `smtp_tls_key` are PEM files; with them the listener offers STARTTLS.
    `trusted_mtas` are the peers (IP addresses, or `unix` for a Unix socket) whose
    Authentication-Results with one of `authserv_ids` is believed (RFC 8601 4.1: empty unless
    configured).
    `mail_authenticate`: check DKIM, SPF and DMARC here, for mail that no trusted MTA has checked.
    `mail_unverified_per_hour`: how many unproved stops one source may bring; 0: any number.
    """

    smtp_relay_url: Annotated[Relay | None, BeforeValidator(_relay)] = Field(
        default=None, repr=False
    )
    smtp_tls_cert: Path | None = None
    smtp_tls_key: Path | None = None
    trusted_mtas: List = ()
    authserv_ids: List = ()
    mail_from: str = ""
    mail_authenticate: Annotated[bool, Field(strict=False)] = False
    mail_unverified_per_hour: Annotated[int, Field(ge=0, le=1_000_000)] = 20


def tls_context(mail: MailSettings) -> ssl.SSLContext | None:
    """What STARTTLS is offered with; None where no certificate is set.

    Raises:
        SettingsError: the certificate or its key cannot be read, or they do not belong together.
    """
    if mail.smtp_tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(mail.smtp_tls_cert, mail.smtp_tls_key)
    except OSError:  # what ssl raises is one too
        raise SettingsError(
            "HEED_SMTP_TLS_CERT and HEED_SMTP_TLS_KEY are no readable pair of PEM files"
        ) from None
    return context


def mail_settings(settings: Settings) -> MailSettings:
    """Raises SettingsError: a value is wrong."""
    return part(MailSettings, "HEED_", settings.env)
