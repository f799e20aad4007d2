"""Signed Twilio webhook to committed answer, beside the same server that only verifies."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from handlers.providers.twilio import sign
from handlers.settings import load_settings
from storage import migrate
from tests.bench.load import Load, run

ROUNDS = 5
REQUESTS = 3000
CONNECTIONS = 16
ORIGIN = "https://optout.example.com"
TOKEN = "a-token-for-the-bench"
WORDS = (
    "STOP",
    "stop",
    "Stop please",
    "pls stop txting me",
    "unsubscribe",
    "take me off this list",
)


def bench() -> list[str]:
    """The lines of the table; the median of five rounds, the two in turn within each."""
    with tempfile.TemporaryDirectory(prefix="heed-bench-") as folder:
        env = _environment(Path(folder))
        migrate(load_settings(env).store_url)
        with (
            _server("handlers.web.wsgi:application", env) as heed,
            _server("tests.bench.null_app:application", env) as null,
        ):
            run(heed, _requests(9_000_000, 200), CONNECTIONS)
            run(null, _requests(9_000_000, 200), CONNECTIONS)
            pairs = []
            for number in range(ROUNDS):
                requests = _requests(number * REQUESTS, REQUESTS)
                pairs.append((run(null, requests, CONNECTIONS), run(heed, requests, CONNECTIONS)))
    return _table(pairs)


def _table(pairs: list[tuple[Load, Load]]) -> list[str]:
    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    rows = []
    for name, which in (("verify only", 0), ("heed, committed", 1)):
        rate = median(pair[which].per_second for pair in pairs)
        p50 = median(pair[which].quantile_ms(0.5) for pair in pairs)
        p99 = median(pair[which].quantile_ms(0.99) for pair in pairs)
        failures = sum(pair[which].failures for pair in pairs)
        rows.append(f"{name:<18}{rate:>10.0f}{p50:>10.1f}{p99:>10.1f}{failures:>10}")
    ratio = median(pair[1].per_second / pair[0].per_second for pair in pairs)
    return [
        f"webhook: {CONNECTIONS} connections, {REQUESTS} requests, median of {ROUNDS} rounds",
        f"{'':<18}{'per s':>10}{'p50 ms':>10}{'p99 ms':>10}{'failed':>10}",
        *rows,
        f"heed / verify only: {ratio:.2f} (aim: at least 0.50)",
    ]


def _environment(folder: Path) -> dict[str, str]:
    (folder / "heed.toml").touch()
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


def _requests(first: int, count: int) -> list[bytes]:
    """Different people, different messages, all signed beforehand."""
    return [_request(number) for number in range(first, first + count)]


def _request(number: int) -> bytes:
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": "AC1",
        "From": f"+1202555{number % 10000:04d}" if number < 10000 else f"+4477{number:08d}",
        "To": "+12025550199",
        "Body": WORDS[number % len(WORDS)],
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
def _server(target: str, env: dict[str, str]) -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    options = ["--port", str(port), "--blocking-threads", str(CONNECTIONS), "--no-log", target]
    process = subprocess.Popen([*command, *options], env=env)
    try:
        _wait(port)
        yield port
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
