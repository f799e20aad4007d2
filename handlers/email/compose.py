"""The mails that Heed writes: the one confirmation, and what it hands to people.

Headers are never concatenated: every value from outside is one printable line before it meets
`EmailMessage`, whose policy refuses line breaks once more.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined

from bot import pages
from bot.model import MailThread
from handlers.email.confirming import Offer, Offers
from handlers.email.decoding import decoded_words, is_address, message_ids
from handlers.email.machine import LOOP_HEADER
from handlers.email.mime import parse

NOTHING: Final = Offers()
_CHOICE: Final = re.compile(r"^\d[.)] (.{1,200})$", re.MULTILINE)
_RIGHT_TO_LEFT: Final = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_NUMBERED: Final = re.compile(r"^1[.)] ", re.MULTILINE)
_HTML: Final = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).from_string(files("handlers.email").joinpath("confirmation.html").read_text("utf-8"))
_SUBJECT_LIMIT: Final = 150
_IDS_LIMIT: Final = 20
_ID_LIMIT: Final = 250
_LINE_LIMIT: Final = 998  # RFC 5322, 2.1.1
_LANG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
# Long ids must stay whole: the standard library would otherwise encode them as words.
_HEADER_LINE: Final = 900


def confirmation_mail(
    *,
    text: str,
    subject_of: MailThread,
    sender: str,
    sender_name: str,
    recipient: str,
    lang: str,
    message_id: str,
    loop_tag: str,
    date: datetime,
    offers: Offers = NOTHING,
) -> bytes:
    """The answer to one mail, as an automatic answer must be (RFC 3834, 3.1). CRLF line ends.

    Raises:
        ValueError: `sender`, `recipient` or `message_id` is none.
    """
    mail = _mail(sender, sender_name, recipient, message_id=message_id, date=date)
    subject = one_line(subject_of.subject)
    mail["Subject"] = subject if re.match(r"re\s?:", subject, re.IGNORECASE) else f"Re: {subject}"
    parents = _ids(subject_of.message_id)[:1]
    if parents:
        mail["In-Reply-To"] = parents[0]
    earlier = [known for known in _ids(subject_of.references) if known not in parents]
    thread = [*earlier, *parents][-_IDS_LIMIT:]
    if thread:
        mail["References"] = " ".join(thread)
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    if loop_tag:
        mail[LOOP_HEADER] = one_line(loop_tag)
    known = lang if _LANG.fullmatch(lang) else ""
    undo = f"\n{offers.undo.says}:\n{offers.undo.url}\n" if offers.undo else ""
    _set_text(mail, f"{text.rstrip()}\n{undo}" if undo else text)
    if offers.undo or offers.why:
        _add_html(mail, _html(text, known, offers))
    if known:
        mail["Content-Language"] = known
    return _as_bytes(mail)


def _html(text: str, lang: str, offers: Offers) -> str:
    """The same words; the numbered reasons, which stand last, become links in the same order.

    They keep the text's own words in a language that our pages do not speak, an operator's own.
    """
    blocks = [block.strip() for block in text.replace("\0", "").split("\n\n") if block.strip()]
    asks = offers.asks
    if offers.why and blocks and _NUMBERED.search(blocks[-1]):
        menu = blocks.pop()
        asks = _NUMBERED.split(menu, maxsplit=1)[0].strip()
        if lang[:2].lower() not in pages.texts():
            offers = replace(offers, why=_in_words_of(menu, offers.why))
    return _HTML.render(
        lang=lang,
        direction="rtl" if lang[:2].lower() in _RIGHT_TO_LEFT else "ltr",
        offers=offers,
        asks=asks,
        paragraphs=[block.split("\n") for block in blocks],
    )


def _in_words_of(menu: str, why: Sequence[Offer]) -> list[Offer]:
    named = _CHOICE.findall(menu)
    return (
        [replace(one, says=says) for one, says in zip(why, [*named, why[-1].says], strict=False)]
        if len(named) == len(why) - 1
        else list(why)
    )


def _add_html(mail: EmailMessage, html: str) -> None:
    """Beside the words, for those who see it; the boundary is made of what stands inside."""
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"heed-{hashlib.sha256(html.encode()).hexdigest()[:40]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """What goes above a message that is handed to people; `reason` is its one word for why."""

    sender: str
    recipient: str
    reason: str
    note: str
    message_id: str
    date: datetime


def forward_mail(raw: bytes, about: Forwarded) -> bytes:
    """A mail to people with the original attached, byte for byte.

    It is a message/rfc822 where it can travel so unaltered, else base64 (`original.eml`).

    Raises:
        ValueError: the sender, the recipient or the message id is none.
    """
    note = _forward(about, subject=decoded_words(parse(raw)[0].get("subject")))
    _set_text(note, _paragraphs(one_line(about.reason), about.note))
    boundary = f"heed-{hashlib.sha256(raw).hexdigest()[:40]}"
    if _travels_unaltered(raw) and boundary.encode() not in raw:
        kind, encoding, content = "message/rfc822", "7bit", raw
    else:
        kind, encoding, content = "application/octet-stream", "base64", _base64_lines(raw)
    return _with_attachment(note, boundary, kind=kind, encoding=encoding, content=content)


def forward_text(text: str, about: Forwarded, *, who: str, channel: str) -> bytes:
    """What a person wrote on another channel, for people to read.

    Raises:
        ValueError: the sender, the recipient or the message id is none.
    """
    mail = _forward(about, subject=channel)
    head = " ".join(filter(None, (one_line(channel), one_line(who))))
    first = "\n".join(filter(None, (one_line(about.reason), head)))
    _set_text(mail, _paragraphs(first, about.note, text))
    return _as_bytes(mail)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts)) + "\n"


def _forward(about: Forwarded, *, subject: str) -> EmailMessage:
    mail = _mail(
        about.sender, "Heed", about.recipient, message_id=about.message_id, date=about.date
    )
    mail["Subject"] = one_line(
        " - ".join(filter(None, (f"[Heed] {about.reason}".strip(), subject)))
    )
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def _mail(
    sender: str, name: str, recipient: str, *, message_id: str, date: datetime
) -> EmailMessage:
    if not (is_address(sender) and is_address(recipient)):
        raise ValueError("not an address")
    if _ids(message_id) != [message_id]:
        raise ValueError("not a message id")
    ascii_only = sender.isascii() and recipient.isascii()
    mail = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    mail["From"] = _address(sender, name=one_line(name))
    mail["To"] = _address(recipient)
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id
    return mail


def _address(address: str, *, name: str = "") -> Address:
    """By its halves: as a whole the standard library refuses what real mailboxes are called."""
    local, _, domain = address.rpartition("@")
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = local[1:-1]
    return Address(display_name=name, username=local, domain=domain)


def _ids(value: str) -> list[str]:
    return [
        known
        for known in message_ids(value)
        if len(known) <= _ID_LIMIT and known.isascii() and known.isprintable()
    ]


def one_line(text: str, *, limit: int = _SUBJECT_LIMIT) -> str:
    """Printable, one line, at most `limit` characters."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(kept.split())[:limit].strip()


