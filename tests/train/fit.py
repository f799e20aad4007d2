"""Fit the weights: the network (`network.py`), then a layer over what it says.

The layer turns the network's distances into probabilities. It is fitted on distances that come from
networks which never saw the author of the message, so that the probabilities hold for new hands. It
sees the message twice: as a whole, and by the sentence that lies furthest.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.reading.model import BIAS
from tests.train.corpus import Example, Row
from tests.train.network import INTENTS, SEPARATORS, Network, distances, fitted

Floats: TypeAlias = NDArray[np.float64]
_FOLDS = 6
_STEP = 0.6  # of a lane's usual weight; finer steps read no better and make a larger file


def matrix(rows: Sequence[Row], bits: int) -> Any:
    """A row each: counts over the root of their sum."""
    if not rows:
        return csr_matrix((0, 1 << bits), dtype=np.float32)
    ends = np.cumsum([0, *(len(one.buckets) for one in rows)])
    columns = np.concatenate([np.asarray(one.buckets, dtype=np.int32) for one in rows])
    values = np.concatenate(
        [np.asarray(one.counts, np.float32) / np.sqrt(np.float32(one.size)) for one in rows]
    )
    return csr_matrix((values, columns, ends), shape=(len(rows), 1 << bits))


def labels(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Each label's place in `INTENTS`."""
    return np.array([INTENTS.index(one.label) for one in examples])


def weights_of(examples: Sequence[Example]) -> Floats:
    """How much each counts in the fitting."""
    return np.array([one.weight for one in examples])


def held_out_distances(
    executor: Executor, rows: Any, wanted: NDArray[np.int64], examples: Sequence[Example]
) -> Floats:
    """Each measured example's distances, by networks that saw nothing by the same hand.

    A column per separator for the whole message, then one for its furthest sentence. The executor's
    workers share memory (threads): the compiled fitting runs beside them.
    """
    measured = np.array([one.measured for one in examples])
    hands = sorted({one.hand for one in examples if one.measured})
    fold_of = {hand: place % min(_FOLDS, len(hands)) for place, hand in enumerate(hands)}
    folds = np.array([fold_of.get(one.hand, -1) for one in examples])
    told = np.zeros((len(examples), 2 * SEPARATORS))
    one_fold = partial(_distances_of_fold, rows, wanted, examples, folds)
    for own, found in executor.map(one_fold, sorted(set(fold_of.values()))):
        told[own] = found
    return np.asarray(told[measured])


def _distances_of_fold(
    rows: Any, wanted: NDArray[np.int64], examples: Sequence[Example], folds: Any, fold: int
) -> tuple[list[int], Floats]:
    others = np.flatnonzero(folds != fold)
    network = fitted(rows[others], wanted[others], weights_of(examples)[others])
    own = [at for at in np.flatnonzero(folds == fold).tolist() if examples[at].measured]
    whole = distances(network, rows[own])
    return own, np.hstack([whole, _furthest(network, whole, [examples[at] for at in own])])


def _furthest(network: Network, whole: Floats, examples: Sequence[Example]) -> Floats:
    """The largest distance among an example's sentences, per separator."""
    bits = len(network.rows).bit_length() - 1
    sentences = distances(network, matrix([row for one in examples for row in one.sentences], bits))
    furthest, start = whole.copy(), 0
    for at, one in enumerate(examples):
        if one.sentences:
            furthest[at] = sentences[start : start + len(one.sentences)].max(axis=0)
            start += len(one.sentences)
    return furthest


def layer(told: Floats, wanted: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The second layer: weights (separators x intents) and offsets."""
    model = LogisticRegression(C=1.0, max_iter=5000, tol=1e-5)
    model.fit(told, wanted)
    weights = np.zeros((told.shape[1], len(INTENTS)))
    offsets = np.full(len(INTENTS), -20.0)  # an intent without an example is never read
    weights[:, model.classes_] = model.coef_.T
    offsets[model.classes_] = model.intercept_
    return weights, offsets


def shares(logits: Floats) -> Floats:
    """Probabilities, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def quantised(network: Network, width: int) -> tuple[bytes, list[float]]:
    """A row of `width` bytes per bucket, and what a step is worth in each lane. Outliers are cut."""
    used = network.rows[np.abs(network.rows).max(axis=1) > 0]
    scales = used.std(axis=0) * _STEP + 1e-9
    steps = np.clip(np.rint(network.rows / scales), -BIAS, BIAS - 1) + BIAS
    rows = np.full((len(steps), width), BIAS, np.uint8)
    rows[:, : steps.shape[1]] = steps
    return rows.tobytes(), [float(one) for one in scales]
