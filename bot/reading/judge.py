"""Weigh the claims of a message's sentences: the order of precedence in `docs/intents.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Intent
from bot.reading.phrases import Claim, of

_SURE, _LIKELY, _OPEN = 0.9, 0.75, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the phrases of a message come to. `soft`: no word told us to stop, only why."""

    intent: Intent
    confidence: float
    claims: tuple[Claim, ...] = ()
    runner_up: Intent | None = None
    may_be_stop: bool = False
    soft: bool = False


NOTHING = Verdict(intent=Intent.OTHER, confidence=0.6)


def judge(by_sentence: Sequence[Sequence[Claim]]) -> Verdict:
    """The verdict over all claims; `NOTHING` when there are none."""
    found = [claim for claims in by_sentence for claim in claims]
    stops = of(found, Intent.OPT_OUT, Intent.OPT_OUT_ALL)
    hard = [claim for claim in stops if not claim.rule.soft]
    for first in (Intent.ERASURE, Intent.WRONG_NUMBER):
        if claims := of(found, first):
            return _verdict(first, _SURE, claims, stops)
    joins = of(found, Intent.OPT_IN)
    less = of(found, Intent.LESS)
    if joins and hard:
        return _verdict(Intent.AMBIGUOUS, _OPEN, joins + hard, stops, may_be_stop=True)
    if joins:
        return _verdict(Intent.OPT_IN, _LIKELY, joins, stops)
    if less and not _apart(by_sentence):
        return _verdict(Intent.LESS, _LIKELY, less, stops)
    if stops:
        wide = [c for claims in by_sentence if of(claims, Intent.OPT_OUT, Intent.OPT_OUT_ALL)
                for c in claims if c.rule.breadth]  # fmt: skip
        intent = Intent.OPT_OUT_ALL if wide else Intent.OPT_OUT
        verdict = _verdict(intent, _SURE if hard else _LIKELY, stops + wide, less)
        return verdict if hard else _softened(verdict)
    for intent in (Intent.AMBIGUOUS, Intent.HELP, Intent.OTHER):
        if claims := of(found, intent):
            maybe = any(claim.rule.may_be_stop for claim in claims)
            return _verdict(intent, _LIKELY, claims, (), may_be_stop=maybe)
    return NOTHING


def _apart(by_sentence: Sequence[Sequence[Claim]]) -> bool:
    """True where a plain stop stands in a sentence without any wish for less."""
    return any(
        any(not c.rule.soft for c in of(claims, Intent.OPT_OUT)) and not of(claims, Intent.LESS)
        for claims in by_sentence
    )


def _verdict(
    intent: Intent,
    confidence: float,
    claims: Sequence[Claim],
    rivals: Sequence[Claim],
    *,
    may_be_stop: bool = False,
) -> Verdict:
    other = next((c.rule.intent for c in rivals if c.rule.intent is not intent), None)
    return Verdict(
        intent=intent,
        confidence=confidence,
        claims=tuple(claims),
        runner_up=other,
        may_be_stop=may_be_stop,
    )


def _softened(verdict: Verdict) -> Verdict:
    return Verdict(
        intent=verdict.intent,
        confidence=verdict.confidence,
        claims=verdict.claims,
        runner_up=Intent.AMBIGUOUS,
        soft=True,
    )
