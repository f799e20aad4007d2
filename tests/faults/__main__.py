"""`make faults`: fifty kills on each database, PostgreSQL restarted ten times. Ends by itself."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests import postgres
from tests.faults.account import FAULTS, IN_DOUBT
from tests.faults.chaos import Plan
from tests.faults.trial import Outcome, trial

WIDTH = 46


def table(outcomes: dict[str, Outcome]) -> list[str]:
    """What happened, what was found; a column for each database."""
    happened = sorted({name for one in outcomes.values() for name in one.happened})
    rows: list[list[object]] = [["", *outcomes]]
    rows += [[name, *(one.happened[name] for one in outcomes.values())] for name in happened]
    rows += [["", *("" for _ in outcomes)]]
    rows += [
        [name, *(one.found[name] for one in outcomes.values())] for name in (*FAULTS, IN_DOUBT)
    ]
    rows += [["seconds", *(round(one.seconds) for one in outcomes.values())]]
    return ["".join([f"{row[0]:<{WIDTH}}", *(f"{cell:>12}" for cell in row[1:])]) for row in rows]


def progress(name: str) -> Callable[[str], None]:
    def say(what: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{name}: {what} \x1b[K", end="", file=sys.stderr, flush=True)

    return say


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the same order of faults again")
    parser.add_argument("--kills", type=int, default=50, help="on each database")
    parser.add_argument("--restarts", type=int, default=10, help="of PostgreSQL")
    parser.add_argument("--full-disks", type=int, default=5)
    parser.add_argument("--clock-steps", type=int, default=10)
    parser.add_argument(
        "--minutes", type=float, default=0, help="of load on each database, at least"
    )
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgres"])
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 16) if chosen.seed is None else chosen.seed
    plan = Plan(
        kills=chosen.kills,
        restarts=chosen.restarts,
        full_disks=chosen.full_disks,
        clock_steps=chosen.clock_steps,
    )
    print(f"seed {seed} (again: --seed {seed})", flush=True)
    outcomes: dict[str, Outcome] = {}
    for name in chosen.databases:
        server = postgres.start() if name == "postgres" else None
        try:
            with tempfile.TemporaryDirectory(prefix="heed-faults-") as folder:
                outcomes[name] = trial(
                    Path(folder),
                    plan,
                    seed=seed,
                    database=server,
                    load_s=60 * chosen.minutes,
                    say=progress(name),
                )
        finally:
            if server is not None:
                server.stop()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for line in table(outcomes):
        print(line)
    faults = [f"{name}: {fault}" for name, one in outcomes.items() for fault in one.faults]
    for fault in faults:
        print(fault)
    print("every promise held" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
