"""The statistical model: a small network over hashed features, and a layer over what it says.

The network has a linear separator for every intent and one for stops, and beside them a few hidden
units, which hear what only several features together say. It looks at the whole message and at each
of its sentences; the layer weighs how far the whole lies on each separator's side, and how far the
sentence that lies furthest.

The file is `HEEDMODL`, the length of a header in four bytes, the header in JSON, then, packed by
zlib, for every separator and hidden unit a byte per bucket. `python -m tests.train` writes it.

A key's weights are summed over its features once and kept as one integer with a lane per separator
and hidden unit and one for the number of features, so that reading a message is adding integers.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from math import exp, sqrt
from struct import Struct
from typing import Any
from zlib import crc32

from bot.model import Intent
from bot.reading.features import Seen, expand

MAGIC = b"HEEDMODL"
PATH = files("bot") / "data" / "model.bin"
BIAS = 128
"""Added to each weight in the file, so that a lane never borrows from its neighbour."""
_STRIDE = 4  # a row is that many bytes, or a multiple
_LANE = 32  # bits; a message's sum of bytes stays far below
_KEPT = 60_000  # sums of keys; then they are made again


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How likely a stop must be to be read as one.

    `stop`: where no rule found one; much of what people write is about nothing of ours, so there it
    takes more. `agreed`: where a rule did. From `maybe` on a person is asked.
    """

    stop: float
    agreed: float
    maybe: float

    def to_stop(self, *, agreed: bool) -> float:
        """From which share on it is a stop."""
        return self.agreed if agreed else self.stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What goes with the weights.

    `scales` and `shifts`: per separator, then per hidden unit, what a step of its byte stands for,
    and its offset. `hidden`: a row per hidden unit, what it adds to each separator while it is
    positive. `layer`: a row per separator for the whole message, then one per separator for its
    furthest sentence; a column per intent. `digest`: SHA-256 of the rows.
    """

    intents: tuple[Intent, ...]
    bits: int
    scales: tuple[float, ...]
    shifts: tuple[float, ...]
    hidden: tuple[tuple[float, ...], ...]
    layer: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    english: Threshold
    other: Threshold
    digest: str

    @property
    def width(self) -> int:
        """How many bytes a row has; those beyond the lanes stand for nothing."""
        return -(-len(self.shifts) // _STRIDE) * _STRIDE


class _Sums(dict[str, int]):
    """Key -> its packed sum; made when first asked for.

    The lowest lane counts features. Above it stand the row's bytes as `order` names them: every
    fourth from the first on, then from the third, the second and the fourth.
    """

    def __init__(self, rows: bytes, width: int) -> None:
        super().__init__()
        self._rows = rows
        self._width = width
        self._mask = len(rows) // width - 1
        self._bytes = int.from_bytes(b"\xff\x00" * (width // 2), "little")
        self._pairs = int.from_bytes(b"\xff\xff\x00\x00" * (width // _STRIDE), "little")
        self._part = width * 8
        self.order = [at for first in (0, 2, 1, 3) for at in range(first, width, _STRIDE)]

    def __missing__(self, key: str) -> int:
        if len(self) >= _KEPT:
            self.clear()
        rows, width, mask, of_bytes = self._rows, self._width, self._mask, self._bytes
        features, times = expand(key)
        even = odd = 0
        for feature in features:
            start = (crc32(feature.encode("utf-8", "surrogatepass")) & mask) * width
            row = int.from_bytes(rows[start : start + width], "little")
            even += row & of_bytes
            odd += row >> 8 & of_bytes
        packed = 0
        for lanes in (odd >> 16, odd, even >> 16, even):
            packed = packed << self._part | lanes & self._pairs
        packed = (packed << _LANE | len(features)) * times
        self[key] = packed
        return packed


def bucket(feature: str) -> int:
    """A number that is the same in every process and on every machine."""
    return crc32(feature.encode("utf-8", "surrogatepass"))


class Model:
    """Weights and how to use them.

    Raises:
        ValueError: the file is none of ours.
    """

    def __init__(self, content: bytes) -> None:
        self.header, rows = parse(content)
        self._sums = _Sums(rows, self.header.width)
        self._lanes = Struct(f"<{self.header.width + 1}I")
        self._places = sorted(range(self.header.width), key=self._sums.order.__getitem__)
        self._separators = len(self.header.layer) // 2

    def _steps(self, keys: Iterable[str]) -> tuple[list[int], int]:
        """The sums of the keys' bytes, lane by lane, and how many features there were."""
        packed = sum(map(self._sums.__getitem__, keys))
        count, *lanes = self._lanes.unpack(packed.to_bytes(self._lanes.size, "little"))
        offset = BIAS * count
        return [lanes[at] - offset for at in self._places], count

    def _sides(self, keys: Iterable[str]) -> tuple[list[float], list[float]]:
        """How far the keys lie on each separator's side, and what the hidden units say."""
        steps, count = self._steps(keys)
        root, header = sqrt(count or 1), self.header
        sides = [
            step * scale / root + shift
            for step, scale, shift in zip(steps, header.scales, header.shifts, strict=False)
        ]
        distances, units = sides[: self._separators], sides[self._separators :]
        for unit, row in zip(units, header.hidden, strict=True):
            if unit > 0:
                distances = [
                    one + unit * weight for one, weight in zip(distances, row, strict=True)
                ]
        return distances, units

    def distances(self, keys: Iterable[str]) -> list[float]:
        """How far the keys lie on each separator's side. Linear in the number of keys."""
        return self._sides(keys)[0]

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

    def pull(self, seen: Seen, towards: Intent, away: Intent) -> Callable[[Iterable[str]], float]:
        """Tells of some of the message's keys how much they speak for one intent against another.

        A hidden unit speaks where the whole message woke it.
        """
        header = self.header
        one, two = header.intents.index(towards), header.intents.index(away)
        whole, furthest = header.layer[: self._separators], header.layer[self._separators :]
        worth = [
            row[one] + other[one] - row[two] - other[two]
            for row, other in zip(whole, furthest, strict=True)
        ]
        worth += [
            sum(weight * value for weight, value in zip(row, worth, strict=True)) if unit > 0 else 0
            for unit, row in zip(self._sides(seen.keys)[1], header.hidden, strict=True)
        ]
        factors = [scale * value for scale, value in zip(header.scales, worth, strict=True)]

        def pulled(keys: Iterable[str]) -> float:
            return sum(
                step * factor for step, factor in zip(self._steps(keys)[0], factors, strict=False)
            )

        return pulled


