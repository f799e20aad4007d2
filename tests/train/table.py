"""Choose the thresholds and show what cross-validation says, author by author."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import STOPS, Intent
from bot.reading.evaluation import Outcome, figures
from bot.reading.joined import decide
from bot.reading.model import Threshold
from tests.train.corpus import Example, authors
from tests.train.fit import Floats
from tests.train.network import INTENTS

_INNOCENT = frozenset((Intent.OTHER, Intent.OPT_IN, Intent.HELP))
# Innocent messages read as a stop, of all: English or not; where the rules agree, where they do not.
FALSE = {True: {True: 0.017, False: 0.012}, False: {True: 0.014, False: 0.012}}
ASKED = {True: 0.085, False: 0.12}  # innocent messages that a person is asked about
_LEAST = 0.02
_UNKNOWN = Threshold(stop=0.5, agreed=0.5, maybe=0.25)  # nothing to choose by


def choose(examples: Sequence[Example], chances: Floats, *, english: bool) -> Threshold:
    """The lowest thresholds that keep within `FALSE` and `ASKED` on messages of new authors."""
    stops = [INTENTS.index(one) for one in STOPS]
    innocent = [
        (float(row[stops].sum()), one)
        for one, row in zip(examples, chances, strict=True)
        if one.label in _INNOCENT and one.english is english
    ]
    open_ = sorted((mass for mass, one in innocent if one.settled is None), reverse=True)
    if not open_:
        return _UNKNOWN

    def bar(*, agreed: bool) -> float:
        of_kind = sorted(
            (mass for mass, one in innocent if one.settled is None and one.agreed is agreed),
            reverse=True,
        )
        if not of_kind:
            return _UNKNOWN.stop
        allowed = int(FALSE[english][agreed] * len(innocent))
        return max(of_kind[allowed], 2 * _LEAST) if allowed < len(of_kind) else 2 * _LEAST

    stop, agreed = bar(agreed=False), bar(agreed=True)
    asked = int((sum(FALSE[english].values()) + ASKED[english]) * len(innocent))
    maybe = min(max(open_[min(asked, len(open_) - 1)], _LEAST), stop, agreed)
    return Threshold(
        stop=round(stop + 1e-4, 4), agreed=round(agreed + 1e-4, 4), maybe=round(maybe + 1e-4, 4)
    )


def decided(
    examples: Sequence[Example], chances: Floats, english: Threshold, other: Threshold
) -> list[Outcome]:
    """What each would be read as."""
    outcomes = []
    for one, row in zip(examples, chances, strict=True):
        threshold = english if one.english else other
        named = dict(zip(INTENTS, map(float, row), strict=True))
        stop = threshold.to_stop(agreed=one.agreed)
        intent, _, maybe = decide(named, stop, threshold.maybe)
        outcomes.append(
            Outcome(lang=one.lang, label=one.label, read=one.settled or intent, maybe=maybe)
        )
    return outcomes


def table(examples: Sequence[Example], outcomes: Sequence[Outcome]) -> str:
    """A line per author and language group."""
    lines = [f"{'author':18} {'lang':6} recall caught  false   load  exact"]
    pairs = list(zip(examples, outcomes, strict=True))
    for author in [*authors(examples), "all"]:
        for english in (True, False):
            own = [
                outcome
                for one, outcome in pairs
                if author in ("all", one.author) and (one.lang == "en") is english
            ]
            if own:
                lines.append(f"{author:18} {'en' if english else 'other':6} {_row(own)}")
    return "\n".join(lines)


def _row(outcomes: Iterable[Outcome]) -> str:
    shares = figures(outcomes)
    names = ("recall", "caught", "false", "load", "exact")
    return " ".join(f"{shares[name].share:6.3f}" for name in names)
