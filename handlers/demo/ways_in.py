"""Speaks to Heed as a provider or a mail program would: signed, over the network, from outside.

Nothing here touches the desk. What the demo shows is what a real message would have met.
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_RULES
from email.utils import format_datetime, make_msgid
from secrets import token_hex

import requests

from handlers.providers.twilio import TwilioSettings, sign
from handlers.settings import Settings, part

TIMEOUT_S = 10.0


class NoAnswer(Exception):  # noqa: N818 - it names what happened
    """Our own door did not take it. The message may be shown to whoever plays the demo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a door answered. `path` is what was called, `status` what it said, `ms` how long."""

    path: str
    status: int
    ms: int
    proof: str  # by what the door knew the caller
    body: bytes = b""


def send_sms(settings: Settings, *, person: str, ours: str, text: str) -> Delivery:
    """A text from the person to our number, as Twilio would hand it over.

    Raises:
        NoAnswer: the webhook did not accept it.
    """
    twilio = part(TwilioSettings, "HEED_TWILIO_", settings.env)
    if not twilio.auth_token:
        raise NoAnswer("HEED_TWILIO_AUTH_TOKEN is not set")
    path = "/webhooks/twilio"
    form = {
        "MessageSid": f"SM{token_hex(16)}",
        "AccountSid": twilio.account_sid,
        "From": person,
        "To": ours,
        "Body": text,
        "NumMedia": "0",
    }
    signature = sign(twilio.auth_token[0], f"{settings.signed_origin}{path}", form)
    return post(settings, path, form, {"X-Twilio-Signature": signature}, proof="X-Twilio-Signature")


def post(
    settings: Settings,
    path: str,
    body: Mapping[str, str] | bytes,
    headers: Mapping[str, str],
    *,
    proof: str,
) -> Delivery:
    """POST to our own web server over the network.

    Raises:
        NoAnswer: it did not answer, or with an error.
    """
    begun = time.monotonic()
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the machine must not get what stays on it
            response = session.post(
                settings.http_url + path,
                data=body,
                headers=dict(headers),
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
    except requests.exceptions.RequestException as error:
        raise NoAnswer(f"{path} did not answer ({type(error).__name__})") from None
    if not response.ok:
        raise NoAnswer(f"{path} answered {response.status_code}")
    return Delivery(
        path=f"POST {path}",
        status=response.status_code,
        ms=_ms_since(begun),
        proof=proof,
        body=response.content,
    )


def send_mail(
    settings: Settings, *, person: str, ours: str, subject: str, body: str, now: datetime
) -> Delivery:
    """A mail from the person to our mailbox, over SMTP.

    Raises:
        NoAnswer: the listener did not take it.
        ValueError: a header holds a line break.
    """
    mail = EmailMessage(policy=SMTP_RULES)
    mail["From"] = person
    mail["To"] = ours
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain="example.com")
    mail.set_content(body)
    host, port = settings.smtp_listen
    begun = time.monotonic()

    def talk() -> None:
        with smtplib.SMTP(host, port, local_hostname="localhost", timeout=TIMEOUT_S) as smtp:
            smtp.send_message(mail, from_addr=person, to_addrs=[ours])

    _over_smtp(talk)
    return Delivery(
        path=f"SMTP {host}:{port}",
        status=250,
        ms=_ms_since(begun),
        proof="loopback, trusted in the demo",
    )


def _over_smtp(talk: Callable[[], None]) -> None:
    try:
        talk()
    except smtplib.SMTPRecipientsRefused as refusal:
        code = next(iter(refusal.recipients.values()))[0]
        raise NoAnswer(f"the mailbox was refused ({code}): is it one of ours?") from None
    except smtplib.SMTPResponseException as refusal:
        raise NoAnswer(f"the mail was answered {refusal.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NoAnswer(f"the SMTP listener did not answer ({type(error).__name__})") from None


def _ms_since(begun: float) -> int:
    return max(1, round((time.monotonic() - begun) * 1000))
