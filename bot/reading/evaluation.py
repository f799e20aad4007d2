"""How well messages were read: the figures that `docs/accuracy.md` explains. Pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from bot.model import STOPS, Intent

INNOCENT = frozenset((Intent.OTHER, Intent.OPT_IN, Intent.HELP))
ASKED = frozenset((Intent.AMBIGUOUS, Intent.LESS))
FIGURES = ("recall", "caught", "false", "hard", "load", "exact")
_Z = 1.96  # 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A labelled message as it was read.

    `hard`: it holds a stop word of its language. `sure` is the reading's confidence.
    """

    lang: str
    label: Intent
    read: Intent
    maybe: bool = False
    hard: bool = False
    sure: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`hits` of `total`, with its 95 % interval by Wilson (1927). Nothing of nothing is 0."""

    hits: int
    total: int

    @property
    def share(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound; 0 to 1 where nothing was counted."""
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.share
        middle = p + _Z * _Z / (2 * n)
        reach = _Z * sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
        scale = 1 + _Z * _Z / n
        return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def figures(outcomes: Iterable[Outcome]) -> Mapping[str, Share]:
    """The figures by name.

    recall: stops read as a stop. caught: those, and stops that a person is asked about (read as
    ambiguous or less). false: innocent messages read as a stop. hard: the same among those that
    hold a stop word. load: innocent messages that a person is asked about. exact: the label itself.
    """
    hits: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for one in outcomes:
        stopped, asked = one.read in STOPS, one.read in ASKED
        totals["exact"] += 1
        hits["exact"] += one.read is one.label
        if one.label in STOPS:
            for name, hit in (("recall", stopped), ("caught", stopped or asked)):
                totals[name] += 1
                hits[name] += hit
        elif one.label in INNOCENT:
            for name, hit in (("false", stopped), ("load", asked)):
                totals[name] += 1
                hits[name] += hit
            if one.hard:
                totals["hard"] += 1
                hits["hard"] += stopped
    return {name: Share(hits=hits[name], total=totals[name]) for name in FIGURES}


def confusion(outcomes: Iterable[Outcome]) -> Mapping[Intent, Counter[Intent]]:
    """Label -> how often it was read as what."""
    table: dict[Intent, Counter[Intent]] = {intent: Counter() for intent in Intent}
    for one in outcomes:
        table[one.label][one.read] += 1
    return table


def cost(outcome: Outcome) -> float:
    """How bad an error is, 0 for none: a stop taken for something else is the worst of all."""
    if outcome.read is outcome.label:
        return 0.0
    lost = outcome.label in STOPS and outcome.read not in STOPS | ASKED
    false = outcome.label in INNOCENT and outcome.read in STOPS
    weight = 3.0 if lost else 2.0 if false else 1.0
    return weight * (0.5 + outcome.sure / 2)
