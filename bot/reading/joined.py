"""Rules and model together: what a rule settles stays settled, the model weighs the rest.

The model is told what the rules found, so a phrase counts for as much as training says it is worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.fold import Folded
from bot.model import STOPS, Channel, Context, Evidence, Intent, Reading
from bot.reading.features import Piece, Seen, look, sign_keys
from bot.reading.judge import Verdict
from bot.reading.message import evidence, reading, scope_of
from bot.reading.model import Model
from bot.reading.reasons import reason_of
from bot.reading.scope import Words
from bot.reading.tokens import Sentence

_SETTLED = ("keyword", "typo", "word")
_SETTLED_RULES = frozenset(
    ("answer:menu", "unclear:bare-no", "unclear:mood", "unclear:fragment"),
)
_SHOWN = 3  # pieces of evidence
_TELLING = 0.2  # of the strongest word's pull; less is not shown
_WORDS_FOR_A_LANGUAGE = 3
_DENIED = "phrase:stay"  # a stop that is said not to be wanted; no doubt then remains
_NEVER = 2.0  # a share that nothing has
_CLOSE = frozenset((Intent.LESS, Intent.REASON))  # never dropped, so no stop is lost in them
_REST = frozenset((Intent.OTHER, Intent.OPT_IN, Intent.HELP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What the rules alone make of a message: out of the blue (`first`) and as an answer."""

    first: Reading
    verdict: Verdict
    answer: Reading

    @property
    def stops(self) -> bool:
        """True where they find a stop, if the message came out of the blue."""
        return self.first.intent in STOPS

    @property
    def settled(self) -> bool:
        """True where the whole message is a word or a choice whose sense is fixed."""
        rule = self.answer.rule
        return rule.partition(":")[0] in _SETTLED or rule in _SETTLED_RULES


def seen_by_model(folded: Folded, ruled: Ruled, *, channel: Channel, context: Context) -> Seen:
    """The message as the model sees it, in training as in reading."""
    return look(folded.text, channel=channel, context=context, findings=_findings(ruled, context))


def weighed(
    model: Model,
    text: str,
    folded: Folded,
    parts: Sequence[Sentence],
    ruled: Ruled,
    *,
    channel: Channel,
    context: Context,
    hint: str | None,
    words: Words,
    sentences: Sequence[Seen],
) -> Reading:
    """The model's reading. Where the rules mean the same, theirs are the evidence and the name."""
    seen = seen_by_model(folded, ruled, channel=channel, context=context)
    shares = model.shares(seen, sentences)
    threshold = model.header.english if seen.lang == "en" else model.header.other
    stop = threshold.to_stop(agreed=ruled.stops) if _speaks(seen) or ruled.stops else _NEVER
    least = stop if ruled.first.rule == _DENIED else threshold.maybe
    intent, runner_up, maybe = decide(shares, stop, least)
    told = ruled.answer if ruled.answer.intent is intent else ruled.first
    agreed = told.intent is intent and bool(told.evidence)
    spoken = seen.lang if seen.known >= _WORDS_FOR_A_LANGUAGE else None
    found = reading(
        intent,
        round(_confidence(shares, intent, stop), 4),
        told.rule if agreed else "model",
        lang=(told.lang if agreed and told.lang != hint else None) or spoken or hint,
        scope=(told.scope if agreed else None) or scope_of(intent, parts, words),
        evidence=told.evidence if agreed else _evidence(model, text, folded, seen, intent, shares),
        runner_up=runner_up,
        may_be_stop=maybe or (agreed and told.may_be_stop),
    )
    if context is Context.REASON_ASKED and (intent in STOPS or intent is Intent.REASON):
        return replace(found, reason=reason_of(text))
    return found


def _speaks(seen: Seen) -> bool:
    """Whether there is any word, or a sign for one; single letters and ??? say nothing."""
    return any(
        len(piece.word) > 1 if piece.kind == "word" else piece.kind == "sign" or piece.word > "~"
        for piece in seen.pieces
    )


def decide(
    shares: Mapping[Intent, float], stop: float, maybe: float
) -> tuple[Intent, Intent | None, bool]:
    """Intent, runner-up, and whether it may be a stop.

    Stops are weighed together: which stop it is matters less than whether it is one.
    """
    mass = sum(shares[intent] for intent in STOPS)
    ranked = sorted(shares, key=lambda intent: -shares[intent])
    stops = [intent for intent in ranked if intent in STOPS]
    others = [intent for intent in ranked if intent not in STOPS]
    if mass >= stop:
        return stops[0], next(one for one in ranked if one is not stops[0]), False
    if mass >= maybe:
        if others[0] in _CLOSE and shares[others[0]] > mass:
            return others[0], stops[0], False
        return Intent.AMBIGUOUS, stops[0], True
    doubt = others[0] is Intent.AMBIGUOUS and mass >= sum(shares[one] for one in _REST)
    return others[0], next(one for one in ranked if one is not others[0]), doubt


def _confidence(shares: Mapping[Intent, float], intent: Intent, stop: float) -> float:
    """The intent's share; what is unclear because it may be a stop is as sure as that doubt."""
    mass = sum(shares[one] for one in STOPS)
    if intent is Intent.AMBIGUOUS and mass > shares[intent]:
        return min(mass, 1 - mass / 2) if mass < stop else 1 - mass
    return shares[intent]


def _findings(ruled: Ruled, context: Context) -> Iterable[str]:
    first, claims = ruled.first, ruled.verdict.claims
    kind, _, name = first.rule.partition(":")
    yield f"means {first.intent} {first.may_be_stop}"
    yield f"kind {kind.partition('-')[0]}"
    yield f"rule {first.rule}"
    yield f"name {name or kind}"
    if ruled.verdict.soft:
        yield "soft"
    for claim in claims:
        yield f"claim {claim.rule.lang} {claim.rule.name}"
    if context is not Context.NONE:
        yield f"{context} means {first.intent}"
        yield f"{context} answers {ruled.answer.rule} {ruled.answer.intent}"


def _evidence(
    model: Model,
    text: str,
    folded: Folded,
    seen: Seen,
    intent: Intent,
    shares: Mapping[Intent, float],
) -> tuple[Evidence, ...]:
    """The words that spoke most for the intent, against the likeliest other, in the text's order.

    A word is weighed with the pairs that it makes with its neighbours.
    """
    if intent is Intent.OTHER or not seen.pieces:
        return ()
    stops = intent is Intent.AMBIGUOUS
    towards = max(STOPS, key=lambda one: shares[one]) if stops else intent
    away = max((one for one in shares if one is not towards), key=lambda one: shares[one])
    pull = model.pull(seen, towards, away)
    pulls = [pull(keys) for keys in _surroundings(seen.pieces)]
    ranked = sorted(range(len(pulls)), key=lambda at: -pulls[at])[:_SHOWN]
    least = pulls[ranked[0]] * _TELLING
    chosen = [at for at in ranked if pulls[at] > 0 and pulls[at] >= least] or ranked[:1]
    spans = [folded.span(seen.pieces[at].start, seen.pieces[at].end) for at in sorted(chosen)]
    return tuple(evidence(text, start, end, "model") for start, end in spans)


def _surroundings(pieces: Sequence[Piece]) -> list[list[str]]:
    keys = [sign_keys(p.word) if p.kind == "sign" else [p.word] for p in pieces]
    for at, (one, two) in enumerate(pairwise(pieces)):
        pair = f"{one.word} {two.word}"
        keys[at].append(pair)
        keys[at + 1].append(pair)
    return keys