def _set_text(mail: EmailMessage, text: str) -> None:
    """Plain text that any relay takes: ASCII as it is, everything else quoted-printable."""
    sound = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    mail.set_content(sound, cte="7bit" if sound.isascii() else "quoted-printable")


def _as_bytes(mail: EmailMessage) -> bytes:
    return mail.as_bytes(policy=mail.policy.clone(max_line_length=_HEADER_LINE))


def _travels_unaltered(raw: bytes) -> bool:
    """True if no mail server has a reason to touch it: 7 bit, CRLF, lines within the limit."""
    if not raw.isascii() or b"\0" in raw:
        return False
    lines = raw.split(b"\r\n")
    return not any(len(line) > _LINE_LIMIT or b"\r" in line or b"\n" in line for line in lines)


def _base64_lines(raw: bytes) -> bytes:
    return base64.encodebytes(raw).replace(b"\n", b"\r\n")


def _with_attachment(
    note: EmailMessage, boundary: str, *, kind: str, encoding: str, content: bytes
) -> bytes:
    """Put together by hand: the standard library would write the original anew."""
    inner = EmailMessage(policy=SMTP)
    _set_text(inner, note.get_content())
    note.clear_content()
    content_type = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n'
    mark = f"\r\n--{boundary}".encode()
    attachment = (
        f"Content-Type: {kind}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n"
        'Content-Disposition: attachment; filename="original.eml"\r\n\r\n'
    ).encode()
    head = _as_bytes(note).rstrip(b"\r\n") + b"\r\n" + content_type.encode()
    parts = (_as_bytes(inner), attachment + content)
    return head + b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"
