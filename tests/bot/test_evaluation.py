"""The figures by which reading is judged, on messages few enough to count by hand."""

from __future__ import annotations

import pytest

from bot.model import Intent
from bot.reading.evaluation import Outcome, Share, confusion, cost, figures

MADE = [
    Outcome(lang="en", label=Intent.OPT_OUT, read=Intent.OPT_OUT),
    Outcome(lang="en", label=Intent.OPT_OUT, read=Intent.ERASURE),
    Outcome(lang="en", label=Intent.WRONG_NUMBER, read=Intent.AMBIGUOUS, maybe=True),
    Outcome(lang="en", label=Intent.ERASURE, read=Intent.OTHER),
    Outcome(lang="en", label=Intent.OTHER, read=Intent.OTHER, hard=True),
    Outcome(lang="en", label=Intent.OTHER, read=Intent.OPT_OUT, hard=True),
    Outcome(lang="en", label=Intent.HELP, read=Intent.LESS),
    Outcome(lang="en", label=Intent.OPT_IN, read=Intent.OPT_IN),
    Outcome(lang="en", label=Intent.AMBIGUOUS, read=Intent.OPT_OUT),
]


def test_each_figure_counts_what_it_says() -> None:
    counted = {name: (share.hits, share.total) for name, share in figures(MADE).items()}
    assert counted == {
        "recall": (2, 4),
        "caught": (3, 4),
        "false": (1, 4),
        "hard": (1, 2),
        "load": (1, 4),
        "exact": (3, 9),
    }


def test_the_confusion_counts_every_message_once() -> None:
    table = confusion(MADE)
    assert table[Intent.OTHER] == {Intent.OTHER: 1, Intent.OPT_OUT: 1}
    assert sum(sum(row.values()) for row in table.values()) == len(MADE)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (98, 100, 0.9300, 0.9945)],
)
def test_the_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert Share(hits=hits, total=total).interval == pytest.approx((low, high), abs=5e-4)


def test_nothing_counted_says_nothing() -> None:
    assert Share(hits=0, total=0).share == 0
    assert Share(hits=0, total=0).interval == (0, 1)


def test_a_lost_stop_is_the_worst_error_and_a_right_reading_none() -> None:
    lost, false, mixed = MADE[3], MADE[5], MADE[1]
    assert cost(lost) > cost(false) > cost(mixed) > cost(MADE[0]) == 0
