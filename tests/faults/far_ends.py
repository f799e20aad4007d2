"""Where Heed's answers arrive: a provider's API and a mail relay, outside, never killed.

Each takes its time before it answers, so that a kill can fall between the sending and the answer.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.processes import free_port

SLOW_S = 0.08


class Arrived:
    """How many messages came for each address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def note(self, address: str) -> None:
        with self._lock:
            self._counts[address] += 1

    def count(self, address: str) -> int:
        with self._lock:
            return self._counts[address]


class _Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, arrived: Arrived) -> None:
        super().__init__(("127.0.0.1", 0), _Message)
        self.arrived = arrived

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The caller was killed in mid-call: that is what this is for."""


class _Message(BaseHTTPRequestHandler):
    server: _Api

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(length).decode())
        self.server.arrived.note(form["To"][0])
        time.sleep(random.random() * SLOW_S)
        body = b'{"sid": "SM0"}'
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Silent."""


class _Relay:
    def __init__(self, arrived: Arrived) -> None:
        self._arrived = arrived

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        for recipient in envelope.rcpt_tos:
            self._arrived.note(recipient)
        await asyncio.sleep(random.random() * SLOW_S)
        return "250 taken"


@contextmanager
def provider(arrived: Arrived) -> Iterator[str]:
    """The provider's API; its address."""
    api = _Api(arrived)
    thread = threading.Thread(target=api.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{api.server_port}"
    finally:
        api.shutdown()
        api.server_close()
        thread.join()


@contextmanager
def relay(arrived: Arrived) -> Iterator[str]:
    """The relay; its URL."""
    controller = Controller(_Relay(arrived), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()
