"""HTML of a mail as plain text in which quoted regions carry `> `, so that one cutter does both.

Regions are marked, never removed: people answer between quotes, and mail programs move their
markers about (`docs/email.md`: removing by selector loses replies).
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.html_properties import Display
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement
from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from bot.quoted_heads import attribution, header_field, is_separator
from bot.quoted_lines import fold

HTML_LIMIT: Final = 256 << 10  # characters; what is beyond is somebody's newsletter
_TAGS_LIMIT: Final = 10_000
_DEPTH_LIMIT: Final = 150  # inscriptis recurses; libxml2 silently drops text below 256
_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: around a quoted region
_MAYBE_OPEN, _MAYBE_CLOSE = "\ue002", "\ue003"  # the same around a blockquote of unknown make
_BUTTON_OPEN = "\ue004"  # around one that Gmail makes when somebody presses its quote button
_OPENING: Final = frozenset({_OPEN, _MAYBE_OPEN, _BUTTON_OPEN})
_ANY_MARK: Final = re.compile(r"[\ue000-\ue004]")
_MARKS: Final = re.compile(r"([\ue000-\ue004])")

_UNCERTAIN: Final = re.compile(f"[{_MAYBE_OPEN}{_MAYBE_CLOSE}{_BUTTON_OPEN}]")

_QUOTE_CLASSES: Final = frozenset({
    "gmail_attr", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "tutanota_quote",
    "zmail_extra", "OutlookMessageHeader",
})  # fmt: skip
_QUOTE_IDS: Final = frozenset({"mail-editor-reference-message-container", "OLK_SRC_BODY_SECTION"})
_QUOTE_FROM_HERE: Final = frozenset({"appendonsend", "divRplyFwdMsg", "stopSpelling"})
_UNREADABLE: Final = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BREAKS: Final = frozenset(
    {"br", "p", "div", "tr", "li", "blockquote", "hr", "table", "ul", "ol", "h1", "h2", "h3", "h4"}
)
_CSS: Final = {**CSS_PROFILES["strict"], "hr": HtmlElement(display=Display.block)}
_CONFIG: Final = ParserConfig(css=_CSS)
_BROKEN: Final = (
    etree.LxmlError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def to_text(html: str) -> tuple[str, str]:
    """The text with all quoted regions marked by `> `, and with only the certain ones marked.

    The second form is for mails whose whole text stands in a blockquote. Never raises.
    """
    html = _ANY_MARK.sub("", html[:HTML_LIMIT]).replace("\0", "")
    text = ""
    if html.count("<") <= _TAGS_LIMIT:
        try:
            text = _rendered(html)
        except _BROKEN:
            text = ""
    if _ANY_MARK.sub("", text).strip():
        certain = _UNCERTAIN.sub("", text)
        return "\n".join(_quoted_lines(text)), "\n".join(_quoted_lines(certain))
    stripped = "\n".join(" ".join(line.split()) for line in "".join(_stripped(html)).split("\n"))
    return stripped, stripped


def _rendered(html: str) -> str:
    """Layout kept, quoted regions between marks; `""` where the tree is too deep to be trusted."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    depth = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _DEPTH_LIMIT:
            return ""
        if event == "end" and isinstance(element.tag, str):
            _mark(element)
    return str(Inscriptis(tree, _CONFIG).get_text())


def _mark(element: etree._Element) -> None:
    name, classes = element.get("id") or "", set((element.get("class") or "").split())
    if name in _QUOTE_FROM_HERE or ("gmail_attr" in classes and _is_ruled(element)):
        element.text = _OPEN + (element.text or "")
        if len(element) == 0 and not element.text.strip(_OPEN):  # an empty anchor shows no text
            element.text, element.tail = None, _OPEN + (element.tail or "")
    elif (
        classes & _QUOTE_CLASSES
        or name in _QUOTE_IDS
        or name.startswith("yahoo_quoted")
        or element.get("name") == "messageReplySection"
    ):
        _enclose(element, _OPEN, _CLOSE)
    elif element.tag == "blockquote" and not _is_indent(element.get("style") or ""):
        if element.get("type") == "cite" or ("gmail_quote" in classes and _in_gmail(element)):
            _enclose(element, _OPEN, _CLOSE)
        else:
            button = "gmail_quote" in classes
            _enclose(element, _BUTTON_OPEN if button else _MAYBE_OPEN, _MAYBE_CLOSE)


def _is_ruled(element: etree._Element) -> bool:
    """Gmail's "---------- Forwarded message ---------": the other's mail stands bare below it."""
    return "".join(islice(element.itertext(), 4)).lstrip().startswith("-----")


def _is_indent(style: str) -> bool:
    """The blockquote that Gmail and Outlook make for a paragraph set further in."""
    bare = style.replace(" ", "").lower()
    return "border:none" in bare and "border-left" not in bare


def _in_gmail(element: etree._Element) -> bool:
    above = islice(element.iterancestors(), 8)
    return any("gmail_quote" in (one.get("class") or "") for one in above)


def _enclose(element: etree._Element, opening: str, closing: str) -> None:
    element.text = opening + (element.text or "")
    if len(element):
        element[-1].tail = (element[-1].tail or "") + closing
    else:
        element.text += closing


def _quoted_lines(text: str) -> Iterator[str]:
    depth = 0
    pieces = _MARKS.split(text)
    last_quote = max(
        (at for at, piece in enumerate(pieces) if piece == _OPEN or _is_attributed(pieces, at)),
        default=0,
    )
    for at, piece in enumerate(pieces):
        if _ANY_MARK.fullmatch(piece):
            if piece not in _OPENING:
                depth = max(0, depth - 1)
            elif depth or not _is_the_writers_own(pieces, at, last_quote):
                depth += 1
        elif depth:
            yield from (f"> {line}".rstrip() for line in piece.split("\n"))
        else:
            yield from piece.split("\n")


def _is_attributed(pieces: Sequence[str], at: int) -> bool:
    """A quote opens here, and the line above it says whose, or what is below it."""
    if pieces[at] not in _OPENING:
        return False
    above = pieces[at - 1].rstrip().rpartition("\n")[2]
    line = fold(above)
    sure, _, _ = attribution([above], [line], 0, 0)
    return bool(line) and bool(sure or is_separator(line) or header_field(line) is not None)


def _is_the_writers_own(pieces: Sequence[str], at: int, last_quote: int) -> bool:
    """A passage set off by the writer: nobody's name above it, the quoted mail elsewhere."""
    if pieces[at] == _OPEN or _is_attributed(pieces, at):
        return False
    return pieces[at] == _BUTTON_OPEN or at < last_quote


def _stripped(html: str) -> Iterator[str]:
    """Everything outside tags, in one pass: for HTML too broken or too deep for a tree."""
    at = 0
    unclosed: set[str] = set()  # looked for once, or many of them would cost a square
    while at < len(html):
        start = html.find("<", at)
        if start < 0:
            yield entities.unescape(html[at:])
            return
        yield entities.unescape(html[at:start])
        end = html.find("-->" if html.startswith("<!--", start) else ">", start)
        if end < 0:
            return
        tag = html[start + 1 : min(end, start + 20)].split(None, 1)
        name = tag[0].strip("/").lower() if tag else ""
        if name in _UNREADABLE - unclosed and not html.startswith("</", start):
            closing = html.find(f"</{name}", end)
            if closing < 0:
                unclosed.add(name)
            else:
                end = max(end, html.find(">", closing))
        yield "\n" if name in _BREAKS else ""
        at = end + 1
