"""Cut a folded text into sentences of tokens that know their place in the original.

A token is a word, one sign of a script written without spaces, an emoji, or `,` for a pause.
Quotation marks vanish. Letters spelled out (`S.T.O.P`, `s t o p`) become one token when they
spell a known keyword.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.fold import Folded
from bot.reading.data import table

PAUSE = ","


class Token(NamedTuple):
    """`start` and `end` are positions in the original; `name`: it is written like a name."""

    word: str
    start: int
    end: int
    name: bool = False


class Sentence(NamedTuple):
    tokens: tuple[Token, ...]
    question: bool


_SIGN = r"[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]"
_MARKS = r"\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962-\u0963"
_LETTER = rf"(?:(?!{_SIGN})[^\W_]|[{_MARKS}])"
_TOKEN = re.compile(
    rf"""(?P<sign>{_SIGN})
    | :(?P<shortcode>[+-]1|thumbsdown|thumbsup|[a-z0-9]+(?:_[a-z0-9]+)+):
    | (?P<word>(?:[$@](?={_LETTER}))?{_LETTER}+(?:['$@!]{_LETTER}+)*)
    | (?P<newline>\s*\n\s*)
    | (?P<end>[.!?;\u0964\u061f\u061b\u3002\uff61]+(?=\s|$|[^\w\s]|{_SIGN}))
    | (?P<pause>[.,:()|/\\\u2013\u2014\u2022*~\u3001\u060c;!?\u3002]+|(?<=\s)-+(?=\s|$)|->|\.\.\.)
    | (?P<emoji>[\u2190-\u2bff\U0001f000-\U0001faff])""",
    re.VERBOSE,
)
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-*_/,]{1,2}[^\W\d_](?![^\W_])){2,}")
_SPELLABLE = frozenset(table("lookalikes")["words"])
_SHORTCODES = {
    "octagonal_sign": "🛑",
    "stop_sign": "🛑",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "-1": "👎",
    "thumbsdown": "👎",
}
_ASKS = frozenset("?\u061f")
_LONGEST = 120  # tokens; beyond that it is no sentence, and the time per sentence stays bounded
_WRAPPED = 45  # a mail's line this long was wrapped by its client, not ended by the writer


def sentences(folded: Folded, original: str, *, wrapped: bool = False) -> tuple[Sentence, ...]:
    """The sentences in order; none for a text without a word or an emoji.

    `wrapped`: a line's end may be the mail program's and not the writer's.
    """
    found: list[Sentence] = []
    current: list[Token] = []
    line_start = 0
    for kind, word, start, end in _pieces(folded.text):
        if kind == "newline":
            following = original[folded.origin[end] : folded.origin[end] + 1]
            runs_on = wrapped and start - line_start >= _WRAPPED and following.islower()
            line_start = end
            closes = not runs_on or word.count("\n") > 1
        else:
            closes = kind == "end" or len(current) >= _LONGEST
        if kind in ("word", "pause") and not (kind == "pause" and _ends_in_pause(current)):
            current.append(_token(folded, original, word, start, end))
        if closes:
            _close(current, found, question=kind == "end" and not _ASKS.isdisjoint(word))
    _close(current, found, question=False)
    return tuple(found)


def _pieces(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Kind, word and place of each piece of the text; kinds: word, pause, end, newline."""
    spelled = _spelled_out(text)
    skip_to = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if start < skip_to:
            continue
        if start in spelled:
            word, skip_to = spelled[start]
            yield "word", word, start, skip_to
            continue
        match match.lastgroup:
            case "newline" | "end":
                yield match.lastgroup, match[0], start, end
            case "pause":
                yield "pause", PAUSE, start, end
            case "shortcode":
                yield "word", _SHORTCODES.get(match["shortcode"], match[0]), start, end
            case _:
                yield "word", match[0].replace("'", ""), start, end


def _close(current: list[Token], found: list[Sentence], *, question: bool) -> None:
    if current and current[-1].word == PAUSE:
        current.pop()
    if current:
        found.append(Sentence(tuple(current), question))
        current.clear()


def _ends_in_pause(tokens: list[Token]) -> bool:
    """A leading pause counts as one: it says nothing."""
    return not tokens or tokens[-1].word == PAUSE


def _token(folded: Folded, original: str, word: str, start: int, end: int) -> Token:
    first, last = folded.span(start, end)
    written = original[first:last]
    name = written[:1].isupper() and (len(written) == 1 or not written.isupper())
    return Token(word, first, last, name)


def _spelled_out(text: str) -> dict[int, tuple[str, int]]:
    """Start of each spelled-out keyword -> the word and where it ends."""
    found = {}
    for match in _SPELLED.finditer(text):
        word = re.sub(r"[^\w]|_", "", match[0])
        if word in _SPELLABLE or (word and set(word) and _doubled(word) in _SPELLABLE):
            found[match.start()] = (_doubled(word), match.end())
    return found


def _doubled(word: str) -> str:
    """`stopstop` -> `stop`."""
    half = len(word) // 2
    return word[:half] if len(word) % 2 == 0 and word[:half] == word[half:] else word
