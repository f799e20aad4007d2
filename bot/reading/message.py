"""Read one message as if it came out of the blue: keywords first, then phrases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.model import CHANNEL_SCOPE, EVERYTHING, Evidence, Intent, Reading, Scope
from bot.reading import keywords, phrases
from bot.reading.data import VERSION
from bot.reading.grammar import split
from bot.reading.judge import NOTHING, Verdict, judge
from bot.reading.naming import named
from bot.reading.phrases import Claim
from bot.reading.scope import Words
from bot.reading.tokens import PAUSE, Sentence, Token

_CUES = frozenset(("stop", "unsubscribe", "unsub", "optout", "🛑"))
_FEW_WORDS = 6  # a message this short around a stop word is asked about, not dropped


def read_message(
    text: str, parts: Sequence[Sentence], *, hint: str | None, words: Words
) -> tuple[Reading, Verdict]:
    """The reading, and the verdict of the phrases where no keyword decided."""
    if own := _own_word(text, parts, words, hint):
        return own, NOTHING
    found = keywords.find(parts, keywords.body_end(text), hint)
    if found is not None:
        keyword, first, last = found
        name = f"typo:{keyword.name}" if keyword.typo else f"keyword:{keyword.name}"
        return reading(
            keyword.intent,
            0.95 if keyword.typo else 1.0,
            name,
            lang=keyword.lang,
            scope=scope_of(keyword.intent, (), words),
            evidence=(evidence(text, first.start, last.end, name),),
        ), NOTHING
    if (unclear := keywords.unclear(parts)) is not None:
        intent, maybe, name = unclear
        tokens = parts[0].tokens
        return reading(
            Intent(intent),
            0.8,
            f"unclear:{name}" if intent == Intent.AMBIGUOUS else f"word:{name}",
            lang=hint,
            evidence=(
                evidence(text, tokens[0].start, parts[-1].tokens[-1].end, f"unclear:{name}"),
            ),
            may_be_stop=maybe,
        ), NOTHING
    verdict = judge([phrases.claims(part.tokens, hint) for part in parts])
    if verdict is NOTHING and (cue := _cue(parts)) is not None:
        return reading(
            Intent.AMBIGUOUS,
            0.5,
            "cue:stop-word",
            lang=hint,
            evidence=(evidence(text, cue.start, cue.end, "cue:stop-word"),),
            runner_up=Intent.OTHER,
            may_be_stop=True,
        ), verdict
    return from_verdict(text, verdict, parts, hint=hint, words=words), verdict


def from_verdict(
    text: str, verdict: Verdict, parts: Sequence[Sentence], *, hint: str | None, words: Words
) -> Reading:
    """The verdict as a reading."""
    if not verdict.claims:
        return reading(verdict.intent, verdict.confidence, "none", lang=hint)
    return reading(
        verdict.intent,
        verdict.confidence,
        _rule(verdict.claims[0]),
        lang=language(verdict.claims, hint),
        scope=scope_of(verdict.intent, parts, words),
        evidence=tuple(evidence(text, c.start, c.end, _rule(c)) for c in verdict.claims),
        runner_up=verdict.runner_up,
        may_be_stop=verdict.may_be_stop,
    )


def scope_of(intent: Intent, parts: Iterable[Sentence], words: Words) -> Scope | None:
    """What a stop covers, or the part that a START asks for; None for everything else."""
    match intent:
        case Intent.OPT_IN:
            part = named(parts, words)
            return part if part.value else None
        case Intent.OPT_OUT:
            return named(parts, words)
        case Intent.WRONG_NUMBER:
            return CHANNEL_SCOPE
        case Intent.OPT_OUT_ALL | Intent.ERASURE:
            return EVERYTHING
        case _:
            return None


def reading(
    intent: Intent,
    confidence: float,
    rule: str,
    *,
    lang: str | None,
    scope: Scope | None = None,
    evidence: tuple[Evidence, ...] = (),
    runner_up: Intent | None = None,
    may_be_stop: bool = False,
) -> Reading:
    """A reading of this rule set."""
    return Reading(
        intent=intent,
        confidence=confidence,
        rule=rule,
        version=VERSION,
        scope=scope,
        lang=lang,
        evidence=evidence,
        runner_up=runner_up,
        may_be_stop=may_be_stop,
    )


def evidence(text: str, start: int, end: int, rule: str) -> Evidence:
    """The words of the original between two positions, for the rule that took them."""
    return Evidence(start=start, end=end, words=text[start:end], rule=rule)


def language(claims: Sequence[Claim], hint: str | None) -> str | None:
    """The language of most of the words that decided."""
    weight: dict[str, int] = {}
    for claim in claims:
        weight[claim.rule.lang] = weight.get(claim.rule.lang, 0) + claim.end - claim.start
    return max(weight, key=lambda lang: (weight[lang], lang == hint), default=hint)


def _rule(claim: Claim) -> str:
    prefix = "phrase" if claim.rule.lang == "en" else f"phrase-{claim.rule.lang}"
    return f"{prefix}:{claim.rule.name}"


def _cue(parts: Sequence[Sentence]) -> Token | None:
    tokens = [token for part in parts for token in part.tokens if token.word != PAUSE]
    if len(tokens) > _FEW_WORDS:
        return None
    return next((token for token in tokens if token.word in _CUES), None)


def _own_word(
    text: str, parts: Sequence[Sentence], words: Words, hint: str | None
) -> Reading | None:
    """The operator's further keywords, as whole messages."""
    if not (words.stop or words.start or words.help):
        return None
    tokens = [token for part in parts for token in part.tokens if token.word != PAUSE]
    row = tuple(token.word for token in tokens)
    lists = ((Intent.OPT_OUT, words.stop), (Intent.OPT_IN, words.start), (Intent.HELP, words.help))
    for intent, own in lists:
        if row and row in map(split, own):
            shown = evidence(text, tokens[0].start, tokens[-1].end, "keyword:own")
            found = reading(intent, 1.0, "keyword:own", lang=hint, evidence=(shown,))
            return replace(found, scope=scope_of(intent, (), words))
    return None
