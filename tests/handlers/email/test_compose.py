"""The mails Heed writes: marked as automatic, threaded, and impossible to inject headers into."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import MailThread
from handlers.email.compose import (
    NOTHING,
    Forwarded,
    confirmation_mail,
    forward_mail,
    forward_text,
)
from handlers.email.confirming import Offer, Offers

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "mail").glob("*.eml"))
ALLOWED = {
    "from", "to", "date", "message-id", "subject", "in-reply-to", "references", "auto-submitted", "x-auto-response-suppress",
    "x-heed-loop", "content-language", "content-type", "content-transfer-encoding", "mime-version",
}  # fmt: skip


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def _confirm(
    *,
    text: str = "Done.",
    thread: MailThread | None = None,
    name: str = "Rosa",
    recipient: str = "ann@example.com",
    tag: str = "t1",
    lang: str = "de",
    offers: Offers = NOTHING,
) -> bytes:
    return confirmation_mail(
        text=text,
        subject_of=thread
        or MailThread(
            message_id="<m@example.com>", references="<a@example.net>", subject="Re: Tulips"
        ),
        sender="news@example.net",
        sender_name=name,
        recipient=recipient,
        lang=lang,
        message_id="<o1@example.net>",
        loop_tag=tag,
        date=NOW,
        offers=offers,
    )


def _seen(raw: bytes) -> str:
    html = _read(raw).get_body(("html",))
    assert html is not None
    return str(html.get_content())


def _forward(raw: bytes, *, reason: str = "unreadable") -> bytes:
    return forward_mail(raw, _about(reason))


def _about(reason: str) -> Forwarded:
    return Forwarded(
        sender="news@example.net",
        recipient="people@example.net",
        reason=reason,
        note="Heed read it as: unclear.",
        message_id="<f1@example.net>",
        date=NOW,
    )


def test_a_confirmation_is_an_automatic_answer_in_the_thread() -> None:
    mail = _read(_confirm(text="Sie sind abgemeldet – fertig."))
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["X-Heed-Loop"] == "t1"
    assert mail["In-Reply-To"] == "<m@example.com>"
    assert mail["References"] == "<a@example.net> <m@example.com>"
    assert mail["Subject"] == "Re: Tulips"
    assert mail["From"] == "Rosa <news@example.net>"
    assert mail["To"] == "ann@example.com"
    assert mail["Content-Language"] == "de"
    assert mail.get_content_type() == "text/plain"
    assert str(mail.get_content()).strip() == "Sie sind abgemeldet – fertig."


def test_every_line_ends_with_crlf_and_is_short_enough_for_any_relay() -> None:
    raw = _confirm(text="ünïcödé " * 500 + "\n" + "a" * 3_000)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_long_ids_stay_whole() -> None:
    long_id = f"<{'x' * 200}@example.com>"
    raw = _confirm(
        thread=MailThread(
            message_id=long_id, references=" ".join(f"<{n}{'y' * 150}@b>" for n in range(30))
        )
    )
    assert f"In-Reply-To: {long_id}\r\n".encode() in raw
    assert str(_read(raw)["References"]).split()[-1] == long_id
    assert len(str(_read(raw)["References"]).split()) == 20


def test_a_mail_without_an_id_is_answered_outside_a_thread() -> None:
    mail = _read(_confirm(thread=MailThread(message_id="garbage", subject="Tulips")))
    assert mail["In-Reply-To"] is None
    assert mail["References"] is None
    assert mail["Subject"] == "Re: Tulips"


INJECTION = "x\r\nBcc: eve@example.org\r\n\r\nbody"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b"])
def test_no_value_can_add_a_header(end: str) -> None:
    evil = INJECTION.replace("\r\n", end)
    thread = MailThread(message_id=f"<a@b>{evil}", references=f"<a{evil}@b> <c@d>", subject=evil)
    raw = _confirm(thread=thread, name=evil, tag=evil, lang=evil)
    mail = _read(raw)
    assert {key.lower() for key in mail} <= ALLOWED
    assert len(mail.keys()) == len(set(mail.keys()))
    assert mail.get_content() in ("Done.\n", "Done.\r\n")
    note = _read(_forward(f"Subject: {evil}\r\n\r\nx".encode(), reason=evil))
    assert {key.lower() for key in note} <= ALLOWED
    assert str(note["To"]) == "people@example.net"


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_whatever_adds_a_header(subject: str, name: str, ids: str, text: str) -> None:
    thread = MailThread(message_id=ids, references=ids, subject=subject)
    mail = _read(_confirm(thread=thread, name=name, text=text, tag=subject))
    assert {key.lower() for key in mail} <= ALLOWED
    assert str(mail["To"]) == "ann@example.com"


@pytest.mark.parametrize(
    "recipient", ["", "ann", "ann@example.com\r\nBcc: x@y", "a@b, c@d", "<a@b>"]
)
def test_what_is_no_address_is_refused(recipient: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        _confirm(recipient=recipient)


@pytest.mark.parametrize("recipient", ["a..b@example.com", "o'neil@example.com", "änn@exämple.com"])
def test_unusual_mailboxes_are_written_to(recipient: str) -> None:
    assert f"To: {recipient}\r\n".encode() in _confirm(recipient=recipient)


# --- forwarding ----------------------------------------------------------------------------------


def _attached(raw: bytes) -> tuple[str, bytes]:
    """The attachment's type and its bytes, found the way a mail program finds them."""
    mark = b"--" + str(_read(raw).get_boundary()).encode()
    part = raw.split(b"\r\n" + mark)[2]
    head, _, content = part.partition(b"\r\n\r\n")
    if b"base64" in head:
        return "application/octet-stream", base64.b64decode(content)
    return "message/rfc822", content


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_a_forward_holds_the_original_byte_for_byte(path: Path) -> None:
    original = path.read_bytes()
    raw = _forward(original)
    assert _attached(raw)[1] == original
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert len(list(_read(raw).iter_attachments())) == 1