def parse(content: bytes) -> tuple[Header, bytes]:
    """The header and the rows of a model file.

    Raises:
        ValueError: it is none of ours, or cut.
    """
    start = len(MAGIC) + 4
    length = int.from_bytes(content[len(MAGIC) : start], "big")
    if not content.startswith(MAGIC):
        raise ValueError("not a model file")
    header = _header(json.loads(content[start : start + length]))
    try:
        columns = zlib.decompress(content[start + length :])
    except zlib.error as error:
        raise ValueError("a damaged model file") from error
    size = 1 << header.bits
    if len(columns) != header.width * size:
        raise ValueError("a model file of the wrong size")
    rows = bytearray(len(columns))
    for lane in range(header.width):
        rows[lane :: header.width] = columns[lane * size : (lane + 1) * size]
    return header, bytes(rows)


def _header(table: dict[str, Any]) -> Header:
    return Header(
        intents=tuple(Intent(name) for name in table["intents"]),
        bits=table["bits"],
        scales=tuple(table["scales"]),
        shifts=tuple(table["shifts"]),
        hidden=tuple(tuple(row) for row in table["hidden"]),
        layer=tuple(tuple(row) for row in table["layer"]),
        bias=tuple(table["bias"]),
        english=Threshold(**table["english"]),
        other=Threshold(**table["other"]),
        digest=table["digest"],
    )


def compose(header: Header, rows: bytes) -> bytes:
    """The file that `parse` takes apart."""
    text = json.dumps(asdict(header), sort_keys=True).encode()
    columns = b"".join(rows[lane :: header.width] for lane in range(header.width))
    return MAGIC + len(text).to_bytes(4, "big") + text + zlib.compress(columns, 9)


@cache
def shipped() -> Model:
    """The model that comes with Heed."""
    return Model(PATH.read_bytes())
