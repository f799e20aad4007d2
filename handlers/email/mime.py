"""The bytes of a mail as a tree of parts and headers. Tolerant of everything, and bounded.

Our own small parser, because the standard library's recurses as deep as the mail is nested and
raises, lazily, on some broken headers. This one works on offsets into the bytes: nothing is copied
but the headers and the text leaves that are asked for, and those up to a limit.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from handlers.email.decoding import decode, header_text

DEPTH_LIMIT: Final = 20
PARTS_LIMIT: Final = 200
LEAF_LIMIT: Final = 1 << 20  # encoded bytes of one leaf that are decoded
HEADERS_LIMIT: Final = 512 << 10  # bytes of one header block that are looked at
FIELDS_LIMIT: Final = 2_000

_TEXT: Final = "text/plain"
_INK: Final = re.compile(rb"\S")
_EMPTY_LINE: Final = re.compile(rb"\n\r?\n")
_FIELD: Final = re.compile(rb"[!-9;-~]{1,200}[ \t]{0,20}:")
_PARAMETER: Final = r";\s*{}(?:\*\d*\*?)?\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]+))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part. `raw[start:end]` is its body; `kind` its type in lower case, `text/plain` if none.

    `children` are the parts of a multipart, or the one message in a message/rfc822.
    """

    headers: tuple[tuple[str, bytes], ...]
    kind: str
    raw: bytes = field(repr=False)
    start: int
    end: int
    children: tuple[Part, ...] = ()

    def all(self, name: str) -> list[str]:
        """Every value of a header, unfolded, as text, encoded words left as they are."""
        wanted = name.lower()
        return [header_text(value) for key, value in self.headers if key == wanted]

    def get(self, name: str) -> str:
        """The first value of a header, or `""`."""
        return next(iter(self.all(name)), "")

    def has(self, name: str) -> bool:
        wanted = name.lower()
        return any(key == wanted for key, _ in self.headers)

    def parameter(self, name: str, *, of: str = "content-type") -> str:
        """A parameter of a structured header (RFC 2045, 5.1; RFC 2231 only its plain form)."""
        found = re.search(_PARAMETER.format(re.escape(name)), self.get(of), re.IGNORECASE)
        return (found[1] or found[2] or "").strip() if found else ""

    @property
    def is_attachment(self) -> bool:
        return self.get("content-disposition").strip().lower().startswith("attachment")

    def walk(self, *, into_messages: bool = False) -> Iterator[Part]:
        """This part and those below; those of enclosed messages only if asked for."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            if into_messages or part is self or not part.kind.startswith("message/"):
                waiting.extend(reversed(part.children))

    def content(self) -> bytes:
        """The body with its transfer encoding undone, of at most `LEAF_LIMIT` encoded bytes."""
        body = self.raw[self.start : min(self.end, self.start + LEAF_LIMIT)]
        encoding = self.get("content-transfer-encoding").strip().lower()
        if encoding.startswith("base64"):
            return _base64(body)
        if encoding.startswith("quoted-printable"):
            return quopri.decodestring(body)
        return body

    def text(self) -> str:
        """The content as text. Never raises; what cannot be decoded becomes U+FFFD."""
        return decode(self.content(), self.parameter("charset"))

    @property
    def is_cut(self) -> bool:
        return self.end - self.start > LEAF_LIMIT


@dataclass(slots=True)
class _Budget:
    parts: int = PARTS_LIMIT
    cut: bool = False


def parse(raw: bytes) -> tuple[Part, bool]:
    """The tree, and whether parts were left out of it because there were too many or too deep."""
    budget = _Budget()
    raw = _with_newlines(raw)
    ink = _INK.search(raw)  # some stores put empty lines above the headers
    start = ink.start() if ink else 0
    if raw.startswith((b"From ", b">From "), start):  # mbox
        start = raw.find(b"\n", start) + 1
    return _part(raw, (start, len(raw)), budget), budget.cut


def _with_newlines(raw: bytes) -> bytes:
    """The bytes with line feeds, if lines end in carriage returns alone (old Macs, some dumps)."""
    head = raw[:HEADERS_LIMIT]
    return raw.replace(b"\r", b"\n") if b"\n" not in head and b"\r" in head else raw


def _part(
    raw: bytes, span: tuple[int, int], budget: _Budget, *, depth: int = 0, default: str = _TEXT
) -> Part:
    start, end = span
    budget.parts -= 1
    headers, body = _headers(raw, start, end)
    bare = Part(headers=headers, kind="", raw=raw, start=body, end=end)
    kind = bare.get("content-type").split(";", 1)[0].strip().lower()
    if kind.count("/") != 1:
        kind = _TEXT if kind else default
    spans: list[tuple[int, int]] = []
    if kind.startswith("multipart/"):
        spans = _spans(raw, body, end, bare.parameter("boundary"), budget)
    elif kind in {"message/rfc822", "message/global"} and _is_identity(bare):
        spans = [(body, end)]
    inner_default = "message/rfc822" if kind == "multipart/digest" else _TEXT
    children: list[Part] = []
    for inner in spans:
        if depth >= DEPTH_LIMIT or budget.parts <= 0:
            budget.cut = True
            break
        children.append(_part(raw, inner, budget, depth=depth + 1, default=inner_default))
    return Part(headers=headers, kind=kind, raw=raw, start=body, end=end, children=tuple(children))


def _is_identity(part: Part) -> bool:
    encoding = part.get("content-transfer-encoding").strip().lower()
    return not encoding.startswith(("base64", "quoted-printable"))


def _headers(raw: bytes, start: int, end: int) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The header fields (name in lower case, raw value) and where the body begins.

    Where the first line is no header, all is body.
    """
    fields: list[tuple[str, list[bytes]]] = []
    at, body, limit = start, end, min(end, start + HEADERS_LIMIT)
    while at < end:
        if at >= limit:
            gap = _EMPTY_LINE.search(raw, at - 1, end)
            body = gap.end() if gap else end
            break
        line_end = raw.find(b"\n", at, end)
        next_line = end if line_end < 0 else line_end + 1
        line = raw[at : min(next_line, at + HEADERS_LIMIT)]
        if not line.strip(b"\r\n"):
            body = next_line
            break
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line)
        elif _FIELD.match(line):
            name, _, value = line.partition(b":")
            if len(fields) < FIELDS_LIMIT:
                fields.append((name.strip().decode("ascii").lower(), [value]))
        elif not fields or line.startswith(b"--"):  # no headers, or no empty line below them
            body = at
            break
        at = next_line
    return tuple((name, b"".join(values)) for name, values in fields), body


