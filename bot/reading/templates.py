"""Short sentences with gaps for values, as the data files of `bot/data/less` spell them.

    bis|erst_ab     one of these words; `_` joins the words of one alternative, `*` ends a stem
    der?            may be missing
    ..3             up to three words
    $               where the clause ends
    {when}          a value found before: a date, a span, an hour, a channel
    {when2}         another value of that kind, which is only passed
    {n} {k} {unit}  numbers and a unit of time, read in place

Nothing reaches across a comma or a full stop. A found value stands in the text as one private
sign, so that a pattern stays small. In languages that write without spaces (`joined`) words need
no edge. Every repetition is bounded, so that time grows with the text and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.fold import fold

SLOTS = {"when": 0xE000, "span": 0xE100, "hour": 0xE200, "channel": 0xE300}
_MOST = 0x100  # values of one kind in a text
_PRIVATE = "\ue000-\uf8ff"
_MARKS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962-\u0963"
_LETTER = rf"(?:[^\W\d_]|[{_MARKS}])"
_STOPS = ",;:.!?\u3001\u3002\uff0c\u060c\u061b\u061f\u0964\n"
_GAP = re.compile(r"\.\.(\d)$")
_HOLES = re.compile(rf"[{_PRIVATE}]")

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Tagged(Generic[V]):
    """A text in which each value of one kind is a sign, and the values by sign."""

    text: str
    values: Mapping[str, V | None]


class Speech:
    """How one language's words become patterns. `table` is its data file."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        joined = bool(table.get("joined", False))
        self.edges = ("", "") if joined else (rf"(?<!{_LETTER})", rf"(?!{_LETTER})")
        self.between = rf"[^\w{_STOPS}{_PRIVATE}{_MARKS}]{{{'0,2' if joined else '1,3'}}}"
        self.some_word = (
            rf"[^{_STOPS}{_PRIVATE}]"
            if joined
            else rf"[^\s{_STOPS}{_PRIVATE}]{{1,30}}[\s'-]{{1,2}}"
        )
        self._reach = 3 if joined else 1  # signs that count as a word
        noise = table.get("noise", "")
        if noise:
            self.between += rf"(?:{self.words(noise)}{self.between}){{0,2}}"
        numbers = "|".join(filter(None, table["numbers"]))
        self.number = rf"(?<![\d:.,/])\d{{1,3}}(?!\d)|{self.words(numbers)}"
        self._numbers = [re.compile(self.words(one)) if one else None for one in table["numbers"]]
        units = table["units"]
        self.unit = self.words("|".join(units.values()))
        self._units = {name: re.compile(self.words(one)) for name, one in units.items()}

    def words(self, options: str) -> str:
        """A pattern for one of the options; longer ones first, so that none hides another."""
        rows = sorted(filter(None, options.split("|")), key=len, reverse=True)
        before, after = self.edges
        return rf"{before}(?:{'|'.join(map(self._row, rows))}){after}"

    def _row(self, row: str) -> str:
        parts = []
        for word in row.split("_"):
            stem = word.endswith("*")
            spelled = re.escape(fold(word.removesuffix("*")).text)
            parts.append(spelled + (rf"{_LETTER}{{0,20}}(?:'{_LETTER}{{1,8}})?" if stem else ""))
        return (r"[^\w\n]{0,2}" if not self.edges[0] else r"[^\w\n]{1,3}").join(parts)

    def template(self, text: str) -> re.Pattern[str]:
        """The pattern that a template spells.

        Raises:
            ValueError: it has no word that must be there, so that any value would match.
        """
        must = [part for part in text.split() if part[0] not in "{.$" and not part.endswith("?")]
        if not must and "{unit}" not in text:
            raise ValueError(f"template {text!r} could match without a word")
        out = ""
        glue = ""
        for part in text.split():
            if gap := _GAP.match(part):
                out += glue + rf"(?:{self.some_word}){{0,{int(gap[1]) * self._reach}}}?"
                glue = ""
                continue
            if part == "$":
                out += rf"(?=\s*(?:$|[{_STOPS}]))"
                continue
            optional = part.endswith("?")
            element = self._element(part.removesuffix("?"))
            if optional:
                out += rf"(?:{glue}{element})?" if glue else rf"(?:{element}{self.between})?"
                continue
            out += glue + element
            loose = part in ("{n}", "{k}")
            glue = rf"(?:{self.between})?" if loose else self.between
        return re.compile(out)

    def templates(self, rows: Sequence[str]) -> list[re.Pattern[str]]:
        return [self.template(row) for row in rows]

    def _element(self, part: str) -> str:
        if not part.startswith("{"):
            return self.words(part)
        name = part[1:-1]
        kind = name.removesuffix("2")
        if kind in SLOTS:
            return rf"(?P<{name}>[{chr(SLOTS[kind])}-{chr(SLOTS[kind] + _MOST - 1)}])"
        return rf"(?P<{name}>{self.unit if name == 'unit' else self.number})"

    def number_of(self, text: str) -> int:
        """The number that `self.number` found."""
        if text.isdecimal():
            return int(text)
        return next(n for n, one in enumerate(self._numbers, 1) if one and one.fullmatch(text))

    def unit_of(self, text: str) -> str:
        """The unit of time that `self.unit` found."""
        return next(str(name) for name, one in self._units.items() if one.fullmatch(text))


def plain(text: str) -> str:
    """A text without signs that could be taken for a found value."""
    return _HOLES.sub(" ", text)


def tagged(
    text: str, slot: str, pattern: re.Pattern[str], value: Callable[[re.Match[str]], V | None]
) -> Tagged[V]:
    """The text with every find as a sign; one whose value is unsure stands for None."""
    values: dict[str, V | None] = {}

    def sign(found: re.Match[str]) -> str:
        if len(values) >= _MOST:
            return found[0]
        mark = chr(SLOTS[slot] + len(values))
        values[mark] = value(found)
        return mark

    return Tagged(pattern.sub(sign, text), values)


def found(
    tag: Tagged[V], slot: str, templates: Sequence[re.Pattern[str]]
) -> Iterator[tuple[V | None, re.Match[str]]]:
    """The value of every template's every find, and where it was found."""
    for template in templates:
        for match in template.finditer(tag.text):
            yield tag.values.get(match[slot]), match
