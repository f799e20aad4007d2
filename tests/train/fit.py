"""Fit the weights: one linear separator per intent and one for stops, then a layer over them.

The second layer turns the separators' distances into probabilities. It is fitted on distances that
come from models which never saw the author of the message, so that the probabilities hold for new
hands. Both layers are linear, so they are multiplied into one table of weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any, TypeAlias
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.model import STOPS, Intent
from tests.train.corpus import Example, authors

Floats: TypeAlias = NDArray[np.float64]
INTENTS = tuple(Intent)
_STRENGTH = 2.0  # of the separators; cross-validation is flat around it
_ROUNDS = 300
_TOLERANCE = 1e-2


def matrix(examples: Sequence[Example], bits: int) -> Any:
    """A row per example: counts over the root of their sum."""
    ends = np.cumsum([0, *(len(one.buckets) for one in examples)])
    columns = np.concatenate([np.asarray(one.buckets, dtype=np.int32) for one in examples])
    values = np.concatenate([np.asarray(one.counts) / np.sqrt(one.size) for one in examples])
    return csr_matrix((values, columns, ends), shape=(len(examples), 1 << bits))


def labels(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Each label's place in `INTENTS`."""
    return np.array([INTENTS.index(one.label) for one in examples])


def separate(rows: Any, wanted: NDArray[np.int64]) -> tuple[Floats, Floats]:
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
            separator.fit(dense, target)
        weights[used, place] = separator.coef_[0]
        offsets[place] = separator.intercept_[0]
    return weights, offsets


def _distances_of_others(job: tuple[Any, NDArray[np.int64], NDArray[np.bool_]]) -> Floats:
    rows, wanted, held_out = job
    weights, offsets = separate(rows[~held_out], wanted[~held_out])
    return np.asarray(rows[held_out] @ weights + offsets)


def held_out_distances(
    executor: Executor, rows: Any, wanted: NDArray[np.int64], examples: Sequence[Example]
) -> Floats:
    """Each example's distances by a model that saw nothing of its author."""
    whose = np.array([one.author for one in examples])
    masks = [whose == author for author in authors(examples)]
    distances = np.zeros((len(examples), len(INTENTS) + 1))
    jobs = [(rows, wanted, mask) for mask in masks]
    for mask, found in zip(masks, executor.map(_distances_of_others, jobs), strict=True):
        distances[mask] = found
    return distances


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
    """Signed bytes, intent by intent, and what one step is worth. The few outliers are cut."""
    common = weights[np.abs(weights).max(axis=1) > 0]
    scale = float(np.quantile(np.abs(common), 0.9999)) / 127 or 1.0
    steps = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return steps.T.tobytes(), scale
