"""Heed's own processes, started again whenever they end, as a supervisor would."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
PAUSE_S = 0.1
CLOCK = "FAULTS_CLOCK"
NO_LIMIT = resource.RLIM_INFINITY


class Member:
    """One process of the Procfile. `starts` counts how often it was started."""

    def __init__(self, role: str, env: dict[str, str], folder: Path) -> None:
        self.role = role
        self.starts = 0
        self._env = env
        self._log = folder / f"{role}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: set[int] = set()
        self._said_from = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            with self._log.open("ab") as log:
                self._said_from = log.tell()
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.process", self.role],
                    env=self._env,
                    cwd=ROOT,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._groups.add(self._process.pid)
            self.starts += 1
            self._process.wait()
            self._stopping.wait(PAUSE_S)

    @property
    def up(self) -> bool:
        """Whether it says that it works; a moment later it may be dead, that is the point."""
        if self._process is None or self._process.poll() is not None:
            return False
        if self.role == "worker":
            return b"worker is up" in self.log[self._said_from :]
        return _listens(
            self._env["HEED_SMTP_LISTEN" if self.role == "smtp" else "HEED_HTTP_LISTEN"]
        )

    def pids(self) -> list[int]:
        """Of the process and its children, as of now."""
        process = self._process
        if process is None or process.poll() is not None:
            return []
        return [process.pid, *_children(process.pid)]

    def wait_until_up(self) -> None:
        until(lambda: self.up, lambda: f"{self.role}: {self.log.decode()[-4000:]}")

    @property
    def log(self) -> bytes:
        return self._log.read_bytes() if self._log.exists() else b""

    def kill(self, how: str) -> bool:
        """SIGKILL to the whole group, the `parent` alone, or the `child` alone; False: none there."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        with contextlib.suppress(ProcessLookupError):
            if how == "group":
                os.killpg(process.pid, signal.SIGKILL)
                return True
            pids = [process.pid] if how == "parent" else _children(process.pid)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            return bool(pids)
        return False

    def limit_files(self, size: int) -> None:
        """No file of it may grow past `size` from now on; a write beyond fails."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, NO_LIMIT))

    def stop(self) -> int:
        """SIGTERM; the exit code. Nothing of it is left, whatever became of it."""
        self._stopping.set()
        code = -1
        try:
            if self._process is not None:
                self._process.send_signal(signal.SIGTERM)
                code = self._process.wait(PATIENCE_S)
        finally:
            for group in self._groups:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
            self._thread.join(PATIENCE_S)
        return code


class Fleet:
    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.clock = folder / "clock"
        self.step_clock(0)
        env = {**env, CLOCK: str(self.clock)}
        self.members = {role: Member(role, env, folder) for role in ("web", "worker", "smtp")}

    def step_clock(self, seconds: float) -> None:
        """All clocks go by so much from now on. Replaced as a whole, for others are reading it."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.clock)

    def wait_until_up(self) -> None:
        """Every process works.

        Raises:
            TimeoutError: one does not come up; with what it said.
        """
        for member in self.members.values():
            member.wait_until_up()


@contextmanager
def running(env: dict[str, str], folder: Path) -> Iterator[Fleet]:
    fleet = Fleet(env, folder)
    try:
        for member in fleet.members.values():
            member.start()
        fleet.wait_until_up()
        yield fleet
    finally:
        for member in fleet.members.values():
            member.stop()


def until(
    true: Callable[[], bool],
    why: Callable[[], str] = str,
    *,
    patience_s: float = PATIENCE_S,
) -> None:
    """Look again and again.

    Raises:
        TimeoutError: it did not become true; `why` says more.
    """
    end = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(why())
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []


def _listens(listen: str) -> bool:
    host, _, port = listen.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
