"""What one line of a mail is, to somebody who knows the mail programs of many languages.

The words are data (`data/quoted/lines.toml`); the shapes are here. Every function looks at no more
than `LINE_LIMIT` characters of a line and costs time linear in them.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

LINE_LIMIT: Final = 998  # RFC 5322 2.1.1; what is beyond is kept but not looked at

PHRASES: Final = tomllib.loads(
    (Path(__file__).parent / "data" / "quoted" / "lines.toml").read_text(encoding="utf-8")
)
_SAME: Final = {ord(c): "'" for c in "\u2018\u2019\u02bc`\u00b4"} | dict.fromkeys(
    [0xFEFF, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
)
DECORATION: Final = "-_=*~+#\u2010\u2011\u2012\u2013\u2014\u2015\u2500\u2501 "


def fold(line: str) -> str:
    """The line for comparison: one case, one width, one kind of blank and apostrophe."""
    head = unicodedata.normalize("NFKC", line[:LINE_LIMIT].translate(_SAME))[:LINE_LIMIT]
    return " ".join(head.casefold().split())


class Starts:
    """Is a folded line the beginning of one of these? Looked up by its first two characters."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_head: dict[str, tuple[str, ...]] = {}
        for phrase in phrases:
            folded = fold(phrase)
            self._by_head[folded[:2]] = (*self._by_head.get(folded[:2], ()), folded)

    def match(self, folded: str) -> bool:
        phrases = self._by_head.get(folded[:2])
        return phrases is not None and folded.startswith(phrases)


def folded_phrases(section: str, key: str) -> tuple[str, ...]:
    return tuple(fold(phrase) for phrase in PHRASES[section][key])


def any_of(phrases: Sequence[str]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"


_CLIENT_STARTS: Final = Starts(PHRASES["client"]["starts"])
_MINE: Final = Starts(PHRASES["client"]["mine"])
_CLIENT_ENDS: Final = folded_phrases("client", "ends")
_BRANDS: Final = folded_phrases("client", "brands")
_DEVICE: Final = re.compile(any_of(folded_phrases("client", "devices")))
_DISCLAIMERS: Final = Starts(PHRASES["disclaimer"]["starts"])
_BANNERS: Final = Starts(PHRASES["banner"]["starts"])
_FOOTERS: Final = Starts(PHRASES["footer"]["starts"])
_FOOTER_LINKS: Final = folded_phrases("footer", "links")
_URL: Final = re.compile(r"[<(\[]{0,2}https?://\S{1,998}")
_PICTURE: Final = re.compile(r"<https?://[^\s<>]{1,998}>|\[https?://[^\s\]]{1,998}\]")
_SIGNATURE: Final = frozenset({"--", "- --", "\u2014", "\u2013", "__", "___", "--\u200b"})
_MANY_UNDERSCORES: Final = 16  # Outlook's and mailman's rule; nobody types that
_RULE: Final = 5
_CLIENT_CHARS: Final = 90
_SHORT_WORDS: Final = 5
_MINE_WORDS: Final = 9
_AROUND: Final = DECORATION + "()<>[]"


# --- signatures, client lines, notices -----------------------------------------------------------


def is_signature_mark(folded: str) -> bool:
    return folded in _SIGNATURE


def is_rule(folded: str) -> bool:
    return len(folded) >= _RULE and not folded.strip(DECORATION)


def is_long_rule(folded: str) -> bool:
    return len(folded) >= _MANY_UNDERSCORES and not folded.strip("_")


def is_drawn(folded: str) -> bool:
    """True for a rule longer than anybody draws who only sets two paragraphs apart."""
    return len(folded) >= _MANY_UNDERSCORES and is_rule(folded)


def is_client_line(folded: str, *, last: bool = False) -> bool:
    """True if a mail program wrote it about itself ("Sent from my iPhone").

    `last` says that it is a paragraph of its own, and the last one: then a few words that begin so
    are enough, whatever the program or the device is called.
    """
    line = _URL.sub("", folded).strip(_AROUND)
    if len(line) > _CLIENT_CHARS:
        return False
    if not (_CLIENT_STARTS.match(line) or line.rstrip(". ").endswith(_CLIENT_ENDS)):
        return False
    if last and _CLIENT_STARTS.match(line):
        most = _MINE_WORDS if _MINE.match(line) else _SHORT_WORDS
        if len(line.split()) <= most:
            return True
    if any(brand in line for brand in _BRANDS):
        return True
    short = len(line.split()) <= _SHORT_WORDS
    linked = len(line) < len(folded)  # to the program's own page
    return short and (linked or _DEVICE.search(line) is not None)


def is_picture_link(folded: str) -> bool:
    """True for what the plain form keeps of a linked picture: an address alone, in brackets."""
    return _PICTURE.fullmatch(folded) is not None


def is_disclaimer(folded: str) -> bool:
    return _DISCLAIMERS.match(folded.lstrip(DECORATION))


def is_banner(folded: str) -> bool:
    """True for a gateway's warning that the mail comes from outside."""
    return _BANNERS.match(folded.lstrip(DECORATION + "[(!:\u26a0\ufe0f"))


def is_footer(folded: str) -> bool:
    return _FOOTERS.match(folded.lstrip(DECORATION + "|>[("))


def has_link(folded: str) -> bool:
    return "://" in folded or "www." in folded


def points_somewhere(folded: str) -> bool:
    """True if there is a link, an address or the invitation to click on one."""
    return "@" in folded or any(word in folded for word in _FOOTER_LINKS)
