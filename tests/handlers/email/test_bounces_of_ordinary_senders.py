"""Bounces that neither a robot's name nor a null sender betrays: by subject, prose and names."""

from __future__ import annotations

import pytest

from bot.model import MessageKind
from handlers.email.parse import parse_mail

ENCLOSED = (
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain\r\n\r\n"
    "The following mail could not be delivered.\r\nReason: too many attempts\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    "From: news@example.com\r\nTo: ann@example.org\r\nSubject: Sale\r\n\r\n"
    "Reply STOP to unsubscribe.\r\n--b--\r\n"
)
NAMED = (
    "\r\nYour message with the subject Sale\r\ncould not be delivered to:\r\n\r\nann@example.org\r\n"
    "\r\nPlease do not send it again.\r\n"
)


def mail(subject: str, rest: str) -> bytes:
    head = f"From: scanner@gateway.example.net\r\nTo: news@example.com\r\nSubject: {subject}\r\n"
    return (head + rest).encode()


@pytest.mark.parametrize(
    ("subject", "rest"),
    [
        ("Mail could not be delivered", ENCLOSED),
        ("Mail delivery failed: returning message to sender", ENCLOSED),
        ("Delivery failure notification", NAMED),
        ("Undeliverable: Sale", NAMED),
    ],
)
def test_it_is_a_bounce_and_names_whom(subject: str, rest: str) -> None:
    parsed = parse_mail(mail(subject, rest))
    assert parsed.kind is MessageKind.BOUNCE
    assert parsed.bounce_recipient == "ann@example.org"
    assert parsed.reply_text == ""


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Delivery failed", "My parcel was not delivered, and please stop these mails.\n"),
        ("Re: Delivery failed", "It was not delivered to my house. Stop writing.\n\nJo\n"),
        ("Stop", "Your last mail could not be delivered to my new phone. stop\n"),
    ],
)
def test_a_person_who_writes_of_deliveries_is_heard(subject: str, body: str) -> None:
    parsed = parse_mail(mail(subject, f"\r\n{body}"))
    assert parsed.kind is MessageKind.REPLY
    assert "top" in parsed.reply_text
