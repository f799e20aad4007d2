"""Bounces and complaints: who could not be reached, for good or not, and who complained.

Delivery reports by RFC 3464, 6522 and 6533; complaints by RFC 5965. Where there is no such part,
the text is read: qmail, Exim, old Exchange, Notes and many others only write prose. All of it can
be forged; what follows from it is the desk's to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from bot.model import MessageKind
from bot.quoted_lines import fold
from handlers.email import bounce_text
from handlers.email.decoding import addresses, is_address
from handlers.email.html import to_text
from handlers.email.machine import has_null_sender
from handlers.email.mime import Part, parse
from handlers.email.ses_notice import kind_and_facts

_STATUS_KINDS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_HEADER_KINDS: Final = frozenset(
    {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822"}
)
_MESSAGE_KINDS: Final = frozenset({"message/rfc822", "message/global"})
_RECIPIENTS: Final = frozenset({"final-recipient", "original-recipient"})
_SUCCESS: Final = frozenset({"delivered", "relayed", "expanded"})
_NO_COMPLAINT: Final = frozenset({"not-spam", "auth-failure", "dmarc"})
_LINES_LIMIT: Final = 2_000
_COMPLAINT_SUBJECTS: Final = (
    "complaint about message from",
    "email feedback report for ip",
    "abuse report: spam",
)
_ESCAPED: Final = re.compile(r"\\x\{(0*(?:10|[0-9A-Fa-f])?[0-9A-Fa-f]{1,4})\}")
_MAILTO: Final = re.compile(r"<\s*mailto:([^?>]{1,400})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a machine tells us of one recipient. `permanent` is set only for bounces."""

    kind: MessageKind
    recipient: str | None = None
    permanent: bool | None = None
    token: str | None = None


def read_report(root: Part, *, subject: str, from_address: str) -> Report | None:
    """The bounce or complaint that the mail is, or None."""
    parts = list(root.walk())
    if any(map(_is_receipt, parts)):
        return Report(kind=MessageKind.AUTO_REPLY)
    if root.kind == "text/plain" and root.raw[root.start : root.start + 80].lstrip()[:1] == b"{":
        notice = kind_and_facts(root.text())
        if notice:
            kind, address, final = notice
            return Report(kind=kind, recipient=address, permanent=final)
    original = _original(parts)
    token = _token(original)
    return _complaint(parts, subject, original, token) or _bounce(
        root, parts, subject=subject, from_address=from_address, original=original, token=token
    )


def _is_receipt(part: Part) -> bool:
    """True for "your message was displayed" (RFC 8098); Dovecot rejects by such a report, too."""
    if part.kind != "message/disposition-notification":
        return False
    fields = next(_blocks(part.text()), {})
    return not fields.get("disposition", "").lower().replace(" ", "").endswith(";deleted")


# --- complaints ----------------------------------------------------------------------------------


def _complaint(
    parts: list[Part], subject: str, original: Part | None, token: str | None
) -> Report | None:
    feedback = next((part for part in parts if part.kind == "message/feedback-report"), None)
    if feedback is None:
        declared = parts[0].parameter("report-type").lower() == "feedback-report"
        vendor = fold(subject).startswith(_COMPLAINT_SUBJECTS) and original is not None
        if not (declared or vendor):
            return None
        texts = _blocks(_notification(parts))
        fields = next((block for block in texts if "feedback-type" in block), {})
    else:
        fields = next(_blocks(feedback.text()), {})
    if fields.get("feedback-type", "abuse").lower() in _NO_COMPLAINT:
        return Report(kind=MessageKind.AUTO_REPLY)
    named = addresses(
        [
            fields.get("original-rcpt-to", ""),
            fields.get("removal-recipient", ""),
            *_values(original, "x-hmxmroriginalrecipient"),
        ]
    )
    sent_to = addresses(_values(original, "to"))
    recipient = next(iter(named), sent_to[0] if len(sent_to) == 1 else None)
    return Report(kind=MessageKind.COMPLAINT, recipient=recipient, token=token)


# --- bounces -------------------------------------------------------------------------------------


