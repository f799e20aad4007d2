"""A Slack that runs on loopback: its Web API, stricter than the real one about what we send."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from tests.handlers.slack.limits import faults_of

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    method: str
    args: dict[str, Any]
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """What the next call of a method is answered. `drop`: the connection breaks instead."""

    status: int = 200
    body: dict[str, Any] | None = field(default_factory=lambda: {"ok": True})
    retry_after: str = ""
    drop: bool = False
    hang: bool = False


def refusal(code: str) -> Scripted:
    return Scripted(body={"ok": False, "error": code})


class FakeSlack:
    """`calls` in order; `faults` is what Slack would refuse or our own rules forbid."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.users: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, list[str]] = {}  # members of user groups and channels
        self.hanging = False  # no call is answered in time
        self.ws_url = ""
        self.team = "T0HOME"
        self._scripts: dict[str, deque[Scripted]] = defaultdict(deque)
        self._changed = threading.Condition()
        self._numbers = 0
        self.over = threading.Event()

    def script(self, method: str, *answers: Scripted) -> None:
        self._scripts[method].extend(answers)

    def of(self, method: str) -> list[dict[str, Any]]:
        with self._changed:
            return [call.args for call in self.calls if call.method == method]

    def wait_for(self, method: str, count: int = 1) -> list[dict[str, Any]]:
        """The calls of the method, once there are so many."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: sum(call.method == method for call in self.calls) >= count, PATIENCE_S
            )
        assert came, f"{method} was not called {count} times"
        return self.of(method)

    def answer(self, call: Call) -> Scripted:
        with self._changed:
            self.calls.append(call)
            self.faults += faults_of(call.method, call.args)
            self._numbers += 1
            number = self._numbers
            script = self._scripts[call.method]
            scripted = script.popleft() if script else None
            if self.hanging:
                scripted = Scripted(hang=True)
            self._changed.notify_all()
        return scripted or Scripted(body={"ok": True, **self._body(call, number)})

    def _body(self, call: Call, number: int) -> dict[str, Any]:
        match call.method:
            case "chat.postMessage":
                ts = f"1795608{number:03d}.000000"
                channel = call.args["channel"]
                return {"channel": channel, "ts": ts, "message": {"ts": ts, "team": self.team}}
            case "chat.update":
                return {"channel": call.args["channel"], "ts": call.args["ts"]}
            case "users.info":
                user = self.users.get(call.args["user"])
                if user is None:
                    return {"ok": False, "error": "user_not_found"}
                return {"user": {"id": call.args["user"], "team_id": self.team, **user}}
            case "auth.test":
                return {"team_id": self.team}
            case "apps.connections.open":
                return {"url": self.ws_url}
            case "usergroups.users.list":
                return {"users": self.groups[call.args["usergroup"]]}
            case "conversations.members":
                return self._members(call.args)
            case "chat.getPermalink":
                ts = call.args["message_ts"].replace(".", "")
                return {"permalink": f"https://acme.slack.com/archives/C0REVIEW/p{ts}"}
            case "views.open":
                return {"view": {"id": f"V{number}"}}
            case "views.update" | "views.publish" | "chat.postEphemeral":
                return {}
            case _:
                self.faults.append(f"{call.method} was not expected")
                return {}

    def _members(self, args: dict[str, Any]) -> dict[str, Any]:
        """Two on a page, so that whoever reads the first page alone is found out."""
        start = int(args.get("cursor") or 0)
        found = self.groups[args["channel"]]
        after = str(start + 2) if start + 2 < len(found) else ""
        return {
            "members": found[start : start + 2],
            "response_metadata": {"next_cursor": after},
        }


def _handler(slack: FakeSlack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            if "json" in self.headers.get("Content-Type", ""):
                args = json.loads(body)
            else:
                args = dict(parse_qsl(body, keep_blank_values=True))
                if isinstance(args.get("view"), str):
                    args["view"] = json.loads(args["view"])
            if "xox" in self.path or "token" in args:
                slack.faults.append("a token outside the Authorization header")
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            method = self.path.removeprefix("/api/")
            scripted = slack.answer(Call(method=method, args=args, token=token))
            if scripted.hang:
                slack.over.wait(PATIENCE_S)
            if scripted.drop or scripted.hang:
                self.close_connection = True
                return
            payload = b"" if scripted.body is None else json.dumps(scripted.body).encode()
            self.send_response(scripted.status)
            if scripted.retry_after:
                self.send_header("Retry-After", scripted.retry_after)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def fake_slack() -> Iterator[tuple[FakeSlack, str]]:
    """The fake and its API's address. Afterwards it fails on anything that it must not be sent."""
    slack = FakeSlack()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(slack))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield slack, f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        slack.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert slack.faults == []
