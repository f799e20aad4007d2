"""The bytes of one mail -> what the desk needs to know of it. Never raises, whatever the bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.model import MessageKind
from bot.quoted_lines import fold
from handlers.email.body import Body, read_body
from handlers.email.decoding import addresses, decoded_words, message_ids
from handlers.email.machine import (
    LOOP_HEADER,
    is_apple_unsubscribe,
    is_machine,
    wants_no_answer,
)
from handlers.email.mime import Part, parse
from handlers.email.reports import Report, read_report, token_of

_SUBJECT_LIMIT: Final = 998
_UNSUBSCRIBE: Final = re.compile(
    r"(?:list-?)?(?:un-?sub\w*|opt-?out\w*|stop|leave|remove|sign-?off|abmeld\w*|abbestell\w*"
    r"|desabon\w*|desinscri\w*|desinscr\w*|baja|darsedebaja|disiscri\w*|uitschrijv\w*|afmeld\w*"
    r"|wypisz|rezygn\w*|avregistrera|avmeld\w*|afmeld\w*|odhlas\w*|u)(?:[-_.].*)?"
)
_REPLY_OR_FORWARD: Final = re.compile(r"[^\s:]{1,12}(?:\[\d+\])?\s?:")
_FORWARD: Final = re.compile(
    r"(?:re\s?:\s*)?(?:fwd?|wg|tr|rv|enc|i|doorst|vb|vl|vs|pd|pře|переслано|转发|轉寄|전달|転送|iletilen)\s?:"
)
_CANNOT_READ: Final = frozenset(
    {
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "multipart/encrypted",
        "application/ms-tnef",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """One mail. Addresses are bare and as spelled; ids keep their angle brackets.

    `token` is the literal part after `+`, unverified: of our mailbox, or in a bounce or complaint
    of the reported mail's List-Unsubscribe. `bounce_recipient` is whom a bounce or a complaint is
    about; `permanent` is None for all but bounces. `cut` says that the mail was longer than is
    read. `error` says in one word why no text could be read, and is empty otherwise.
    """

    kind: MessageKind
    from_address: str = ""
    to: tuple[str, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: str = ""
    subject: str = ""
    reply_text: str = ""
    html_only: bool = False
    cut: bool = False
    auto_suppress: bool = False
    list_id: str = ""
    loop_tag: str = ""
    bounce_recipient: str | None = None
    permanent: bool | None = None
    token: str | None = None
    duplicate_from: bool = False
    wordless: bool = False  # a bare forward or a calendar's answer: nobody typed anything
    error: str = ""

    @property
    def text_to_read(self) -> str:
        """What the person said: their words, else the subject if they wrote one of their own."""
        if self.reply_text or self.wordless or _REPLY_OR_FORWARD.match(self.subject):
            return self.reply_text
        return self.subject


def parse_mail(raw: bytes) -> ParsedMail:
    """Read one mail. Bounded in time and memory; never raises for any bytes whatever."""
    try:
        return _parse(raw)
    except Exception as error:  # noqa: BLE001 - a mail nobody can read still reaches a person
        return _unread(raw, type(error).__name__)


def _unread(raw: bytes, why: str) -> ParsedMail:
    try:
        senders = addresses(parse(raw)[0].all("from"))
    except Exception:  # noqa: BLE001 - as above
        senders = []
    return ParsedMail(kind=MessageKind.REPLY, from_address=next(iter(senders), ""), error=why)


def _parse(raw: bytes) -> ParsedMail:
    root, left_out = parse(raw)
    subject = decoded_words(root.get("subject"))[:_SUBJECT_LIMIT]
    senders = addresses(root.all("from"))
    from_address = senders[0] if senders else ""
    report = read_report(root, subject=subject, from_address=from_address)
    body = read_body(root)
    text = "" if report else body.reply
    token = report.token if report else _token(root)
    kind = _kind(root, report, body, subject=subject, from_address=from_address)
    if kind is not MessageKind.REPLY:
        text = ""
    return ParsedMail(
        kind=kind,
        from_address=from_address,
        to=tuple(addresses(root.all("to"))),
        message_id=next(iter(message_ids(root.get("message-id"))), ""),
        in_reply_to=next(iter(message_ids(root.get("in-reply-to"))), ""),
        references=_last_ids(root),
        subject=subject,
        reply_text=text,
        html_only=body.html_only,
        cut=left_out or body.cut,
        auto_suppress=wants_no_answer(root),
        list_id=root.get("list-id"),
        loop_tag=root.get(LOOP_HEADER)[:200],
        bounce_recipient=report.recipient if report else None,
        permanent=report.permanent if report else None,
        token=token,
        duplicate_from=sum(name == "from" for name, _ in root.headers) > 1 or len(senders) > 1,
        wordless=body.is_calendar_answer or (not text and _is_forward(root, subject)),
        error=_error(root, body, raw) if kind is MessageKind.REPLY else "",
    )


def _kind(
    root: Part, report: Report | None, body: Body, *, subject: str, from_address: str
) -> MessageKind:
    if report:
        return report.kind
    if is_apple_unsubscribe(root):
        return MessageKind.UNSUBSCRIBE_REQUEST
    quotes = " ".join(body.reply.split()) != " ".join(body.text.split())
    if is_machine(root, subject=subject, from_address=from_address, threaded_quote=quotes):
        return MessageKind.AUTO_REPLY
    if _is_unsubscribe(root, body, subject):
        return MessageKind.UNSUBSCRIBE_REQUEST
    return MessageKind.REPLY


def _is_unsubscribe(root: Part, body: Body, subject: str) -> bool:
    """A mail to the address in our List-Unsubscribe: the address is the wish (RFC 2369, 3.2).

    So is a new, wordless one to any mailbox of ours that bears a token.

    Words below a mail that answers another are a person's, and are read.
    """
    answers = root.has("in-reply-to") or root.has("references")
    for address in _our_addresses(root):
        base, _, token = address.rpartition("@")[0].partition("+")
        if _UNSUBSCRIBE.fullmatch(base.lower()) and (token or base.lower() != "u"):
            return not body.reply if answers or not token else True
        if token and not answers and not body.reply:
            return _is_a_programs_wish(subject, body, root)
    return False


def _is_a_programs_wish(subject: str, body: Body, root: Part) -> bool:
    """What a mail program sends to leave a list: the one word as the subject, or nothing at all."""
    words = "-".join(fold(subject).split())
    if words:
        return _UNSUBSCRIBE.fullmatch(words) is not None
    return not body.text.strip() and not any(part.is_attachment for part in root.walk())


def _our_addresses(root: Part) -> list[str]:
    names = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
    return [address for name in names for address in addresses(root.all(name))]


def _token(root: Part) -> str | None:
    return next((token for token in map(token_of, _our_addresses(root)) if token), None)


def _last_ids(root: Part) -> str:
    """The newest ids of References, which stand last; the header may be of any length."""
    value = next((value for name, value in root.headers if name == "references"), b"")
    tail = value[-2048:].decode("ascii", "replace")
    ids = message_ids(tail)
    if len(value) > 2048 and ids and not tail.lstrip().startswith(ids[0]):  # noqa: PLR2004
        ids = message_ids(tail[tail.find(" ") :])
    return " ".join(ids[-20:])


def _is_forward(root: Part, subject: str) -> bool:
    enclosed = any(part.kind == "message/rfc822" for part in root.walk())
    return enclosed or _FORWARD.match(fold(subject)) is not None


def _error(root: Part, body: Body, raw: bytes) -> str:
    if not raw.strip():
        return "empty"
    if not root.headers:
        return "no_headers"
    if body.text.strip():
        return ""
    locked = any(part.kind in _CANNOT_READ for part in root.walk())
    return "encrypted" if locked else ""