def _bounce(
    root: Part,
    parts: list[Part],
    *,
    subject: str,
    from_address: str,
    original: Part | None,
    token: str | None,
) -> Report | None:
    failed = addresses(root.all("x-failed-recipients"))
    reported = root.parameter("report-type").lower() == "delivery-status"
    kinds = {part.kind for part in parts}
    if not (reported or failed or kinds & _STATUS_KINDS) and not bounce_text.may_be_bounce(
        subject=subject,
        sender=root.get("from"),
        address=from_address,
        null_sender=has_null_sender(root),
    ):
        return None
    text, copy = bounce_text.split(_notification(parts))
    blocks = [
        block for part in parts if part.kind in _STATUS_KINDS for block in _blocks(part.text())
    ]
    structured = bool(blocks) or reported
    if not blocks and "-recipient" in text.lower():
        blocks = list(_blocks(text))
    blocks = [block for block in blocks if _RECIPIENTS & block.keys() or "action" in block]
    failed = addresses(root.all("x-failed-recipients"))
    if not (
        structured
        or failed
        or bounce_text.is_bounce(
            subject=subject,
            sender=root.get("from"),
            address=from_address,
            text=text,
            null_sender=has_null_sender(root),
            encloses=original is not None,
        )
    ):
        return None
    actions = {block.get("action", "").split(" ", 1)[0].lower() for block in blocks} - {""}
    if actions and actions <= _SUCCESS:
        return Report(kind=MessageKind.AUTO_REPLY)
    if not blocks:
        inner = _enclosed_report(parts)
        if inner is not None:
            return read_report(inner, subject=subject, from_address=from_address)
    if original is None and copy:
        original = parse(copy.encode("utf-8", "replace"))[0]
    block = _worst(blocks)
    sent_to = addresses(
        [
            *_values(original, "to"),
            *_values(original, "x-original-to"),
            *_values(original, "delivered-to"),
        ]
    )
    ours = {
        address.lower()
        for address in (
            *addresses([*root.all("to"), *root.all("from"), *root.all("delivered-to")]),
            *addresses(
                [
                    *_values(original, "from"),
                    *_values(original, "return-path"),
                    *_values(original, "sender"),
                    *_values(original, "reply-to"),
                ]
            ),
        )
    }
    recipient = (
        _recipient(block, sent_to)
        or next((address for address in failed if address.lower() not in ours), None)
        or bounce_text.recipient(
            text, sent_to=sent_to, ours=ours - {address.lower() for address in sent_to}
        )
        or next(iter(sent_to), None)
    )
    return Report(
        kind=MessageKind.BOUNCE,
        recipient=recipient,
        permanent=bounce_text.is_permanent(block, text=text, subject=subject),
        token=token,
    )


def _enclosed_report(parts: list[Part]) -> Part | None:
    """The delivery report that a gateway put into a bounce of its own."""
    enclosed = (part.children[0] for part in parts if part.kind in _MESSAGE_KINDS and part.children)
    return next(
        (one for one in enclosed if one.parameter("report-type").lower() == "delivery-status"), None
    )


def _worst(blocks: list[dict[str, str]]) -> dict[str, str]:
    """The first failed recipient's fields; some generators put an empty line between them."""
    failed = (
        at
        for at, block in enumerate(blocks)
        if block.get("action", "").lower().startswith("failed")
    )
    at = next(failed, 0)
    worst = blocks[at] if blocks else {}
    if not _RECIPIENTS & worst.keys() and len(blocks) > at + 1:
        return blocks[at + 1] | worst
    return worst


def _recipient(block: dict[str, str], sent_to: list[str]) -> str | None:
    """The final recipient, unless the original one is the address that we wrote to."""
    final = _typed_address(block.get("final-recipient", ""))
    first = _typed_address(block.get("original-recipient", ""))
    known = {address.lower() for address in sent_to}
    if first and final:
        inside = "." not in final.rpartition("@")[2]  # a name of their own network
        ours = first.lower() in known and final.lower() not in known
        return first if inside or ours else final
    return final or first


def _typed_address(value: str) -> str | None:
    """The address of "rfc822; ann@example.com" (RFC 3464, 2.1.2; "utf-8": RFC 6533, 3)."""
    kind, typed, rest = value.partition(";")
    if kind.strip().lower() == "utf-8":
        rest = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), rest)
    bare = (rest if typed else kind).strip().strip("<>\"' ")
    bare = bare.rsplit(":", 1)[-1].rsplit("<", 1)[-1].split(" ", 1)[0].rstrip(">.,)")
    return bare if is_address(bare) else None


# --- the parts -----------------------------------------------------------------------------------


def _notification(parts: list[Part]) -> str:
    """The words to people: the text parts outside the enclosed message, else the HTML's."""
    for kind in ("text/plain", "text/html"):
        texts = [part.text() for part in parts if part.kind == kind and not part.children]
        joined = "\n\n".join(texts)
        if joined.strip():
            return joined if kind == "text/plain" else to_text(joined)[1]
    return ""


def _original(parts: list[Part]) -> Part | None:
    """The headers of the mail that the report is about."""
    for part in parts:
        if part.kind in _MESSAGE_KINDS and part.children:
            return part.children[0]
        if part.kind in _HEADER_KINDS | _MESSAGE_KINDS and part.headers:
            return parse(part.content())[0]
    return None


def _values(part: Part | None, name: str) -> list[str]:
    return part.all(name) if part is not None else []


def _token(original: Part | None) -> str | None:
    for value in _values(original, "list-unsubscribe"):
        for mailto in _MAILTO.findall(value):
            token = token_of(unquote(mailto))
            if token:
                return token
    return None


def token_of(address: str) -> str | None:
    """The literal part after `+` in a local part, unverified; None where there is none."""
    local = address.strip().rpartition("@")[0]
    return local.partition("+")[2] or None


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The header-like blocks of a report, names in lower case (RFC 3464, 2.1)."""
    block: dict[str, str] = {}
    name = ""
    for line in text.replace("\r\n", "\n").split("\n", _LINES_LIMIT)[:_LINES_LIMIT]:
        if not line.strip():
            if block:
                yield block
            block, name = {}, ""
        elif line[0] in " \t" and name:
            if len(block[name]) < 4096:  # noqa: PLR2004 - the cap of structured headers
                block[name] += f" {line.strip()[:998]}"
        else:
            key, colon, value = line[:4096].partition(":")
            if colon and " " not in key.strip():
                name = key.strip().lower()
                block.setdefault(name, value.strip())
    if block:
        yield block
