"""Train the model, print what cross-validation by author says, write `bot/data/model.bin`."""

from __future__ import annotations

import argparse
import hashlib
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import click
import numpy as np

from bot.reading.model import Header, compose
from tests.train.corpus import FOLDER, load
from tests.train.fit import (
    INTENTS,
    held_out_distances,
    labels,
    layer,
    matrix,
    quantised,
    separate,
    shares,
)
from tests.train.table import choose, decided, table

BITS = 18
TARGET = Path("bot/data/model.bin")


def train(executor: Executor, folder: Path, bits: int) -> tuple[bytes, str]:
    """The model file and the table of its cross-validation."""
    examples = load(executor, bits, folder)
    rows, wanted = matrix(examples, bits), labels(examples)
    distances = held_out_distances(executor, rows, wanted, examples)
    own = np.array([not one.copy for one in examples])
    second, offsets = layer(distances[own], wanted[own])
    chances = shares(distances[own] @ second + offsets)
    originals = [one for one in examples if not one.copy]
    english = choose(originals, chances, english=True)
    other = choose(originals, chances, english=False)
    report = table(originals, decided(originals, chances, english, other))
    first, shifts = separate(rows, wanted)
    weights, scale = quantised(first @ second)
    bias = shifts @ second + offsets
    header = Header(
        intents=INTENTS,
        bits=bits,
        scale=scale,
        bias=tuple(round(float(one), 9) for one in bias),
        english=english,
        other=other,
        digest=hashlib.sha256(weights).hexdigest(),
    )
    return compose(header, weights), f"{len(originals)} messages\n{report}\n{english}\n{other}"


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
