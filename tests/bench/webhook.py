"""Signed Twilio webhook to committed answer, beside the same server that only verifies."""

from __future__ import annotations

import math
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from handlers.providers.twilio import sign
from handlers.settings import load_settings
from storage import migrate
from tests.bench.load import Load, run

ROUNDS = 5
REQUESTS = 3000
CONNECTIONS = 16
SYNCED_BYTES = 160 << 10  # about what one file of a batch takes
ORIGIN = "https://optout.example.com"
TOKEN = "a-token-for-the-bench"
# Heed answers every stop itself, so that every one is measured with its answer.
POLICY = """
[[senders]]
id = "+12025550199"
channel = "sms"
provider = "twilio"
confirmed_by = "heed"
"""
WORDS = (
    "STOP",
    "stop",
    "Stop please",
    "pls stop txting me",
    "unsubscribe",
    "take me off this list",
)


def bench() -> Iterator[str]:
    """The lines of the table; the median of five rounds, all in turn within each."""
    with tempfile.TemporaryDirectory(prefix="heed-bench-") as folder:
        env = environment(Path(folder))
        migrate(load_settings(env).store_url)
        yield f"webhook: {CONNECTIONS} connections, {REQUESTS} requests, median of {ROUNDS} rounds"
        yield f"{'':<26}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'failed':>8}"
        with (
            serving("tests.bench.null_app:application", env) as null,
            serving("handlers.web.wsgi:application", env) as heed,
        ):
            subjects = (
                ("verify only", null, WORDS),
                ("heed, committed", heed, WORDS),
                ("heed, no text ever twice", heed, ()),
            )
            runs: list[list[_Run]] = [[] for _ in subjects]
            for number in range(-1, ROUNDS):  # the first warms up
                for place, (_, server, words) in enumerate(subjects):
                    first = (1 + number * len(subjects) + place) * REQUESTS
                    run_now = _measured(server, _requests(first, REQUESTS, words))
                    if number >= 0:
                        runs[place].append(run_now)
        for (name, _, _), of_one in zip(subjects, runs, strict=True):
            yield _row(name, of_one)
        verify, committed, _ = runs
        yield (
            f"heed / verify only: {_ratio(committed, verify, lambda r: r.load.per_second):.2f} "
            f"(aim: at least 0.50); p99 under 50 ms; processor time x "
            f"{_ratio(committed, verify, lambda r: r.cpu_us):.1f}"
        )
        yield _disk(Path(folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that listens on loopback."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """`cpu_us` is the server's processor time for a request: steadier than its rate."""

    load: Load
    cpu_us: float


def _measured(server: Server, requests: list[bytes]) -> _Run:
    before = _cpu_s(server.pid)
    load = run(server.port, requests, CONNECTIONS)
    return _Run(load=load, cpu_us=(_cpu_s(server.pid) - before) / len(requests) * 1e6)


def _cpu_s(pid: int) -> float:
    """Of the process and those that it started; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        children = [int(child) for task in tasks for child in task.read_text().split()]
    except OSError:
        return 0.0
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_s(child) for child in children)


def _row(name: str, runs: list[_Run]) -> str:
    rate = statistics.median(one.load.per_second for one in runs)
    p50 = statistics.median(one.load.quantile_ms(0.5) for one in runs)
    p99 = statistics.median(one.load.quantile_ms(0.99) for one in runs)
    cpu = statistics.median(one.cpu_us for one in runs)
    failures = sum(one.load.failures for one in runs)
    return f"{name:<26}{rate:>8.0f}{p50:>9.1f}{p99:>9.1f}{cpu:>9.0f}{failures:>8}"


def _ratio(one: list[_Run], other: list[_Run], what: Callable[[_Run], float]) -> float:
    return statistics.median(
        what(a) / (what(b) or math.nan) for a, b in zip(one, other, strict=True)
    )


def _disk(folder: Path) -> str:
    """What a sync costs here: of pages written again in place, and of a file that grows."""
    times: dict[str, list[float]] = {"in place": [], "growing": []}
    with (folder / "sync").open("wb", buffering=0) as file:
        for where, took in times.items():
            for number in range(100):
                file.seek(0 if where == "in place" else (number + 1) * SYNCED_BYTES)
                file.write(b"x" * SYNCED_BYTES)
                begun = time.perf_counter()
                os.fsync(file.fileno())
                took.append(1000 * (time.perf_counter() - begun))
    shown = (f"{statistics.median(took):.1f} ms {where}" for where, took in times.items())
    return f"fsync of {SYNCED_BYTES >> 10} KB: {', '.join(shown)}; a batch takes two"


def environment(folder: Path) -> dict[str, str]:
    """The settings of a server that is measured, with all that it keeps in `folder`."""
    (folder / "heed.toml").write_text(POLICY)
    return {
        "PATH": os.environ.get("PATH", ""),
        "HEED_ENV": "production",
        "HEED_VAR": str(folder),
        "HEED_CONFIG": str(folder / "heed.toml"),
        "HEED_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "HEED_PUBLIC_URL": ORIGIN,
        "HEED_TWILIO_ACCOUNT_SID": "AC1",
        "HEED_TWILIO_AUTH_TOKEN": TOKEN,
        "HEED_LOG_LEVEL": "WARNING",
    }


def _requests(first: int, count: int, words: Sequence[str]) -> list[bytes]:
    """Different people, different messages, all signed beforehand; of each text its own if none."""
    return [
        _request(number, words[number % len(words)] if words else f"please stop, no {number:x}!")
        for number in range(first, first + count)
    ]


def _request(number: int, text: str) -> bytes:
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": "AC1",
        "From": f"+1202555{number % 10000:04d}" if number < 10000 else f"+4477{number:08d}",
        "To": "+12025550199",
        "Body": text,
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
        "FromCountry": "US",
        "ToCountry": "US",
        "FromState": "DC",
        "SmsStatus": "received",
    }
    body = urlencode(form).encode()
    signature = sign(TOKEN, f"{ORIGIN}/webhooks/twilio", form)
    head = (
        f"POST /webhooks/twilio HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def serving(target: str, env: dict[str, str]) -> Iterator[Server]:
    """Granian with the application `target`, up until the end of the block."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    options = ["--port", str(port), "--blocking-threads", str(CONNECTIONS), "--no-log", target]
    process = subprocess.Popen([*command, *options], env=env)
    try:
        _wait(port)
        yield Server(port=port, pid=process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(port: int) -> None:
    for _ in range(300):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not come up")
