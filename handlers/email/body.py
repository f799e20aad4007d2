"""Which parts of a mail are its text, and the person's words in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.quoted import TEXT_LIMIT, reply_part
from handlers.email.html import HTML_LIMIT, to_text
from handlers.email.mime import Part

_COMMENT: Final = re.compile(r"^COMMENT(?:;[^:\n]{0,200})?:(.{0,4000})$", re.MULTILINE)
_STUB_LIMIT: Final = 400
_STUBS: Final = re.compile(
    r"view (?:this e?-?mail |it )?in (?:a |your )?(?:web ?)?browser"
    r"|(?:does not|doesn't) support html"
    r"|html[- ](?:capable|enabled|e?-?mail|message|format|ansicht)|requires html",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """`text` is all of it, `reply` what the person typed."""

    text: str
    reply: str
    html_only: bool = False
    cut: bool = False
    is_calendar_answer: bool = False


@dataclass(frozen=True, slots=True)
class _Section:
    """One body text, in the forms the mail offers."""

    plain: Part | None = None
    html: Part | None = None

    def parts(self) -> Iterator[Part]:
        return (part for part in (self.plain, self.html) if part is not None)


def read_body(root: Part) -> Body:
    """The text of the mail: plain if a person's word is in it, else the HTML."""
    offered = list(_sections(root))
    sections = list(_affordable(offered))
    cut = len(sections) < len(offered) or any(_too_long(p) for s in sections for p in s.parts())
    invitation = _calendar_answer(root)
    if invitation is not None:
        return Body(text=invitation, reply=reply_part(invitation), is_calendar_answer=True)
    plains = [_plain(section) for section in sections]
    usable = [
        bool(_visible(plain)) and not (section.html and _is_stub(plain))
        for section, plain in zip(sections, plains, strict=True)
    ]
    html_only = bool(sections) and not any(usable) and any(s.html for s in sections)
    forms = [
        (plain, plain) if use or section.html is None else to_text(section.html.text())
        for section, plain, use in zip(sections, plains, usable, strict=True)
    ]
    text = "\n\n".join(unmarked for _, unmarked in forms)
    reply = reply_part("\n\n".join(marked for marked, _ in forms)) or reply_part(text)
    if not reply and any(usable):  # only a quote in the plain form: the HTML may hold words
        reply = reply_part("\n\n".join(to_text(s.html.text())[0] for s in sections if s.html))
    return Body(text=text, reply=reply, html_only=html_only, cut=cut or len(text) > TEXT_LIMIT)


def _sections(part: Part) -> Iterator[_Section]:
    """The body texts in order. Attachments and enclosed messages are none."""
    if part.is_attachment or part.kind.startswith("message/"):
        return
    if part.kind == "multipart/alternative":
        inner = [section for child in part.children for section in _sections(child)]
        plain = next((s.plain for s in inner if s.plain), None)
        html = next((s.html for s in inner if s.html), None)
        yield _Section(plain, html)
    elif part.children:
        signed = part.kind == "multipart/signed"
        for child in part.children[:1] if signed else part.children:
            yield from _sections(child)
    elif part.kind == "text/html":
        yield _Section(None, part)
    elif part.kind in {"text/plain", "text/enriched"}:
        yield _Section(part, None)


def _affordable(sections: list[_Section]) -> Iterator[_Section]:
    """The first ones, up to what one long text costs; two hundred would cost as many times that."""
    spent = 0
    for section in sections:
        if spent > HTML_LIMIT:
            return
        yield section
        spent += sum(part.end - part.start for part in section.parts())


def _too_long(part: Part) -> bool:
    limit = HTML_LIMIT if part.kind == "text/html" else TEXT_LIMIT
    return part.is_cut or part.end - part.start > 4 * limit


def _plain(section: _Section) -> str:
    part = section.plain
    if part is None:
        return ""
    text = part.text()
    if part.parameter("format").lower() == "flowed":
        return _unflowed(text, delete_space=part.parameter("delsp").lower() == "yes")
    return text


def _unflowed(text: str, *, delete_space: bool) -> str:
    """Paragraphs as one line each (RFC 3676, 4); a signature mark never flows on."""
    lines: list[str] = []
    open_depth: int | None = None
    for raw_line in text[:TEXT_LIMIT].replace("\r\n", "\n").split("\n"):
        content = raw_line.lstrip(">")
        depth = len(raw_line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        joined = content[:-1] if flows and delete_space else content
        if open_depth == depth and content != "-- ":
            lines[-1] += joined
        else:
            lines.append(f"{'>' * depth} {joined}" if depth else joined)
        open_depth = depth if flows else None
    return "\n".join(lines)


def _visible(text: str) -> str:
    return "".join(text.replace("\u200b", "").replace("\ufeff", "").split())


def _is_stub(plain: str) -> bool:
    """A plain part that only tells the reader to look at the other one."""
    return len(plain) <= _STUB_LIMIT and _STUBS.search(reply_part(plain)) is not None


def _calendar_answer(root: Part) -> str | None:
    """The comment typed into a calendar's answer; `""` without one, None if it is no answer.

    The words of its text part are the calendar's.
    """
    for part in root.walk():
        if part.kind == "text/calendar":
            text = part.text()
            if "reply" in (part.parameter("method").lower(), _method(text)):
                unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
                found = _COMMENT.search(unfolded)
                return found[1].replace("\\n", "\n").replace("\\", "").strip() if found else ""
    return None


def _method(calendar: str) -> str:
    found = re.search(r"^METHOD:(\w{1,20})", calendar[:4096], re.MULTILINE | re.IGNORECASE)
    return found[1].lower() if found else ""
