"""The statistical model: linear separators over hashed features, and a small layer over them.

The separators look at the whole message and at each of its sentences; the layer weighs how far the
whole lies on each one's side, and how far the sentence that lies furthest.

The file is `HEEDMODL`, the length of a header in four bytes, the header in JSON, then for every
separator a signed byte per bucket. `python -m tests.train` writes it.

A key's weights are summed over its features once and kept as one integer with a lane per separator
and one for the number of features, so that reading a message is adding integers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, sqrt
from zlib import crc32

from bot.model import Intent
from bot.reading.features import Seen, expand

MAGIC = b"HEEDMODL"
PATH = files("bot") / "data" / "model.bin"
_LANE = 32  # bits; a message's sum of bytes stays far below
_MASK = (1 << _LANE) - 1
_BIAS = 128  # added to each weight, so that a lane never borrows from its neighbour
_KEPT = 60_000  # sums of keys; then they are made again


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From `stop` on it is read as a stop, from `maybe` on a person is asked."""

    stop: float
    maybe: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What goes with the weights.

    `scale`: what one step of a weight's byte stands for. `shifts`: an offset per separator.
    `layer`: a row per separator for the whole message, then one per separator for its furthest
    sentence; a column per intent. `digest`: SHA-256 of the weights.
    """

    intents: tuple[Intent, ...]
    bits: int
    scale: float
    shifts: tuple[float, ...]
    layer: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    english: Threshold
    other: Threshold
    digest: str


class _Sums(dict[str, int]):
    """Key -> its packed sum; made when first asked for.

    `rows` holds a row of lanes per bucket: first 1, then each separator's weight and `_BIAS`.
    """

    def __init__(self, rows: bytes, lanes: int) -> None:
        super().__init__()
        self._rows = rows
        self._width = lanes * _LANE // 8
        self._mask = len(rows) // self._width - 1

    def __missing__(self, key: str) -> int:
        if len(self) >= _KEPT:
            self.clear()
        rows, width, mask = self._rows, self._width, self._mask
        features, times = expand(key)
        packed = 0
        for feature in features:
            start = (crc32(feature.encode("utf-8", "surrogatepass")) & mask) * width
            packed += int.from_bytes(rows[start : start + width], "little")
        packed *= times
        self[key] = packed
        return packed


def _rows(weights: bytes, separators: int, bits: int) -> bytes:
    """The weights, which stand separator by separator, as rows of lanes."""
    size, lanes = 1 << bits, separators + 1
    step = lanes * _LANE // 8
    rows = bytearray(size * step)
    rows[::step] = b"\x01" * size
    biased = weights.translate(bytes((byte + _BIAS) & 0xFF for byte in range(256)))
    for lane in range(separators):
        rows[(lane + 1) * _LANE // 8 :: step] = biased[lane * size : (lane + 1) * size]
    return bytes(rows)


def bucket(feature: str) -> int:
    """A number that is the same in every process and on every machine."""
    return crc32(feature.encode("utf-8", "surrogatepass"))


class Model:
    """Weights and how to use them.

    Raises:
        ValueError: the file is none of ours.
    """

    def __init__(self, content: bytes) -> None:
        self.header, weights = parse(content)
        separators = len(self.header.shifts)
        self._sums = _Sums(_rows(weights, separators, self.header.bits), separators + 1)

    def distances(self, keys: Iterable[str]) -> list[float]:
        """How far the keys lie on each separator's side. Linear in the number of keys."""
        packed = sum(map(self._sums.__getitem__, keys))
        count = packed & _MASK
        factor = self.header.scale / sqrt(count or 1)
        offset = _BIAS * count
        return [
            (((packed >> (_LANE * lane)) & _MASK) - offset) * factor + shift
            for lane, shift in enumerate(self.header.shifts, 1)
        ]

    def shares(self, seen: Seen, sentences: Sequence[Seen] = ()) -> Mapping[Intent, float]:
        """How likely each intent is; they add up to 1."""
        whole = self.distances(seen.keys)
        each = [self.distances(one.keys) for one in sentences]
        furthest = [max(column) for column in zip(*each, strict=True)] if each else whole
        logits = list(self.header.bias)
        for distance, row in zip((*whole, *furthest), self.header.layer, strict=True):
            logits = [logit + distance * weight for logit, weight in zip(logits, row, strict=True)]
        most = max(logits)
        weights = [exp(logit - most) for logit in logits]
        total = sum(weights)
        return dict(zip(self.header.intents, (weight / total for weight in weights), strict=True))

    def pull(self, keys: Iterable[str], towards: Intent, away: Intent) -> float:
        """How much the keys speak for one intent against another."""
        packed = sum(map(self._sums.__getitem__, keys))
        offset = _BIAS * (packed & _MASK)
        one, two = self.header.intents.index(towards), self.header.intents.index(away)
        separators = len(self.header.shifts)
        return sum(
            (((packed >> (_LANE * lane)) & _MASK) - offset)
            * (
                self.header.layer[lane - 1][one]
                + self.header.layer[separators + lane - 1][one]
                - self.header.layer[lane - 1][two]
                - self.header.layer[separators + lane - 1][two]
            )
            for lane in range(1, separators + 1)
        )


def parse(content: bytes) -> tuple[Header, bytes]:
    """The header and the weights of a model file.

    Raises:
        ValueError: it is none of ours, or cut.
    """
    start = len(MAGIC) + 4
    length = int.from_bytes(content[len(MAGIC) : start], "big")
    if not content.startswith(MAGIC):
        raise ValueError("not a model file")
    table = json.loads(content[start : start + length])
    header = Header(
        intents=tuple(Intent(name) for name in table["intents"]),
        bits=table["bits"],
        scale=table["scale"],
        shifts=tuple(table["shifts"]),
        layer=tuple(tuple(row) for row in table["layer"]),
        bias=tuple(table["bias"]),
        english=Threshold(**table["english"]),
        other=Threshold(**table["other"]),
        digest=table["digest"],
    )
    weights = content[start + length :]
    if len(weights) != len(header.shifts) << header.bits:
        raise ValueError("a model file of the wrong size")
    return header, weights


def compose(header: Header, weights: bytes) -> bytes:
    """The file that `parse` takes apart."""
    table = {
        "intents": [str(intent) for intent in header.intents],
        "bits": header.bits,
        "scale": header.scale,
        "shifts": list(header.shifts),
        "layer": [list(row) for row in header.layer],
        "bias": list(header.bias),
        "english": {"stop": header.english.stop, "maybe": header.english.maybe},
        "other": {"stop": header.other.stop, "maybe": header.other.maybe},
        "digest": header.digest,
    }
    text = json.dumps(table, sort_keys=True).encode()
    return MAGIC + len(text).to_bytes(4, "big") + text + weights


@cache
def shipped() -> Model:
    """The model that comes with Heed."""
    return Model(PATH.read_bytes())
