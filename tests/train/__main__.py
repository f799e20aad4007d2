"""Train the model, print what cross-validation by author says, write `bot/data/model.bin`."""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from bot.reading.model import Header, compose
from tests.train.corpus import FOLDER, load
from tests.train.fit import (
    held_out_distances,
    labels,
    layer,
    matrix,
    quantised,
    shares,
    weights_of,
)
from tests.train.network import INTENTS, fitted
from tests.train.table import choose, decided, table

BITS = 18
TARGET = Path("bot/data/model.bin")


def train(executor: Executor, folder: Path, bits: int) -> tuple[bytes, str]:
    """The model file and the table of its cross-validation."""
    examples = load(executor, bits, folder)
    rows, wanted = matrix([one.whole for one in examples], bits), labels(examples)
    with ThreadPoolExecutor(2) as threads:
        told = held_out_distances(threads, rows, wanted, examples)
    originals = [one for one in examples if one.measured]
    second, offsets = layer(told, labels(originals))
    chances = shares(told @ second + offsets)
    english = choose(originals, chances, english=True)
    other = choose(originals, chances, english=False)
    report = table(originals, decided(originals, chances, english, other))
    network = fitted(rows, wanted, weights_of(examples))
    header = Header(
        intents=INTENTS,
        bits=bits,
        scales=(),
        shifts=_rounded(network.shifts),
        hidden=tuple(_rounded(row) for row in network.hidden),
        layer=tuple(_rounded(row) for row in second),
        bias=_rounded(offsets),
        english=english,
        other=other,
        digest="",
    )
    weights, scales = quantised(network, header.width)
    digest = hashlib.sha256(weights).hexdigest()
    header = replace(header, scales=_rounded(scales), digest=digest)
    return compose(header, weights), f"{len(originals)} messages\n{report}\n{english}\n{other}"


def _rounded(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(float(one), 9) for one in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=TARGET)
    parser.add_argument("--corpus", type=Path, default=FOLDER)
    parser.add_argument("--bits", type=int, default=BITS)
    chosen = parser.parse_args()
    started = time.perf_counter()
    with ProcessPoolExecutor(2) as executor:
        content, report = train(executor, chosen.corpus, chosen.bits)
    chosen.output.write_bytes(content)
    click.echo(report)
    click.echo(f"{chosen.output}: {len(content)} bytes, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