def _spans(
    raw: bytes, start: int, end: int, boundary: str, budget: _Budget
) -> list[tuple[int, int]]:
    """Where the parts of a multipart lie: the body tells it where the parameter does not.

    Without any boundary on a line of its own all is one part.
    """
    whole = [(start, end)] if start < end else []
    mark = b"--" + boundary.encode("utf-8", "surrogateescape") if boundary else b""
    if not boundary or raw.find(mark, start, end) < 0:
        mark = _guess(raw, start, end)
    if not mark:
        return whole
    line = re.compile(rb"\n" + re.escape(mark) + rb"(--)?[ \t\r]*(?![^\n])")
    spans: list[tuple[int, int]] = []
    opened = -1
    for found in line.finditer(raw, start - 1, end):  # the line break above the body too
        if opened >= 0:
            spans.append((opened, max(opened, _before_newline(raw, found.start() + 1))))
        opened, whole = -1 if found[1] else min(found.end() + 1, end), []
        if found[1] or len(spans) > budget.parts:
            return spans
    if opened >= 0:
        spans.append((opened, end))
    return spans or whole


def _before_newline(raw: bytes, at: int) -> int:
    """The line break before a boundary belongs to the boundary (RFC 2046, 5.1.1)."""
    at -= raw[at - 1 : at] == b"\n"
    return at - (raw[at - 1 : at] == b"\r")


def _guess(raw: bytes, start: int, end: int) -> bytes:
    """The boundary that the body itself shows: a line "--x" with a part header below it."""
    for found in re.finditer(
        rb"(?:^|\n)(--[!-~]{1,200})\r?\n[Cc]ontent-", raw[start : min(end, start + LEAF_LIMIT)]
    ):
        return found[1]
    return b""


def _base64(body: bytes) -> bytes:
    """Tolerant of missing padding and of text after the padding (list footers)."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body.split(b"=", 1)[0])
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return body
