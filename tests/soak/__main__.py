"""`make soak`: the long runs outside CI. Ends by itself.

On each database: load without faults while memory is watched, then faults under load until the time
is over. Afterwards a million made-up mails. `--minutes` is for each database; half of it is for
either. Without arguments it takes about two hours.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from tests import postgres
from tests.faults.chaos import Plan
from tests.faults.trial import Outcome, trial
from tests.soak.mail import main as read_mails
from tests.soak.memory import Memory, watched

NO_FAULTS = Plan(kills=0, restarts=0, full_disks=0, clock_steps=0)
FAULTS = Plan(kills=50, restarts=10, full_disks=5, clock_steps=10)
EVERY_S = 15.0
"""How often a line says how it goes."""


class Progress:
    """A line now and then, each with the time since the start."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._last = 0.0

    def line(self, text: str) -> None:
        self._last = time.monotonic()
        minutes, seconds = divmod(int(self._last - self._begun), 60)
        print(f"{minutes:3}:{seconds:02}  {text}", flush=True)

    def about(self, name: str) -> Callable[[str], None]:
        def say(what: str) -> None:
            if time.monotonic() - self._last >= EVERY_S:
                self.line(f"{name}: {what}")

        return say


def soak(
    name: str,
    server: postgres.Postgres | None,
    *,
    minutes: float,
    seed: int,
    progress: Progress,
    plan: Plan = FAULTS,
) -> list[str]:
    """Both halves on one database; what went wrong, a line each."""
    begun = time.monotonic()
    say = progress.about(name)
    memory = Memory()
    steady = _one(
        NO_FAULTS,
        server,
        seed=seed,
        load_s=30 * minutes,
        say=say,
        memory=memory,
    )
    progress.line(
        f"{name}: {taken(steady)} messages taken in {steady.seconds:.0f} s, no faults made"
    )
    for line in memory.lines():
        progress.line(f"{name}: {line}")
    wrong = [*steady.faults, *memory.faults()]
    trials = 0
    while not trials or time.monotonic() - begun < 60 * minutes:
        trials += 1
        outcome = _one(plan, server, seed=seed + trials, load_s=0.0, say=say)
        made = sum(
            number
            for what, number in outcome.happened.items()
            if what.startswith(("killed", "PostgreSQL", "disk", "clock"))
        )
        progress.line(
            f"{name}: seed {seed + trials}: {taken(outcome)} messages taken, {made} faults made,"
            f" {len(outcome.faults)} promises broken"
        )
        wrong += [f"seed {seed + trials}: {fault}" for fault in outcome.faults]
    return [f"{name}: {fault}" for fault in wrong]


def taken(outcome: Outcome) -> int:
    return sum(n for what, n in outcome.happened.items() if what.startswith("taken from"))


def _one(
    plan: Plan,
    server: postgres.Postgres | None,
    *,
    seed: int,
    load_s: float,
    say: Callable[[str], None],
    memory: Memory | None = None,
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="heed-soak-") as folder:
        return trial(
            Path(folder),
            plan,
            seed=seed,
            database=server,
            load_s=load_s,
            say=say,
            meanwhile=lambda heed: nullcontext() if memory is None else watched(heed, memory),
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=40, help="on each database (40)")
    parser.add_argument("--mails", type=int, default=1_000_000, help="made-up mails (1000000)")
    parser.add_argument("--seed", type=int, default=None, help="the same order of faults again")
    parser.add_argument(
        "--databases", nargs="*", default=["sqlite", "postgres"], choices=["sqlite", "postgres"]
    )
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 16) if chosen.seed is None else chosen.seed
    progress = Progress()
    progress.line(f"seed {seed} (again: --seed {seed})")
    wrong: list[str] = []
    for name in chosen.databases:
        server = postgres.start() if name == "postgres" else None
        try:
            wrong += soak(name, server, minutes=chosen.minutes, seed=seed, progress=progress)
        finally:
            if server is not None:
                server.stop()
    if chosen.mails:
        progress.line(f"mail: {chosen.mails:,} made-up mails")
        if read_mails(chosen.mails):
            wrong.append("mail: some were not read as they should be")
    for fault in wrong:
        print(fault)
    progress.line("every promise held" if not wrong else f"{len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
