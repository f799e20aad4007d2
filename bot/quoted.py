"""What a person typed into a mail, without what the mail programs put around it.

One pass over the lines, no backtracking: a hostile mail costs no more than a long one
(`docs/email.md`: four of five public parsers can be stalled by 8 to 32 KB of text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from bot.quoted_heads import (
    Sure,
    attribution,
    header_block_end,
    is_between_arrows,
    is_separator,
    is_title,
    is_verb,
    may_end_attribution,
)
from bot.quoted_lines import (
    fold,
    has_link,
    is_banner,
    is_client_line,
    is_disclaimer,
    is_drawn,
    is_footer,
    is_long_rule,
    is_picture_link,
    is_rule,
    is_signature_mark,
    points_somewhere,
)

TEXT_LIMIT: Final = 65_536  # characters; a person's own words come first in a mail
LINES_LIMIT: Final = 5_000  # of a text that is nothing but line breaks
_QUOTE: Final = re.compile(r"[ \t\xa0\ufeff]{0,4}(?:>|\uff1e)")
_DECORATED: Final = re.compile(r"\s*>{2,}.*<{2,}\s*$")  # ">>> look here <<<" is emphasis
_DASH_NAME: Final = re.compile(r"-[^\W\d_a-z]\w+(?: [^\W\d_a-z]\w+){1,2}$")
_RULE_CHARS: Final = "-_=*\u2014 "
_FULL_LINE: Final = 60  # a line shorter than this was not wrapped by a program
_FOOTER_LINES: Final = 15
_CARD_LINES: Final = 5
_SENTENCE_ENDS: Final = (".", "!", "?", "\u3002", "\u0964", "\u061f")


def reply_part(text: str) -> str:
    """The human part of a mail's plain text; `""` where nobody typed anything.

    Out: quoted text and its attribution, forwarded originals, a signature after `-- `, client
    lines ("Sent from my iPhone"), disclaimers, list footers, PGP armour. Kept: greeting, sign-off,
    and replies between quotes, the parts joined by one blank line. Of texts longer than
    `TEXT_LIMIT` or `LINES_LIMIT` only the beginning is read. Never raises; linear in the length.
    """
    lines = list(islice(_without_armour(_lines(text[:TEXT_LIMIT])), LINES_LIMIT))
    parts = [_own_words(part, below_quote=below) for part, below in _human_parts(lines)]
    return "\n\n".join(part for part in parts if part)


def _lines(text: str) -> Iterator[str]:
    """Lines without trailing blanks and without runs of empty lines."""
    empty = True
    for line in text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n"):
        kept = line.rstrip()
        if kept or not empty:
            yield kept
        empty = not kept


def _without_armour(lines: Iterator[str]) -> Iterator[str]:
    """RFC 4880, 6.2 and 7: the signed text stays, dash-escaping undone; keys and signatures go."""
    signed = in_headers = in_block = False
    for line in lines:
        if line.startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
            signed = in_headers = True
        elif in_headers:
            in_headers = bool(line)
        elif line.startswith("-----BEGIN PGP ") and line.endswith("-----"):
            signed, in_block = False, True
        elif in_block:
            in_block = not line.startswith("-----END PGP ")
        else:
            yield line[2:] if signed and line.startswith("- ") else line


def _quoted(lines: Sequence[str]) -> list[bool]:
    """Which lines carry a quote mark. A ">" that closes a link broken over two lines is none."""
    marks: list[bool] = []
    open_link = False
    for line in lines:
        mark = _QUOTE.match(line) is not None and not open_link and not _DECORATED.match(line[:998])
        mark = mark and not is_verb(line) and not is_between_arrows(line[:998])
        marks.append(mark)
        open_link = not mark and _leaves_link_open(line)
    return marks


def _leaves_link_open(line: str) -> bool:
    _, opened, tail = line.rpartition("<")
    return bool(opened) and ">" not in tail and (not tail or "@" in tail or ":" in tail)


def _human_parts(lines: list[str]) -> Iterator[tuple[list[str], bool]]:
    """The runs of lines between quotes, and whether a quote stands above; ends at an original."""
    folded = [fold(line) for line in lines]
    quoted = _quoted(lines)
    starts = _attributions(lines, folded, quoted)
    below_quote = False
    part: list[str] = []
    at = 0
    while at < len(lines):
        if quoted[at] or _is_wrapped_quote(lines, quoted, at):
            if part:
                yield part, below_quote
            part, below_quote, at = [], True, at + 1
            continue
        end = 0
        if at in starts:
            end, column = starts[at]
            part.append(lines[at][:column])
            _drop_rules(part)
        elif is_separator(folded[at]):
            end = at + 1
        else:
            end = header_block_end(folded, at)
        if end and not _quote_follows(lines, quoted, end):
            _drop_rules(part)
            break
        if not end:
            part.append(lines[at])
        at = end or at + 1
    if part:
        yield part, below_quote


def _drop_rules(part: list[str]) -> None:
    """Without the rule, the dashes or the title that a program put above the original."""
    while part and (not part[-1].strip(_RULE_CHARS) or is_title(fold(part[-1]))):
        part.pop()
    if part and part[-1].rstrip().endswith("--"):
        part[-1] = part[-1].rstrip("- ")


def _attributions(
    lines: list[str], folded: list[str], quoted: list[bool]
) -> dict[int, tuple[int, int]]:
    """First line of each attribution -> the line after it, and its column in the first."""
    found: dict[int, tuple[int, int]] = {}
    floor = 0
    for last, words in enumerate(folded):
        if quoted[last]:
            floor = last + 1
        elif may_end_attribution(words):
            sure, first, column = attribution(lines, folded, last, floor)
            below = sure is Sure.WEAK and _quote_follows(lines, quoted, last + 1)
            if sure is Sure.STRONG or below:
                found[first] = (last + 1, column)
                floor = last + 1
    return found


def _quote_follows(lines: Sequence[str], quoted: Sequence[bool], at: int) -> bool:
    while at < len(lines) and not lines[at]:  # runs of empty lines are one line by now
        at += 1
    return at < len(lines) and quoted[at]


def _is_wrapped_quote(lines: Sequence[str], quoted: Sequence[bool], at: int) -> bool:
    """True for the tail of a quoted line that a program wrapped without repeating the mark."""
    if not 0 < at < len(lines) - 1 or not (quoted[at - 1] and quoted[at + 1]):
        return False
    line = lines[at].lstrip()
    return (
        line[:1] in "(<["
        or line.startswith("http")
        or (len(lines[at - 1]) >= _FULL_LINE and line[:1].islower())
        or ("://" in lines[at - 1].rpartition(" ")[2] and " " not in line)
    )


def _own_words(part: list[str], *, below_quote: bool) -> str:
    """The part without signature, client lines, disclaimer and list footer."""
    folded = [fold(line) for line in part]
    kept: list[str] = []
    skipping = False  # a notice above the words: to the end of its paragraph
    for at, line in enumerate(part):
        words = folded[at]
        if skipping:
            skipping = bool(words)
            continue
        human = any(kept)
        if _ends_here(folded, at, human=human, below_quote=below_quote):
            break
        fresh = at == 0 or len(part[at - 1]) < _FULL_LINE
        if not human and is_banner(words):
            skipping = "" in folded[at:]
        elif fresh and is_disclaimer(words) and (" " in words or any(folded[at + 1 :])):
            if human or below_quote:
                break
            skipping = True
        elif below_quote and fresh and is_footer(words) and _points(folded, at):
            break
        elif not is_client_line(words, last=human and _is_last_paragraph(folded, at)):
            kept.append(line)
        elif human:  # people write above it; what is below is the mail that they answer
            break
    while kept and (not kept[-1] or is_picture_link(fold(kept[-1]))):
        kept.pop()
    if len(kept) > 1 and _DASH_NAME.match(kept[-1]):
        kept.pop()
    return "\n".join(kept).strip()


def _is_last_paragraph(folded: list[str], at: int) -> bool:
    return not folded[at - 1] and not any(folded[at + 1 : at + 3])


def _ends_here(folded: list[str], at: int, *, human: bool, below_quote: bool) -> bool:
    """True if the rest is a signature or a footer: below a rule, or a list's words beside a link.

    `human` says that somebody's words stand above it in this part.
    """
    words = folded[at]
    if is_signature_mark(words) or not human:
        return is_signature_mark(words) or (below_quote and is_long_rule(words))
    if is_long_rule(words) and not _is_prose(folded[at + 1 :]):
        return True
    if is_rule(words):
        rest = [line for line in folded[at + 1 : at + _FOOTER_LINES + 2] if line]
        if is_drawn(words) and _is_card(rest):
            return True
        return len(rest) <= _FOOTER_LINES and (not rest or any(map(points_somewhere, rest)))
    paragraph_start = not folded[at - 1]
    return paragraph_start and not below_quote and is_footer(words) and _links(folded, at)


def _is_prose(below: list[str]) -> bool:
    """Sentences of somebody who set two passages apart; no footer, disclaimer or card."""
    lines = [line for line in below[: _FOOTER_LINES + 1] if line]
    strange = any(
        points_somewhere(line) or is_footer(line) or is_disclaimer(line) for line in lines
    )
    return bool(lines) and lines[0].endswith(_SENTENCE_ENDS) and not strange


def _is_card(lines: list[str]) -> bool:
    """A name, a title, a telephone number: a few short lines that are no sentences."""
    return len(lines) <= _CARD_LINES and all(
        len(line) < _FULL_LINE and not line.endswith(_SENTENCE_ENDS) for line in lines
    )


def _paragraph(folded: list[str], at: int) -> Iterator[str]:
    for line in folded[at : at + _FOOTER_LINES]:
        if not line:
            return
        yield line


def _points(folded: list[str], at: int) -> bool:
    return any(points_somewhere(line) for line in _paragraph(folded, at))


def _links(folded: list[str], at: int) -> bool:
    return any(has_link(line) for line in _paragraph(folded, at))
