"""The operator's own words: names of topics and programs, keywords, innocent phrases; literals."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bot.fold import fold

_SPACED = r"[^\W\u3040-\u30ff\u3400-\u9fff]"  # a letter of a script that parts words


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The operator's own literals.

    Topic and program names with what people call them, further stop, start and help words, which
    count as whole messages, and `innocent` phrases, which are no part of anybody's wish wherever
    they stand ("Stop & Shop"). Case, accents and punctuation in them do not matter. `narrower` are
    further lists for one sender of ours or one language.
    """

    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()
    narrower: tuple[Narrower, ...] = ()

    def told(self, *, sender: str, langs: Collection[str]) -> Words:
        """The lists that hold for a message to this sender in one of these languages, as one."""
        own = [
            one
            for one in self.narrower
            if one.sender in ("", sender) and (not one.lang or one.lang in langs)
        ]
        return replace(
            self,
            stop=sum((one.stop for one in own), self.stop),
            start=sum((one.start for one in own), self.start),
            help=sum((one.help for one in own), self.help),
            innocent=sum((one.innocent for one in own), self.innocent),
            narrower=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrower:
    """Lists for messages to one sender of ours, in one language; empty: to any, in any."""

    sender: str = ""
    lang: str = ""
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()


NO_WORDS = Words()


def without(text: str, phrases: tuple[str, ...]) -> str:
    """The text with every one of these phrases blank; positions stay what they were."""
    folded, pattern = fold(text), _anywhere(phrases)
    kept = list(text)
    for found in pattern.finditer(folded.text):
        start, end = folded.span(*found.span())
        kept[start:end] = " " * (end - start)
    return "".join(kept)


@lru_cache(maxsize=64)
def _anywhere(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Longest first, as whole words where the language has any."""
    rows = sorted({fold(phrase).text.strip() for phrase in phrases} - {""}, key=len, reverse=True)
    spelled = [r"\W+".join(map(re.escape, row.split())) for row in rows]
    return re.compile(rf"(?<!{_SPACED})(?:{'|'.join(spelled) or '(?!)'})(?!{_SPACED})")
