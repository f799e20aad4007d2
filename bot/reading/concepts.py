"""What a word is about, in whichever language: `bot/data/concepts` as a look-up.

A word may be about several things and belong to several languages; the message's language is the
one that knows most of its words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from bot.fold import fold
from bot.reading.data import tables

Senses: TypeAlias = Mapping[str, tuple[str, ...]]
"""Language code -> what the word is about there."""

UNKNOWN = "X"
_LONGEST_STEM = 14
_LONGEST_SIGNS = 7
_UNSPACED = ("zh", "ja")
_EXACT = 99  # a whole word goes before any stem
_NOTHING: Senses = {}
_Entries: TypeAlias = dict[str, list[tuple[str, str]]]


def _load() -> tuple[_Entries, _Entries, _Entries]:
    """Whole words, stems, and rows of signs, each with the languages and concepts they have."""
    exact: _Entries = {}
    stems: _Entries = {}
    signs: _Entries = {}
    for lang, content in tables("concepts").items():
        for concept, words in content["concepts"].items():
            for word in words.split():
                plain = spelled(fold(word.removesuffix("*")).text)
                if lang in _UNSPACED and not plain.isascii():
                    home = signs
                else:
                    home = stems if word.endswith("*") else exact
                home.setdefault(plain, []).append((lang, concept))
    return exact, stems, signs


def spelled(folded: str) -> str:
    """A folded word without the marks inside it."""
    return folded.replace("'", "").replace("-", "")


_EXACT_WORDS, _STEMS, _SIGNS = _load()


@lru_cache(maxsize=32768)
def of_word(word: str) -> Senses:
    """The senses of a folded word. In each language the longest entry holds."""
    found: dict[str, tuple[int, list[str]]] = {}
    entries = [(_EXACT, entry) for entry in _EXACT_WORDS.get(word, ())]
    for size in range(min(len(word), _LONGEST_STEM), 0, -1):
        entries += [(size, entry) for entry in _STEMS.get(word[:size], ())]
    for size, (lang, concept) in entries:
        longest, concepts = found.setdefault(lang, (size, []))
        if size == longest:
            concepts.append(concept)
    return {lang: tuple(concepts) for lang, (_, concepts) in found.items()} or _NOTHING


@lru_cache(maxsize=8192)
def of_signs(run: str) -> tuple[Senses, ...]:
    """The senses in a run of signs, from left to right, the longest entry first."""
    found: list[Senses] = []
    at = 0
    while at < len(run):
        for size in range(min(_LONGEST_SIGNS, len(run) - at), 0, -1):
            if entries := _SIGNS.get(run[at : at + size]):
                senses: dict[str, tuple[str, ...]] = {}
                for lang, concept in entries:
                    senses[lang] = (*senses.get(lang, ()), concept)
                found.append(senses)
                at += size
                break
        else:
            found.append(_NOTHING)
            at += 1
    return tuple(found)


def spoken(senses: Iterable[Senses]) -> tuple[str, int]:
    """The language that knows most of the words, English among equals, and how many."""
    votes: Counter[str] = Counter()
    for known in senses:
        votes.update(known.keys())
    if not votes:
        return "en", 0
    best = max(votes, key=lambda lang: (votes[lang], lang == "en"))
    return best, votes[best]


def about(senses: Senses, lang: str) -> Sequence[str]:
    """What the word is about to a speaker of `lang`; people mix English into every language."""
    return senses.get(lang) or senses.get("en") or (UNKNOWN,)
