"""What goes wrong, in an order and at moments that a seed decides."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from tests.faults.fleet import NO_LIMIT, Fleet, until
from tests.postgres import Postgres

FULL_S = 0.5
PAGE = 4096
STEPS_S = (-90, -7, 0, 45, 90)
"""Forwards by less than a confirmation lives, so that no step alone makes one expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often each thing happens. PostgreSQL is restarted where there is one."""

    kills: int
    restarts: int
    full_disks: int
    clock_steps: int


class Chaos:
    def __init__(
        self,
        plan: Plan,
        seed: int,
        fleet: Fleet,
        database: Postgres | None,
        say: Callable[[str], None],
    ) -> None:
        self.done: Counter[str] = Counter()
        self._fleet = fleet
        self._database = database
        self._chance = random.Random(seed)
        self._say = say
        self._faults: list[Callable[[], None]] = [
            *[self._kill] * plan.kills,
            *[self._restart] * (plan.restarts if database else 0),
            *[self._fill_disk] * plan.full_disks,
            *[self._step_clock] * plan.clock_steps,
        ]
        self._chance.shuffle(self._faults)

    def run(self) -> None:
        for number, fault in enumerate(self._faults, 1):
            time.sleep(self._chance.uniform(0.02, 0.5))
            fault()
            self._say(f"{number}/{len(self._faults)} faults")
        self._fleet.step_clock(0)

    def _kill(self) -> None:
        role, how = self._chance.choice(
            (
                ("web", "group"),
                ("web", "parent"),
                ("web", "child"),
                ("worker", "group"),
                ("worker", "group"),
                ("smtp", "group"),
            )
        )
        member = self._fleet.members[role]
        if self._chance.random() < 0.85:  # else also while it starts
            member.wait_until_up()
            time.sleep(self._chance.uniform(0, 0.3))
        until(lambda: member.kill(how), lambda: f"{role} {how}: {member.log.decode()[-4000:]}")
        self.done[f"killed {role}"] += 1

    def _restart(self) -> None:
        assert self._database is not None
        self._database.restart_immediately()
        self.done["PostgreSQL restarted"] += 1

    def _fill_disk(self) -> None:
        """Nothing that those who write now have open may grow for a moment."""
        if self._database is not None:
            self._database.limit_files(PAGE)
            time.sleep(FULL_S)
            until(self._room_again)  # a server whose log found no room restarts itself first
        else:
            for size in (PAGE, NO_LIMIT):
                for member in self._fleet.members.values():
                    member.limit_files(size)
                time.sleep(FULL_S)
        self.done["disk full"] += 1

    def _room_again(self) -> bool:
        assert self._database is not None
        try:
            self._database.limit_files(NO_LIMIT)
        except psycopg.OperationalError:
            return False
        return True

    def _step_clock(self) -> None:
        self._fleet.step_clock(self._chance.choice(STEPS_S))
        self.done["clock stepped"] += 1
