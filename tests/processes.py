"""Real processes for the tests: the `heed` command as a user starts it, on free ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

HEED = [sys.executable, "-m", "handlers"]
PATIENCE_S = 60


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
        return port


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Nothing of this machine's own settings; a folder of its own; ports that are free."""
    if more.get("HEED_ENV") == "production":
        (folder / "heed.toml").touch()
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "HEED_VAR": str(folder / "var"),
        "HEED_CONFIG": str(folder / "heed.toml"),
        "HEED_HTTP_LISTEN": f"127.0.0.1:{free_port()}",
        "HEED_SMTP_LISTEN": f"127.0.0.1:{free_port()}",
        **more,
    }


def heed(
    env: dict[str, str], *arguments: str, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [*HEED, *arguments],
        env=env,
        input=stdin,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )


@dataclass(slots=True)
class Running:
    """A process that stays until it is told to go. `said` is its output so far."""

    process: subprocess.Popen[bytes]
    env: dict[str, str]
    said: bytearray

    @property
    def url(self) -> str:
        return f"http://{self.env['HEED_HTTP_LISTEN']}"

    @property
    def smtp_port(self) -> int:
        return int(self.env["HEED_SMTP_LISTEN"].rpartition(":")[2])

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def running(env: dict[str, str], *arguments: str, until: str) -> Iterator[Running]:
    """Start a process and wait until it has said `until`; it is gone afterwards.

    Raises:
        AssertionError: it ended, or never said so; with what it did say.
    """
    process = subprocess.Popen(
        [*HEED, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = bytearray()
    ready, ended = threading.Event(), threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.extend(line)
            if until.encode() in said:
                ready.set()
        ended.set()
        ready.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        assert ready.wait(PATIENCE_S), said.decode()
        assert not ended.is_set(), said.decode()
        yield Running(process, env, said)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        listener.join(PATIENCE_S)
        assert process.stdout is not None
        process.stdout.close()
