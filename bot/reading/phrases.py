"""Find phrases in a sentence. Each claims its words; of overlapping claims the longest holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from bot.model import Intent
from bot.reading.data import tables
from bot.reading.grammar import Pattern, Words, compile_pattern, split, token_keys
from bot.reading.tokens import PAUSE, Token
from bot.reading.typos import Speller

_MOST_STARTS = 24  # places in a sentence where one pattern is tried; people repeat themselves less
_KEPT = 4096  # words whose patterns are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named kind of phrase.

    `soft`: it states a reason or a mood that amounts to a stop, where others tell us to stop;
    the difference matters as an answer to our question. `breadth`: widens a stop beside it.
    `weak`: it counts only in a sentence where nothing else was found.
    """

    name: str
    intent: Intent
    lang: str
    soft: bool = False
    breadth: bool = False
    may_be_stop: bool = False
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """`rule` takes `start:end` of the original; `size` is the number of words."""

    rule: Rule
    start: int
    end: int
    size: int


class Grammar:
    """The phrases of one language."""

    def __init__(self, lang: str, table: Mapping[str, Any]) -> None:
        self.lang = lang
        self._noise = frozenset(word for row in table.get("noise", ()) for word in split(row))
        self._same = {k: split(v) for k, v in table.get("same", {}).items()}
        self._table = table
        self._spelt: dict[str, tuple[str, ...]] = {}
        self._by_word: dict[str, tuple[tuple[Rule, Pattern], ...]] = {}

    @cached_property
    def _index(self) -> dict[str, list[tuple[Rule, Pattern]]]:
        """Patterns by the words that they cannot do without; made when first needed."""
        classes: dict[str, tuple[Words, ...]] = {}
        for name, options in self._table.get("classes", {}).items():
            rows: list[Words] = []
            for option in options:
                inner = option[1:-1] if option.startswith("<") else ""
                rows += classes[inner] if inner else [split(option)]
            classes[name] = tuple(rows)
        index: dict[str, list[tuple[Rule, Pattern]]] = {}
        for entry in self._table["rule"]:
            rule = Rule(
                name=entry["name"],
                intent=Intent(entry["intent"]),
                lang=self.lang,
                soft=entry.get("soft", False),
                breadth=entry.get("breadth", False),
                may_be_stop=entry.get("may_be_stop", False),
                weak=entry.get("weak", False),
            )
            for text in entry["when"]:
                pattern = compile_pattern(text, classes)
                for key in pattern.keys:
                    index.setdefault(key, []).append((rule, pattern))
        return index

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word that the phrases speak of."""
        patterns = {pattern for found in self._index.values() for _, pattern in found}
        words = {word for pattern in patterns for word in pattern.words()}
        return frozenset(words | self._noise | set(self._same))

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.vocabulary, short=self.lang == "en")

    def canonical(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens as this language's patterns spell them: full words, no noise, no slips."""
        out: list[Token] = []
        for token in tokens:
            spelt = self._spelt.get(token.word)
            if spelt is None:
                spelt = self._spell(token.word)
            out += [token if word == token.word else token._replace(word=word) for word in spelt]
        while out and out[0].word == PAUSE:
            out.pop(0)
        while out and out[-1].word == PAUSE:
            out.pop()
        return out

    def _spell(self, word: str) -> tuple[str, ...]:
        """What stands for one word; nothing for noise."""
        plain = word
        if word != PAUSE and word not in self._same and word not in self._noise:
            plain = self._speller.repair(word) or word
        parts = self._same.get(plain, (plain,))
        if len(self._spelt) >= _KEPT:
            self._spelt.clear()
        self._spelt[word] = tuple(part for part in parts if part not in self._noise)
        return self._spelt[word]

    def claims(self, tokens: Sequence[Token]) -> list[Claim]:
        """Every phrase of this language in the sentence, overlapping ones included."""
        words = self.canonical(tokens)
        found: list[Claim] = []
        tried: dict[int, set[int] | None] = {}
        keys: set[str] = set()
        keys.update(*(token_keys(token.word) for token in words))
        for place, token in enumerate(words):
            for rule, pattern in self._candidates(token.word):
                starts = tried.setdefault(id(pattern), set() if _met(pattern, keys) else None)
                if starts is None or len(starts) >= _MOST_STARTS:
                    continue
                for start in range(max(0, place - pattern.before), place + 1):
                    if start in starts:
                        continue
                    starts.add(start)
                    end = pattern.end(words, start)
                    if end is not None and end > start:
                        found.append(_claim(rule, words, start, end))
        return found

    def _candidates(self, word: str) -> tuple[tuple[Rule, Pattern], ...]:
        """The patterns that may match because this word stands in the sentence."""
        known = self._by_word.get(word)
        if known is None:
            if len(self._by_word) >= _KEPT:
                self._by_word.clear()
            known = tuple(pair for key in token_keys(word) for pair in self._index.get(key, ()))
            self._by_word[word] = known
        return known


