"""What stands above the mail that somebody answers: "On ... wrote:", header blocks, titles.

The words are data (`data/quoted/lines.toml`); the shapes are here. Every function costs time linear
in the few lines that it looks at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from bot.quoted_lines import DECORATION, LINE_LIMIT, PHRASES, Starts, any_of, fold, folded_phrases

WINDOW_LINES: Final = 5  # programs wrap "On ... wrote:" over no more lines than that
_WINDOW_CHARS: Final = 500
_DECORATED: Final = 5  # characters of decoration on each side
_LABELS: Final = {fold(name): field for field, names in PHRASES["header"].items() for name in names}
_MAIN_FIELDS: Final = frozenset({"from", "date", "to", "subject"})
_OPENERS: Final = frozenset(folded_phrases("attribution", "openers"))
_GLUED: Final = tuple(f" {word} " for word in PHRASES["attribution"]["glued"])
_VERB: Final = re.compile(
    rf"(?:{any_of(folded_phrases('attribution', 'verbs'))}"
    rf"|{'|'.join(map(re.escape, folded_phrases('attribution', 'verbs_unspaced')))})"
)
_ONLY_VERB: Final = re.compile(rf"(?:{_VERB.pattern}) ?:")
_VERB_LINE: Final = 40
_ONLY_ADDRESS: Final = re.compile(r"[^\s:]{2,12} ?: ?<?[^\s<>@:]{1,64}@[^\s<>@:]{1,255}>?")
_NAME_WROTE: Final = re.compile(
    rf"(?:[^\s<]{{1,60}} ){{1,5}}<[^\s<>]{{1,320}}> ?(?:a |ha |har )?{_VERB.pattern} ?:$"
)
_YOU_WROTE: Final = re.compile(
    rf"{any_of(folded_phrases('attribution', 'second_person'))} (?:\w+ )?{_VERB.pattern}"
)
_DATE: Final = re.compile(
    r"\d{1,2}[:h.]\d\d(?!\d)|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}|\d{4} ?[年년]"
    r"|(?<!\d)(?:19|20)\d\d(?!\d)"
)
_DATED: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2} ?[:.h] ?\d\d(?!\d)")
_TITLE_LINES: Final = frozenset(folded_phrases("separator", "titles"))
_TITLES: Final = Starts(title for title in _TITLE_LINES if title != "original")
_BARE: Final = frozenset(folded_phrases("separator", "bare"))
_NOTES: Final = re.compile(r"[^-]{1,80}-{3}\d{1,4}[./-]\d{1,2}[./-]\d{2,4} [^-]{4,20}-{3}")
_ABOVE: Final = re.compile("|".join(map(re.escape, folded_phrases("separator", "above"))))


def is_separator(folded: str) -> bool:
    """True for "-----Original Message-----", "Begin forwarded message:" and their like."""
    if folded in _BARE or is_between_arrows(folded):
        return True
    if _ABOVE.search(folded) or ("---" in folded and _NOTES.match(folded)):
        return True
    folded = folded.replace("&nbsp;", " ")
    core = folded.strip(DECORATION)
    left = len(folded) - len(folded.lstrip(DECORATION))
    if not left or not core:
        return False
    right = len(folded) - len(folded.rstrip(DECORATION))
    if core == "original":
        return min(left, right) > _DECORATED
    if _TITLES.match(core):
        return left > 1 or right > 0
    verb = None if left <= 1 or right <= 1 else _VERB.search(core)
    return verb is not None and verb.end() == len(core)


def is_between_arrows(line: str) -> bool:
    """True for GroupWise's ">>> Ann <ann@example.com> 11/24/2026 9:12 AM >>>"."""
    between = line.startswith(">>> ") and line.endswith(" >>>")
    return between and _DATED.search(line) is not None


def is_title(folded: str) -> bool:
    """True for a bare "Original Message", which means something only above a header block."""
    return folded in _TITLE_LINES


def header_field(folded: str) -> str | None:
    """`from`, `date`, `to`, `subject` or `other` if the line begins with such a label."""
    label, colon, _ = folded[:60].partition(":")
    return _LABELS.get(label.strip("*_|>\u2022 ")) if colon else None


def header_block_end(folded: Sequence[str], start: int) -> int:
    """The line after a block of header lines that begins at `start`, or 0 if none does.

    Two fields need an address among them, three need one or a subject: "From: Leeds, To: York" is
    somebody's journey. One is enough where it holds a sender's address and makes a paragraph.
    """
    if header_field(folded[start]) not in _MAIN_FIELDS:
        return 0
    alone = start > 0 and not folded[start - 1] and not "".join(folded[start + 1 : start + 2])
    if alone and header_field(folded[start]) == "from" and _ONLY_ADDRESS.fullmatch(folded[start]):
        return start + 1
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
    known = address or "subject" in main or _is_sent_block(folded[start:end])
    return end if len(main) >= enough and known else 0


def _is_sent_block(block: Sequence[str]) -> bool:
    """From, Sent, To in Outlook's order, the sending dated: no journey is told so."""
    fields = [header_field(line) for line in block if line][:3]
    return fields == ["from", "date", "to"] and len(_DATED.findall(" ".join(block[:3]))) > 1


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
        ends = verb is not None and verb.end() == len(words)
        if ends and date and opens and address and "<" in words:
            return Sure.STRONG
        closed = date and address and words[0].isdigit() and words.endswith(">")
        return Sure.WEAK if closed or ends else Sure.NO
    if date and verb and (opens or address):
        return Sure.WEAK if _YOU_WROTE.search(words) else Sure.STRONG
    if (date and address and opens) or _NAME_WROTE.match(words):
        return Sure.STRONG
    return Sure.WEAK if verb or address or (opens and date) else Sure.NO


def is_verb(line: str) -> bool:
    """True for "> wrote:", the end of an attribution whose address was broken over lines."""
    return len(line) < _VERB_LINE and _ONLY_VERB.fullmatch(fold(line.lstrip("> "))) is not None


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
            if window.startswith("<"):  # Polymail puts the address into a paragraph of its own
                continue
            break
        window = f"{folded[start]} {window}".strip()
        if len(window) > 2 * _WINDOW_CHARS:
            break
        sure = _judge(window)
        dated = _DATE.search(window) is not None
        begins = sure is Sure.WEAK and _opens(window)  # a date without year or hour
        if sure > best[0] or (sure is Sure.STRONG and dated) or (sure == best[0] and begins):
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
