"""Whether memory stays flat: what the processes of each role hold, looked at while they work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.faults.fleet import Fleet

EVERY_S = 1.0
GROWTH = 1.10
SLACK_MB = 8.0
ENOUGH = 8
"""Looks; with fewer nothing can be said."""


@dataclass(slots=True)
class Memory:
    """Megabytes of each role's processes together, look by look."""

    seen: dict[str, list[float]] = field(default_factory=dict)

    def note(self, role: str, megabytes: float) -> None:
        self.seen.setdefault(role, []).append(megabytes)

    def early(self, role: str) -> float:
        """Warmed up: the median of the second quarter."""
        looks = self.seen[role]
        return median(looks[len(looks) // 4 : len(looks) // 2])

    def late(self, role: str) -> float:
        looks = self.seen[role]
        return median(looks[3 * len(looks) // 4 :])

    def lines(self) -> list[str]:
        return [
            f"memory of {role}: {self.early(role):.0f} MB warmed up, {self.late(role):.0f} MB at the"
            f" end, {max(looks):.0f} MB at most"
            for role, looks in self.seen.items()
            if len(looks) >= ENOUGH
        ]

    def faults(self) -> list[str]:
        """Roles whose memory went on growing once they were warm, or that nobody could look at."""
        found = []
        for role, looks in self.seen.items():
            if len(looks) < ENOUGH:
                found.append(f"memory of {role}: {len(looks)} looks, {ENOUGH} are needed")
            elif self.late(role) > self.early(role) * GROWTH + SLACK_MB:
                found.append(
                    f"memory of {role} grows: {self.early(role):.0f} MB, then"
                    f" {self.late(role):.0f} MB"
                )
        return found


@contextmanager
def watched(fleet: Fleet, memory: Memory) -> Iterator[None]:
    """Look every second for as long as this is open."""
    enough = threading.Event()

    def look() -> None:
        while not enough.wait(EVERY_S):
            for role, member in fleet.members.items():
                held = sum(resident_mb(pid) for pid in member.pids())
                if held:
                    memory.note(role, held)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        enough.set()
        looking.join()


def resident_mb(pid: int) -> float:
    """What a process holds in memory (Linux); 0 where there is none."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