@given(st.binary())
def test_any_bytes_survive_a_forward(original: bytes) -> None:
    assert _attached(_forward(original))[1] == original


@pytest.mark.parametrize(
    ("original", "kind"),
    [
        (b"Subject: x\r\n\r\nstop\r\n", "message/rfc822"),
        (b"Subject: x\r\n\r\nstop", "message/rfc822"),
        (b"Subject: x\n\nstop\n", "application/octet-stream"),
        (b"Subject: x\r\n\r\nst\xc3\xb6p\r\n", "application/octet-stream"),
        (b"Subject: x\r\n\r\n" + b"a" * 999, "application/octet-stream"),
        (b"Subject: x\r\n\r\na\0b", "application/octet-stream"),
        (b"", "message/rfc822"),
    ],
)
def test_what_a_relay_would_alter_travels_as_base64(original: bytes, kind: str) -> None:
    assert _attached(_forward(original)) == (kind, original)


def test_a_forward_says_why_and_asks_for_no_answer() -> None:
    mail = _read(_forward(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nx"))
    assert mail["Subject"] == "[Heed] unreadable - Grüße"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_words_of_another_channel_are_forwarded_as_text() -> None:
    raw = forward_text("pls stop ünd", _about("unclear"), who="+1 202 555 0100", channel="sms")
    content = str(_read(raw).get_content())
    assert "pls stop ünd" in content
    assert "+1 202 555 0100" in content
    assert "Heed read it as: unclear." in content


WHY = [Offer(says=f"Reason {n}", url=f"https://example.com/why?r={n}") for n in range(1, 6)]
OFFERS = Offers(undo=Offer(says="Undo", url="https://example.com/undo"), asks="Why?", why=WHY)
MENU = "Done.\n\nWhy?\n1. one\n2. two\n3. three\n4. four"


def test_the_card_says_its_language_and_direction_itself() -> None:
    """Gmail drops what html and body say."""
    hebrew = _seen(_confirm(text="בוצע", lang="he", offers=OFFERS))
    assert hebrew.count('dir="rtl"') == hebrew.count('lang="he"') == 2
    assert 'dir="rtl"' not in _seen(_confirm(lang="de", offers=OFFERS))


def test_the_reasons_are_links_in_the_language_of_the_text() -> None:
    german = _seen(_confirm(text=MENU, lang="de", offers=OFFERS))
    assert all(one.says in german for one in WHY)
    arabic = _seen(_confirm(text=MENU.replace("three", "ثلاثة"), lang="ar", offers=OFFERS))
    assert 'r=3" dir="auto" style="color:#1f5f4a;">ثلاثة</a>' in arabic
    assert "Reason 3" not in arabic
    assert "Reason 5" in arabic  # what has no number has no words there


def test_a_menu_of_another_length_keeps_our_words() -> None:
    shown = _seen(_confirm(text="Done.\n\nWhy?\n1. one\n2. two", lang="ar", offers=OFFERS))
    assert all(one.says in shown for one in WHY)
