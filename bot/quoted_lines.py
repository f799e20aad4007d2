"""What one line of a mail is, to somebody who knows the mail programs of many languages.

The words are data (`data/quoted/lines.toml`); the shapes are here. Every function looks at no more
than `LINE_LIMIT` characters of a line and costs time linear in them.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Final

LINE_LIMIT: Final = 998  # RFC 5322 2.1.1; what is beyond is kept but not looked at
WINDOW_LINES: Final = 4  # programs wrap "On ... wrote:" over no more lines than that
_WINDOW_CHARS: Final = 500

_DATA: Final = tomllib.loads(
    (Path(__file__).parent / "data" / "quoted" / "lines.toml").read_text(encoding="utf-8")
)
_SAME: Final = {ord(c): "'" for c in "\u2018\u2019\u02bc`\u00b4"} | dict.fromkeys(
    [0xFEFF, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
)
_DECORATION: Final = "-_=*~+#\u2010\u2011\u2012\u2013\u2014\u2015\u2500\u2501 "


def fold(line: str) -> str:
    """The line for comparison: one case, one width, one kind of blank and apostrophe."""
    head = unicodedata.normalize("NFKC", line[:LINE_LIMIT].translate(_SAME))[:LINE_LIMIT]
    return " ".join(head.casefold().split())


class _Starts:
    """Is a folded line the beginning of one of these? Looked up by its first two characters."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_head: dict[str, tuple[str, ...]] = {}
        for phrase in phrases:
            folded = fold(phrase)
            self._by_head[folded[:2]] = (*self._by_head.get(folded[:2], ()), folded)

    def match(self, folded: str) -> bool:
        phrases = self._by_head.get(folded[:2])
        return phrases is not None and folded.startswith(phrases)


def _folded(section: str, key: str) -> tuple[str, ...]:
    return tuple(fold(phrase) for phrase in _DATA[section][key])


