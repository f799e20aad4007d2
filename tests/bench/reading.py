"""Reading messages in 22 languages, beside the two usual ways to match the same words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rapidfuzz import fuzz, process

from bot.fold import fold
from bot.model import Channel, Context
from bot.reading import read
from bot.reading.keywords import LISTS

CORPUS = Path(__file__).parents[1] / "corpus" / "dev.jsonl"
ROUNDS = 3
FEW = 200  # messages for the slow ones
MAIL_BYTES = 100_000
START = (
    "import time; begun = time.perf_counter(); import bot.reading; "
    "imported = time.perf_counter(); "
    "from bot.model import Channel; bot.reading.read('stop', channel=Channel.SMS); "
    "bot.reading.read('please do not write to me', channel=Channel.SMS); "
    "read = time.perf_counter(); "  # the kernel's own peak: ru_maxrss begins with the parent's
    "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')); "
    "print((imported - begun) * 1e3, (read - imported) * 1e3, int(peak.split()[1]) / 1024)"
)


def bench() -> list[str]:
    """The lines of the table; one core, in process, the median of three rounds."""
    items = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
    texts = [str(item["text"]) for item in items]
    words = sorted({" ".join(row) for row in LISTS.entries})
    alternation = re.compile("|".join(re.escape(word) for word in words))
    folded = [fold(text).text for text in texts]
    channels = [Channel(item["channel"]) for item in items]

    def heed(at: int) -> object:
        return read(texts[at], channel=channels[at], context=Context.NONE)

    rows = [
        ("heed, read", *_rate(heed, len(texts))),
        ("one re alternation", *_rate(lambda at: alternation.search(folded[at]), len(texts))),
        (
            "rapidfuzz extractOne",
            *_rate(
                lambda at: process.extractOne(folded[at], words, scorer=fuzz.partial_ratio), FEW
            ),
        ),
    ]
    mail = "I have thought about it and would like to be left in peace. " * (MAIL_BYTES // 60)
    begun = time.perf_counter()
    read(mail, channel=Channel.EMAIL)
    long_ms = (time.perf_counter() - begun) * 1e3
    started = subprocess.run(
        [sys.executable, "-c", START], check=True, capture_output=True, text=True
    )
    imported, first, megabytes = map(float, started.stdout.split())
    return [
        f"reading: {len(texts)} messages in 22 languages, {len(words)} keywords",
        f"{'':<22}{'per s':>10}{'p99 ms':>10}",
        *(f"{name:<22}{rate:>10.0f}{p99:>10.2f}" for name, rate, p99 in rows),
        f"heed / alternation: {rows[0][1] / rows[1][1]:.2f} (aim: at least 1)",
        f"a mail of 100 kB: {long_ms:.0f} ms",
        f"import {imported:.0f} ms, two first readings {first:.0f} ms, {megabytes:.0f} MB",
    ]


def _rate(one: Callable[[int], object], count: int) -> tuple[float, float]:
    """Calls a second, and the 99th percentile of one call in ms."""
    rates, times = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for at in range(count):
            before = time.perf_counter()
            one(at)
            times.append(time.perf_counter() - before)
        rates.append(count / (time.perf_counter() - begun))
    times.sort()
    return sorted(rates)[ROUNDS // 2], times[len(times) * 99 // 100] * 1e3
