"""A mail that a service took apart reads as it did whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.email.parse import parse_mail
from handlers.email.rebuilt import rebuilt

HEADERS = [
    ("From", "Ana <ana@reader.example.org>"),
    ("Subject", "Grüße"),
    ("Message-ID", "<m1@reader.example.org>"),
    ("Content-Type", "text/html; boundary=evil"),
]


def test_it_reads_as_it_did() -> None:
    mail = parse_mail(rebuilt(HEADERS, text="bitte abmelden, Grüße", html="<p>bitte abmelden</p>"))
    assert mail.from_address == "ana@reader.example.org"
    assert (mail.subject, mail.message_id) == ("Grüße", "<m1@reader.example.org>")
    assert mail.reply_text.strip() == "bitte abmelden, Grüße"


def test_the_same_mail_is_the_same_bytes() -> None:
    assert rebuilt(HEADERS, text="a", html="<b>") == rebuilt(HEADERS, text="a", html="<b>")


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=500), st.text(max_size=500))
def test_no_header_makes_another(name: str, value: str, text: str, html: str) -> None:
    raw = rebuilt([("From", "ana@reader.example.org"), (name, value)], text=text, html=html)
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    first = [line for line in head if not line.startswith((b" ", b"\t"))]
    assert first[0] == b"From: ana@reader.example.org"
    assert [line.partition(b":")[0] for line in first][-2:] in (
        [b"Content-Type", b"MIME-Version"],
        [b"MIME-Version", b"Content-Type"],
        [b"Content-Transfer-Encoding", b"MIME-Version"],
    )
    assert len(first) <= 5
