"""The server's end of a WebSocket (RFC 6455), as much of it as Slack's Socket Mode uses."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
PATIENCE_S = 10.0


class Connection:
    """One client. `acks` are the envelopes that it acknowledged, by id."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self.acks: list[dict[str, Any]] = []
        self.over = threading.Event()

    def serve(self, ready: Callable[[Connection], None]) -> None:
        with suppress(OSError, ConnectionError):
            self._shake_hands()
            ready(self)
            self.send({"type": "hello", "num_connections": 1})
            while self._frame():
                pass
        self.over.set()
        self._sock.close()

    def send(self, message: dict[str, Any]) -> None:
        self._write(TEXT, json.dumps(message).encode())

    def close(self) -> None:
        """As Slack closes; the client must come again."""
        with suppress(OSError):
            self._write(CLOSE, struct.pack(">H", 1000))

    def drop(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def wait_for_acks(self, count: int) -> list[dict[str, Any]]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.acks) >= count, PATIENCE_S), self.acks
            return list(self.acks)

    def wait_for_ack(self, envelope_id: str) -> dict[str, Any]:
        with self._changed:
            assert self._changed.wait_for(
                lambda: envelope_id in self.acked() or self.over.is_set(), PATIENCE_S
            ), f"{envelope_id} was not acknowledged"
            return next(ack for ack in self.acks if ack["envelope_id"] == envelope_id)

    def acked(self) -> list[str]:
        return [str(ack["envelope_id"]) for ack in self.acks]

    def _shake_hands(self) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += self._some(1)
        lines = request.decode().split("\r\n")
        key = next(
            line.split(":")[1].strip()
            for line in lines
            if line.lower().startswith("sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        self._sock.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )

    def _frame(self) -> bool:
        first, second = self._some(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self._some(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._some(8))
        assert second & 0x80, "a client must mask"
        mask = self._some(4)
        data = bytes(byte ^ mask[place % 4] for place, byte in enumerate(self._some(length)))
        match first & 0x0F:
            case 8:
                return False
            case 9:
                self._write(PONG, data)
            case 1:
                with self._changed:
                    self.acks.append(json.loads(data))
                    self._changed.notify_all()
            case _:
                pass
        return True

    def _write(self, opcode: int, data: bytes) -> None:
        if len(data) < 126:
            head = struct.pack(">BB", 0x80 | opcode, len(data))
        elif len(data) < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, 126, len(data))
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 127, len(data))
        with self._lock:
            self._sock.sendall(head + data)

    def _some(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            more = self._sock.recv(count - len(found))
            if not more:
                raise ConnectionError
            found += more
        return found


class Server:
    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._changed = threading.Condition()
        self.connections: list[Connection] = []
        self.url = f"ws://127.0.0.1:{listening.getsockname()[1]}/link/?ticket=x"

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                serve = Connection(sock).serve
                threading.Thread(target=serve, args=(self._ready,), daemon=True).start()

    def _ready(self, connection: Connection) -> None:
        with self._changed:
            self.connections.append(connection)
            self._changed.notify_all()

    def connection(self, number: int) -> Connection:
        """The client's nth connection, once it is there."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.connections) > number, PATIENCE_S)
        assert came, f"there is no connection {number}"
        return self.connections[number]


@contextmanager
def websocket_server() -> Iterator[Server]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(listening)
    thread = threading.Thread(target=server.accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in server.connections:
            connection.drop()
        thread.join(PATIENCE_S)
