"""Fit the weights: one linear separator per intent and one for stops, then a layer over them.

The second layer turns the separators' distances into probabilities. It is fitted on distances that
come from models which never saw the author of the message, so that the probabilities hold for new
hands. It sees the message twice: as a whole, and by the sentence that lies furthest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeAlias
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.model import STOPS, Intent
from tests.train.corpus import Example, Row

Floats: TypeAlias = NDArray[np.float64]
INTENTS = tuple(Intent)
_STRENGTH = 2.0  # of the separators; cross-validation is flat around it
_ROUNDS = 300
_TOLERANCE = 1e-2


def matrix(rows: Sequence[Row], bits: int) -> Any:
    """A row each: counts over the root of their sum."""
    if not rows:
        return csr_matrix((0, 1 << bits))
    ends = np.cumsum([0, *(len(one.buckets) for one in rows)])
    columns = np.concatenate([np.asarray(one.buckets, dtype=np.int32) for one in rows])
    values = np.concatenate([np.asarray(one.counts) / np.sqrt(one.size) for one in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), 1 << bits))


def labels(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Each label's place in `INTENTS`."""
    return np.array([INTENTS.index(one.label) for one in examples])


def weights_of(examples: Sequence[Example]) -> Floats:
    """How much each counts in the fitting."""
    return np.array([one.weight for one in examples])


def separate(rows: Any, wanted: NDArray[np.int64], weight: Floats) -> tuple[Floats, Floats]:
    """Weights (features x separators) and offsets; the last separator is stop or not."""
    used = np.unique(rows.indices)
    dense = rows[:, used]
    stops = np.isin(wanted, [INTENTS.index(one) for one in STOPS])
    weights = np.zeros((rows.shape[1], len(INTENTS) + 1))
    offsets = np.full(len(INTENTS) + 1, -1.0)
    targets = [*(wanted == place for place in range(len(INTENTS))), stops]
    for place, target in enumerate(targets):
        if target.all() or not target.any():
            continue
        separator = LinearSVC(
            C=_STRENGTH, tol=_TOLERANCE, max_iter=_ROUNDS, dual=True, random_state=0
        )
        with catch_warnings():
            simplefilter("ignore", ConvergenceWarning)  # the rounds are bounded on purpose
            separator.fit(dense, target, sample_weight=weight)
        weights[used, place] = separator.coef_[0]
        offsets[place] = separator.intercept_[0]
    return weights, offsets


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fold:
    """What one hand's model is fitted on, and whose distances it tells."""

    rows: Any
    wanted: NDArray[np.int64]
    weight: Floats
    others: Any
    others_sentences: Any


def _distances_of_others(fold: _Fold) -> tuple[Floats, Floats]:
    weights, offsets = separate(fold.rows, fold.wanted, fold.weight)
    return (
        np.asarray(fold.others @ weights + offsets),
        np.asarray(fold.others_sentences @ weights + offsets),
    )


def held_out_distances(
    executor: Executor, rows: Any, wanted: NDArray[np.int64], examples: Sequence[Example], bits: int
) -> Floats:
    """Each measured example's distances, by models that saw nothing by the same hand.

    A column per separator for the whole message, then one for its furthest sentence.
    """
    whose = np.array([one.hand for one in examples])
    measured = np.array([one.measured for one in examples])
    weight = weights_of(examples)
    masks = [whose == hand for hand in sorted(set(whose[measured]))]
    distances = np.zeros((len(examples), 2 * (len(INTENTS) + 1)))

    def folds() -> Iterator[_Fold]:
        for mask in masks:
            own = np.flatnonzero(mask & measured).tolist()
            sentences = [row for at in own for row in examples[at].sentences]
            yield _Fold(
                rows=rows[~mask],
                wanted=wanted[~mask],
                weight=weight[~mask],
                others=rows[own],
                others_sentences=matrix(sentences, bits),
            )

    for mask, (whole, sentences) in zip(
        masks, executor.map(_distances_of_others, folds()), strict=True
    ):
        own = np.flatnonzero(mask & measured).tolist()
        distances[own] = np.hstack(
            [whole, _furthest(whole, sentences, [examples[at] for at in own])]
        )
    return np.asarray(distances[measured])


def _furthest(whole: Floats, sentences: Floats, examples: Sequence[Example]) -> Floats:
    """The largest distance among an example's sentences, per separator."""
    furthest, start = whole.copy(), 0
    for at, one in enumerate(examples):
        if one.sentences:
            furthest[at] = sentences[start : start + len(one.sentences)].max(axis=0)
            start += len(one.sentences)
    return furthest


def layer(distances: Floats, wanted: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The second layer: weights (separators x intents) and offsets."""
    model = LogisticRegression(C=1.0, max_iter=5000, tol=1e-5)
    model.fit(distances, wanted)
    weights = np.zeros((distances.shape[1], len(INTENTS)))
    offsets = np.full(len(INTENTS), -20.0)  # an intent without an example is never read
    weights[:, model.classes_] = model.coef_.T
    offsets[model.classes_] = model.intercept_
    return weights, offsets


def shares(logits: Floats) -> Floats:
    """Probabilities, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def quantised(weights: Floats) -> tuple[bytes, float]:
    """Signed bytes, separator by separator, and what one step is worth. The few outliers are cut."""
    common = weights[np.abs(weights).max(axis=1) > 0]
    scale = float(np.quantile(np.abs(common), 0.9999)) / 127 or 1.0
    steps = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return steps.T.tobytes(), scale
