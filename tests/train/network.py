"""Descend to the weights of the network: every example in turn, each weight with a rate of its own.

(AdaGrad, Duchi, Hazan and Singer 2011. A few of an example's features are left out each time, so
that the network does not lean on any one of them.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bot.model import STOPS, Intent

Reals: TypeAlias = NDArray[np.float32]
INTENTS = tuple(Intent)
SEPARATORS = len(INTENTS) + 1  # the last: stop or not
HIDDEN = 16
_ROUNDS = 6
_RATE = 0.05
_LEFT_OUT = 0.1
_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """`rows`: buckets x (separators, then hidden units); `hidden`: hidden units x separators."""

    rows: Reals
    shifts: Reals
    hidden: Reals


def fitted(rows: Any, wanted: NDArray[np.int64], weight: NDArray[np.float64]) -> Network:
    """The network that tells the wanted intents of a sparse matrix's rows; always the same."""
    chance = np.random.default_rng(0)
    lanes = SEPARATORS + HIDDEN
    weights = np.zeros((rows.shape[1], lanes), np.float32)
    weights[:, SEPARATORS:] = chance.standard_normal((rows.shape[1], HIDDEN)) * _RATE
    weights[np.bincount(rows.indices, minlength=rows.shape[1]) == 0] = 0  # nobody uses them
    shifts = np.zeros(lanes, np.float32)
    hidden = (chance.standard_normal((HIDDEN, SEPARATORS)) * 0.3).astype(np.float32)
    met = [np.full_like(one, _SMALLEST) for one in (weights, shifts, hidden)]
    stops = np.isin(wanted, [INTENTS.index(one) for one in STOPS])
    for turn in range(_ROUNDS):
        _descend(
            (rows.indptr.astype(np.int64), rows.indices, rows.data.astype(np.float32)),
            (wanted, stops, weight.astype(np.float32), chance.permutation(len(wanted))),
            (weights, shifts, hidden),
            (met[0], met[1], met[2]),
            np.float32(_RATE * (1 - turn / _ROUNDS)),
            turn,
        )
    return Network(rows=weights, shifts=shifts, hidden=hidden)


def distances(network: Network, rows: Any) -> NDArray[np.float64]:
    """How far each row lies on each separator's side."""
    sides = rows @ network.rows + network.shifts
    return np.asarray(
        sides[:, :SEPARATORS] + np.maximum(sides[:, SEPARATORS:], 0) @ network.hidden, np.float64
    )


@njit(nogil=True, cache=True)
def _descend(examples, targets, parts, met, rate, seed):  # type: ignore[no-untyped-def]
    ends, columns, values = examples
    wanted, stops, weight, order = targets
    weights, shifts, hidden = parts
    weights_met, shifts_met, hidden_met = met
    np.random.seed(seed)  # noqa: NPY002 - the generator that compiled code has
    separators = hidden.shape[1]
    sides, pull = np.zeros_like(shifts), np.zeros_like(shifts)
    for example in order:
        buckets = columns[ends[example] : ends[example + 1]]
        heard = values[ends[example] : ends[example + 1]].copy()
        sides[:] = shifts
        for at in range(len(heard)):
            heard[at] *= (np.random.random() >= _LEFT_OUT) / (1 - _LEFT_OUT)  # noqa: NPY002
            _add(sides, weights[buckets[at]], heard[at])
        units = np.maximum(sides[separators:], 0)
        for unit in range(len(units)):
            _add(sides[:separators], hidden[unit], units[unit])
        _pull(pull[:separators], sides[:separators], wanted[example], stops[example])
        pull[:separators] *= weight[example]
        for unit in range(len(units)):
            whole = np.float32(0)
            if units[unit] > 0:
                for lane in range(separators):
                    whole += pull[lane] * hidden[unit, lane]
                _step(hidden[unit], hidden_met[unit], pull[:separators], units[unit], rate)
            pull[separators + unit] = whole
        _step(shifts, shifts_met, pull, np.float32(1), rate)
        for at in range(len(heard)):
            if heard[at] != 0:
                _step(weights[buckets[at]], weights_met[buckets[at]], pull, heard[at], rate)


@njit(nogil=True, cache=True)
def _pull(pull, sides, wanted, stops):  # type: ignore[no-untyped-def]
    """How wrong each separator is: the intents share one chance, stop or not has its own."""
    intents = len(sides) - 1
    powers = np.exp(sides[:intents] - sides[:intents].max())
    pull[:intents] = powers / powers.sum()
    pull[wanted] -= 1
    pull[intents] = 1 / (1 + np.exp(-sides[intents])) - (1.0 if stops else 0.0)


@njit(nogil=True, cache=True)
def _add(sides, row, times):  # type: ignore[no-untyped-def]
    for lane in range(len(sides)):
        sides[lane] += times * row[lane]


@njit(nogil=True, cache=True)
def _step(row, met, pull, times, rate):  # type: ignore[no-untyped-def]
    for lane in range(len(row)):
        slope = pull[lane] * times
        met[lane] += slope * slope
        row[lane] -= rate * slope / np.sqrt(met[lane])