def _met(pattern: Pattern, keys: set[str]) -> bool:
    """False where the sentence lacks a word that the pattern cannot do without."""
    return not any(needed.isdisjoint(keys) for needed in pattern.needed)


def _claim(rule: Rule, words: Sequence[Token], start: int, end: int) -> Claim:
    taken = [word for word in words[start:end] if word.word != PAUSE] or list(words[start:end])
    return Claim(rule, taken[0].start, taken[-1].end, end - start)


GRAMMARS = tuple(Grammar(lang, table) for lang, table in tables("phrases").items())


def claims(tokens: Sequence[Token], hint: str | None) -> list[Claim]:
    """The claims that hold in this sentence. Breadth claims stand beside the others."""
    found = [claim for grammar in _spoken(tokens, hint) for claim in grammar.claims(tokens)]
    found.sort(key=lambda c: (-(c.end - c.start), c.rule.lang != hint, _RANK[c.rule.intent]))
    strong = [claim for claim in found if not claim.rule.weak and not claim.rule.breadth]
    held: list[Claim] = []
    for claim in found if not strong else (c for c in found if not c.rule.weak):
        if not any(_clash(claim, other) for other in held):
            held.append(claim)
    return held


def _spoken(tokens: Sequence[Token], hint: str | None) -> Iterable[Grammar]:
    """The languages that know about as many of the words as the best one, and the caller's.

    People mix languages, so a language one word behind is still tried; English always is where
    the caller says nothing, for it holds the misspellings of `stop`.
    """
    known: Counter[Grammar] = Counter()
    for word in {token.word for token in tokens}:
        known.update(_speakers().get(word, ()))
    least = max(max(known.values(), default=0) - _BEHIND, 1)
    for grammar in GRAMMARS:
        if known[grammar] >= least or grammar.lang in (hint, "en"):
            yield grammar


@cache
def _speakers() -> dict[str, tuple[Grammar, ...]]:
    """The languages whose phrases speak of a word."""
    found: dict[str, list[Grammar]] = {}
    for grammar in GRAMMARS:
        for word in grammar.vocabulary:
            found.setdefault(word, []).append(grammar)
    return {word: tuple(grammars) for word, grammars in found.items()}


_BEHIND = 1

# Of two phrases over the very same words the innocent or narrower sense is the likelier.
_RANK = {
    intent: rank
    for rank, intent in enumerate(
        (
            Intent.ERASURE, Intent.WRONG_NUMBER, Intent.OTHER, Intent.LESS, Intent.OPT_IN,
            Intent.AMBIGUOUS, Intent.OPT_OUT_ALL, Intent.OPT_OUT, Intent.HELP, Intent.REASON,
        )
    )
}  # fmt: skip


def _clash(one: Claim, other: Claim) -> bool:
    apart = one.end <= other.start or other.end <= one.start
    return not apart and one.rule.breadth == other.rule.breadth


def of(found: Iterable[Claim], *intents: Intent) -> list[Claim]:
    """The claims with one of these intents, breadth aside, in the order of the text."""
    chosen = [c for c in found if c.rule.intent in intents and not c.rule.breadth]
    return sorted(chosen, key=lambda c: c.start)