def _words(phrases: Sequence[str]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"


_LABELS: Final = {fold(name): field for field, names in _DATA["header"].items() for name in names}
_MAIN_FIELDS: Final = frozenset({"from", "date", "to", "subject"})
_OPENERS: Final = frozenset(_folded("attribution", "openers"))
_GLUED: Final = tuple(f" {word} " for word in _DATA["attribution"]["glued"])
_VERB: Final = re.compile(
    rf"(?:{_words(_folded('attribution', 'verbs'))}"
    rf"|{'|'.join(map(re.escape, _folded('attribution', 'verbs_unspaced')))})"
)
_NAME_WROTE: Final = re.compile(
    rf"(?:[^\s<]{{1,60}} ){{1,5}}<[^\s<>]{{1,320}}> ?(?:a |ha |har )?{_VERB.pattern} ?:$"
)
_YOU_WROTE: Final = re.compile(
    rf"{_words(_folded('attribution', 'second_person'))} (?:\w+ )?{_VERB.pattern}"
)
_DATE: Final = re.compile(
    r"\d{1,2}[:h.]\d\d(?!\d)|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}|\d{4} ?[年년]"
    r"|(?<!\d)(?:19|20)\d\d(?!\d)"
)
_TITLES: Final = _Starts(_DATA["separator"]["titles"])
_BARE: Final = frozenset(_folded("separator", "bare"))
_ABOVE: Final = _folded("separator", "above")
_CLIENT_STARTS: Final = _Starts(_DATA["client"]["starts"])
_CLIENT_ENDS: Final = _folded("client", "ends")
_BRANDS: Final = _folded("client", "brands")
_DEVICE: Final = re.compile(_words(_folded("client", "devices")))
_DISCLAIMERS: Final = _Starts(_DATA["disclaimer"]["starts"])
_FOOTERS: Final = _Starts(_DATA["footer"]["starts"])
_FOOTER_LINKS: Final = _folded("footer", "links")
_URL: Final = re.compile(r"[<(\[]{0,2}https?://\S{1,998}")
_SIGNATURE: Final = frozenset({"--", "- --", "\u2014", "\u2013", "__", "___", "--\u200b"})
_MANY_UNDERSCORES: Final = 20  # Outlook's and mailman's rule; nobody types that
_RULE: Final = 5
_CLIENT_CHARS: Final = 90
_SHORT_WORDS: Final = 5


# --- signatures, client lines, notices -----------------------------------------------------------


def is_signature_mark(folded: str) -> bool:
    return folded in _SIGNATURE


def is_rule(folded: str) -> bool:
    return len(folded) >= _RULE and not folded.strip(_DECORATION)


def is_long_rule(folded: str) -> bool:
    return len(folded) >= _MANY_UNDERSCORES and not folded.strip("_")


def is_client_line(folded: str) -> bool:
    """True if a mail program wrote it about itself ("Sent from my iPhone")."""
    line = _URL.sub("", folded)
    if len(line) > _CLIENT_CHARS:
        return False
    if not (_CLIENT_STARTS.match(line) or line.rstrip(". ").endswith(_CLIENT_ENDS)):
        return False
    if any(brand in line for brand in _BRANDS):
        return True
    return len(line.split()) <= _SHORT_WORDS and _DEVICE.search(line) is not None


def is_disclaimer(folded: str) -> bool:
    return _DISCLAIMERS.match(folded.lstrip(_DECORATION))


def is_footer(folded: str) -> bool:
    return _FOOTERS.match(folded.lstrip(_DECORATION + "|>[("))


def has_link(folded: str) -> bool:
    return "://" in folded or "www." in folded


def points_somewhere(folded: str) -> bool:
    """True if there is a link, an address or the invitation to click on one."""
    return "@" in folded or any(word in folded for word in _FOOTER_LINKS)


# --- what stands above a quoted original ---------------------------------------------------------


def is_separator(folded: str) -> bool:
    """True for "-----Original Message-----", "Begin forwarded message:" and their like."""
    if folded in _BARE:
        return True
    if any(phrase in folded for phrase in _ABOVE):
        return True
    core = folded.strip(_DECORATION)
    left = len(folded) - len(folded.lstrip(_DECORATION))
    if not left or not core:
        return False
    right = len(folded) - len(folded.rstrip(_DECORATION))
    if _TITLES.match(core):
        return left > 1 or right > 0
    verb = None if left <= 1 or right <= 1 else _VERB.search(core)
    return verb is not None and verb.end() == len(core)


def header_field(folded: str) -> str | None:
    """`from`, `date`, `to`, `subject` or `other` if the line begins with such a label."""
    label, colon, _ = folded[:60].partition(":")
    return _LABELS.get(label.strip("*_|>\u2022 ")) if colon else None


def header_block_end(folded: Sequence[str], start: int) -> int:
    """The line after a block of header lines that begins at `start`, or 0 if none does.

    Two fields need an address among them, three need one or a subject: "From: Leeds, To: York" is
    somebody's journey.
    """
    if header_field(folded[start]) not in _MAIN_FIELDS:
        return 0
    fields: set[str] = set()
    address = False
    end, slack = start, 0
    for at in range(start, min(start + 16, len(folded))):
        line = folded[at]
        field = header_field(line)
        slack = 0 if field else slack + 1
        if slack > 2:  # noqa: PLR2004 - a wrapped value and an empty line
            break
        if field:
            end = at + 1
            fields.add(field)
            for piece in line.split(":")[1:-1]:  # all on one line, as flattened HTML has it
                fields.add(_LABELS.get(piece.rsplit(None, 1)[-1] if piece.strip() else "", field))
        address = address or ("@" in line and slack <= 1)
    main = fields & _MAIN_FIELDS
    enough = 2 if address else 3
    return end if len(main) >= enough and (address or "subject" in main) else 0


class Sure(IntEnum):
    """How surely words are an attribution: WEAK ones need a quote below."""

    NO = 0
    WEAK = 1
    STRONG = 2


def _opens(words: str) -> bool:
    first = words.split(" ", 1)[0].strip(".,(\"'")
    return first in _OPENERS or first[:1].isdigit() or words.startswith("* ")


def _judge(words: str) -> Sure:
    """Is this whole string "On <date> <somebody> wrote:"?"""
    words = words.strip("*_\"'- ").lstrip("> ")
    if not words or len(words) > _WINDOW_CHARS:
        return Sure.NO
    verb = _VERB.search(words)
    address, date, opens = "@" in words, _DATE.search(words) is not None, _opens(words)
    if not words.rstrip("*_ ").endswith(":"):
        if verb and verb.end() < len(words) and address:
            colon = words.find(":", verb.end(), verb.end() + 4)
            return _judge(words[: colon + 1]) if colon > 0 else Sure.NO
        closed = date and address and words[0].isdigit() and words.endswith(">")
        return Sure.WEAK if closed or (verb and verb.end() == len(words)) else Sure.NO
    if date and verb and (opens or address):
        return Sure.WEAK if _YOU_WROTE.search(words) else Sure.STRONG
    if (date and address and opens) or _NAME_WROTE.match(words):
        return Sure.STRONG
    return Sure.WEAK if verb or address or (opens and date) else Sure.NO


def may_end_attribution(folded: str) -> bool:
    """Cheap first question: worth asking `attribution` about windows that end here?"""
    return folded.rstrip("*_ ").endswith((":", ">")) or _VERB.search(folded) is not None


def attribution(
    lines: Sequence[str], folded: Sequence[str], last: int, floor: int
) -> tuple[Sure, int, int]:
    """The attribution that ends with line `last`: how sure, its first line, and the column there.

    The column is not 0 where human words stand before it on the same line. Lines before `floor`
    are not considered.
    """
    best = (Sure.NO, last, 0)
    window = ""
    for start in range(last, max(floor, last - WINDOW_LINES + 1) - 1, -1):
        if not folded[start]:
            break
        window = f"{folded[start]} {window}".strip()
        if len(window) > 2 * _WINDOW_CHARS:
            break
        sure = _judge(window)
        dated = _DATE.search(window) is not None
        if sure > best[0] or (sure is Sure.STRONG and dated):
            best = (sure, start, 0)
        whole = sure is Sure.STRONG and _opens(window)
        column = 0 if whole else _glued_column(lines, folded, start, last)
        if column:
            return (Sure.STRONG, start, column)
        if sure is Sure.STRONG and dated:
            best = (Sure.STRONG, _with_name_above(folded, start, floor, window), 0)
            break
    return best


def _with_name_above(folded: Sequence[str], start: int, floor: int, window: str) -> int:
    """The first line, where "Name <address>," was wrapped onto the line above the date."""
    above = start - 1
    if above < floor or "<" not in folded[above]:
        return start
    split = window.count(">") > window.count("<")
    apart = "@" in folded[above] and "@" not in window
    joined = split or (apart and _judge(f"{folded[above]} {window}") is Sure.STRONG)
    return above if joined else start


def _glued_column(lines: Sequence[str], folded: Sequence[str], start: int, last: int) -> int:
    """Where in line `start` "... thanks! On <date> ... wrote:" turns into an attribution, or 0."""
    line = lines[start][:LINE_LIMIT]
    column = max(line.rfind(word) for word in _GLUED)
    if column <= 0:
        return 0
    tail = " ".join([fold(line[column:]), *folded[start + 1 : last + 1]])
    return column + 1 if _VERB.search(tail) and _judge(tail) is Sure.STRONG else 0
