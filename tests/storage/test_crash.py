"""A process killed in the middle of writing leaves whole units, and every acknowledged one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage import Session
from tests.storage.conftest import NOW, Place
from tests.storage.people import ANN

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("acknowledged", [1, 40, 150])
def test_kill_minus_nine_leaves_all_or_nothing(place: Place, acknowledged: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.storage.crash_child", place.url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    heard = [child.stdout.readline().strip() for _ in range(acknowledged)]
    child.send_signal(signal.SIGKILL)
    # What was said before the kill is acknowledged too; the last line may be torn.
    rest = child.stdout.read().split("\n")
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    heard += rest[:-1]

    def look(session: Session) -> None:
        addr = session.hash_of(ANN)
        history = session.history(addr)
        names = [entry.id.removeprefix("e-") for entry in history]
        assert set(heard) <= set(names), "an acknowledged opt-out is lost"
        assert session.faults(addr) == []
        assert [entry.number for entry in history] == list(range(1, len(history) + 1))
        assert {item.id for item in session.outbox(addr)} == {f"o-{name}" for name in names}
        assert all(session.event(addr, ("twilio", "AC1", name)) for name in names)
        assert all(entry.words is not None for entry in history), "a key is lost"
        assert len(session.suppressions(addr, NOW)) == 1

    store = place.open()
    store.read(look)
    store.ping()
