"""Read a message as the answer to our question about the scope or the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.fold import fold
from bot.model import EVERYTHING, STOPS, Evidence, Intent, Reading, Scope
from bot.reading.data import table
from bot.reading.grammar import split
from bot.reading.judge import Verdict
from bot.reading.message import evidence, reading
from bot.reading.naming import named
from bot.reading.reasons import reason_of
from bot.reading.scope import Words
from bot.reading.tokens import PAUSE, Sentence, sentences

_TABLE = table("context")
_ALL = frozenset(split(words) for words in _TABLE["all"])
_ONLY = frozenset(split(words) for words in _TABLE["only"])
_STAY = frozenset(split(words) for words in _TABLE["stay"])
_UNSURE = frozenset(split(words) for words in _TABLE["unsure"])
_THANKS = frozenset(split(words) for words in _TABLE["thanks"])
_KINDS = frozenset(split(words) for words in _TABLE["kinds"])
_CALLED = (
    "option|choice|number|nr|no|opcion|letter|letra|antwort|reponse|answer|reason|its|it's|it is|n"
)
_JOINED = r"(?:and|also|y|et|und|e|or|mainly|,|&|\+)?\W*(?:also )?\d{1,2}\W*"
_MENU = re.compile(rf"\W*(?:(?:{_CALLED})\W*)?(?P<pick>\d{{1,2}}|[a-j])\W*(?:{_JOINED})*")
_MENU_WORD = re.compile(
    r"\b(?:option|choice|opcion|antwort|letra)\s+(?:\d|[a-j]|one|two|three|four|five)\b"
)
_NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_QUESTIONS = frozenset(split(words) for words in _TABLE["questions"])
_POLITE = sorted((fold(one).text for one in (*_TABLE["please"], *_TABLE["thanks"])), key=len)
_MANNERS = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, reversed(_POLITE)))})(?!\w)")
_MENU_LENGTH = 40  # characters
_SHORT = 10  # words; a short answer that names a kind of message is one about the scope


def menu_choice(text: str) -> int | None:
    """The choice that `2`, `#2`, `b)`, `option 2` or `2 please` picks, from 0; None when none."""
    bare = fold(text[:_MENU_LENGTH]).text
    if len(text.strip()) > _MENU_LENGTH:
        return None
    words = _MANNERS.sub(" ", bare).split()
    match = _MENU.fullmatch(" ".join(_NUMBERS.get(word, word) for word in words))
    if match is None:
        return None
    pick = match["pick"]
    return int(pick) - 1 if pick.isdigit() else ord(pick) - ord("a")


def reason_answer(
    text: str,
    parts: Sequence[Sentence],
    found: Reading,
    verdict: Verdict,
    *,
    choices: tuple[str, ...],
    hint: str | None,
) -> Reading:
    """The message under our question why. A plain reason is never taken for a new wish."""
    row = _row(parts)
    pick = menu_choice(text)
    if pick is not None or _MENU_WORD.search(fold(text[:200]).text):
        chosen = choices[pick] if pick is not None and 0 <= pick < len(choices) else ""
        answer = _answer(text, parts, Intent.REASON, "answer:menu", hint)
        return replace(answer, reason=reason_of(chosen or text, picked=None if chosen else pick))
    keeps = found.intent in STOPS or found.intent in (Intent.OPT_IN, Intent.LESS, Intent.HELP)
    if keeps and not verdict.soft:
        return replace(found, reason=reason_of(text)) if found.intent in STOPS else found
    if row in _THANKS:
        return _answer(text, parts, Intent.OTHER, "answer:thanks", hint)
    if not row or row in _UNSURE or _squeezed(row) in _UNSURE:
        return _answer(text, parts, Intent.AMBIGUOUS, "answer:unsure", hint)
    if any(part.question for part in parts) or row[:2] in _QUESTIONS or row[:1] in _QUESTIONS:
        return _answer(text, parts, Intent.OTHER, "answer:question", hint)
    if row[:1] in _THANKS or row[:2] in _THANKS or row[:3] in _THANKS:
        return _answer(text, parts, Intent.OTHER, "answer:thanks", hint)
    answer = _answer(text, parts, Intent.REASON, "answer:reason", hint)
    return replace(answer, reason=reason_of(text), lang=found.lang)


def scope_answer(
    text: str,
    parts: Sequence[Sentence],
    found: Reading,
    verdict: Verdict,
    *,
    choices: tuple[str, ...],
    hint: str | None,
    words: Words,
) -> Reading:
    """The message under our question how much is meant."""
    row = _row(parts)
    pick = menu_choice(text)
    if pick is not None and 0 <= pick < len(choices):
        chosen = _of_choice(choices[pick], words)
        answer = _answer(text, parts, chosen[0], "answer:menu", hint)
        return replace(answer, scope=chosen[1])
    if pick is not None or row in _UNSURE:
        return _unsure(text, parts, hint)
    strong = (Intent.ERASURE, Intent.WRONG_NUMBER, Intent.OPT_OUT_ALL, Intent.LESS, Intent.HELP)
    if found.intent in strong and not verdict.soft:
        return found
    if _holds(row, _STAY) or found.intent is Intent.OPT_IN:
        return _answer(text, parts, Intent.OPT_IN, "answer:stay", hint)
    if any(part.question for part in parts) or row[:1] in _QUESTIONS:
        return _answer(
            text,
            parts,
            found.intent if found.intent not in STOPS else Intent.OTHER,
            "answer:question",
            hint,
        )
    if _holds(row, _ONLY):
        return replace(
            _answer(text, parts, Intent.OPT_OUT, "answer:only", hint), scope=named(parts, words)
        )
    if _holds(row, _ALL):
        return replace(
            _answer(text, parts, Intent.OPT_OUT_ALL, "answer:all", hint), scope=EVERYTHING
        )
    if found.intent is Intent.OPT_OUT:
        return found
    scope = named(parts, words)
    if scope.value or (len(row) <= _SHORT and _holds(row, _KINDS)):
        return replace(_answer(text, parts, Intent.OPT_OUT, "answer:named", hint), scope=scope)
    return _unsure(text, parts, hint)


def _of_choice(choice: str, words: Words) -> tuple[Intent, Scope | None]:
    """What one of our own numbered answers means."""
    parts = sentences(fold(choice), choice)
    row = _row(parts)
    if _holds(row, _STAY):
        return Intent.OPT_IN, None
    if _holds(row, _ALL) and not _holds(row, _ONLY):
        return Intent.OPT_OUT_ALL, EVERYTHING
    return Intent.OPT_OUT, named(parts, words)


def _unsure(text: str, parts: Sequence[Sentence], hint: str | None) -> Reading:
    answer = _answer(text, parts, Intent.AMBIGUOUS, "answer:unsure", hint)
    return replace(answer, may_be_stop=True)


def _answer(
    text: str, parts: Sequence[Sentence], intent: Intent, rule: str, hint: str | None
) -> Reading:
    shown: tuple[Evidence, ...] = ()
    if parts:
        shown = (evidence(text, parts[0].tokens[0].start, parts[-1].tokens[-1].end, rule),)
    return reading(intent, 0.8, rule, lang=hint, evidence=shown)


def _row(parts: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(token.word for part in parts for token in part.tokens if token.word != PAUSE)


def _squeezed(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(re.sub(r"(.)\1{2,}", r"\1", word) for word in row)


def _holds(row: tuple[str, ...], wanted: frozenset[tuple[str, ...]]) -> bool:
    sizes = {len(words) for words in wanted}
    return any(
        row[start : start + size] in wanted
        for size in sizes
        for start in range(len(row) - size + 1)
    )
