"""A Slack that runs on loopback: its Web API, which refuses what Slack refuses.

What it refuses because Slack never takes it is a fault of ours, kept in `refused`; what depends on
the moment (a limit, an old trigger, a message that is gone) is answered as Slack answers it.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from handlers.slack.scopes import NEEDED
from tests.handlers.slack.limits import own_faults
from tests.handlers.slack.methods import TRIGGERED, Limits, Triggers, refused

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
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(code: str) -> Scripted:
    return Scripted(body={"ok": False, "error": code})


def now() -> datetime:
    return datetime.now(UTC)


class FakeSlack:
    """`calls` in order; `refused` is what Slack never takes, `faults` what our own rules forbid."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.refused: list[str] = []
        self.users: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, list[str]] = {}  # members of user groups and channels
        self.hanging = False  # no call is answered in time
        self.channels: dict[str, dict[str, Any]] = {}  # as conversations.info describes them
        self.scopes: frozenset[str] = NEEDED
        self.ws_url = ""
        self.team = "T0HOME"
        self.tokens = {"xoxb-made-up": self.team}  # a token that is not here is revoked
        self.codes: dict[str, str] = {}  # what an install gives, and the token that it is good for
        self.places: dict[str, str] = {}  # channels of other workspaces than the first
        self.triggers = Triggers(clock)
        self._limits = Limits(clock)
        self._posted: set[tuple[str, str]] = set()
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
            self.faults += [f"{call.method}: {one}" for one in own_faults(call.method, call.args)]
            self._numbers += 1
            script = self._scripts[call.method]
            answer = script.popleft() if script else self._judged(call)
            if self.hanging:
                answer = Scripted(hang=True)
            self._changed.notify_all()
        return answer

    def _judged(self, call: Call) -> Scripted:
        """In Slack's order: is it a call at all, is it too often, then what it asks for."""
        code, why = refused(call.method, call.args, call.token)
        if not code and call.token.startswith("xoxb-") and call.token not in self.tokens:
            return refusal("invalid_auth")
        if code:
            self.refused += why
            messages = [f"[ERROR] {one}" for one in why]
            return Scripted(
                body={"ok": False, "error": code, "response_metadata": {"messages": messages}}
            )
        wait_s = self._limits.wait_s(call.method, call.token, str(call.args.get("channel", "")))
        if wait_s:
            limited = {"ok": False, "error": "ratelimited"}
            return Scripted(status=429, body=limited, retry_after=str(wait_s))
        if call.method in TRIGGERED:
            late = self.triggers.refused(call.args["trigger_id"])
            if late:
                return refusal(late)
        scopes = {"x-oauth-scopes": ",".join(sorted(self.scopes))}
        return Scripted(body={"ok": True, **self._body(call, self._numbers)}, headers=scopes)

    def _body(self, call: Call, number: int) -> dict[str, Any]:
        match call.method:
            case "chat.postMessage":
                return self._post(call, f"1795608000.{number:06d}")
            case "chat.update":
                place = (call.args["channel"], call.args["ts"])
                if place not in self._posted:
                    return {"ok": False, "error": "message_not_found"}
                return {"channel": place[0], "ts": place[1]}
            case "chat.getPermalink":
                ts = call.args["message_ts"].replace(".", "")
                return {"permalink": f"https://acme.slack.com/archives/C0REVIEW/p{ts}"}
            case "apps.connections.open":
                return {"url": self.ws_url}
            case "views.open" | "views.push" | "views.update" | "views.publish":
                return {"view": {"id": f"V{number:010d}", "hash": f"{number}.hash"}}
            case _:
                return self._people(call)

    def _people(self, call: Call) -> dict[str, Any]:
        match call.method:
            case "auth.test":
                team = self.tokens[call.token]
                return {"team_id": team, "team": "Acme", "user_id": "U0HEED", "bot_id": "B0HEED"}
            case "oauth.v2.access":
                return self._installed(call.args["code"])
            case "conversations.info":
                channel = self.channels.get(call.args["channel"])
                if channel is None:
                    return {"ok": False, "error": "channel_not_found"}
                return {"channel": {"id": call.args["channel"], **channel}}
            case "users.info":
                user = self.users.get(call.args["user"])
                if user is None:
                    return {"ok": False, "error": "user_not_found"}
                return {"user": {"id": call.args["user"], "team_id": self.team, **user}}
            case "usergroups.users.list":
                if call.args["usergroup"] not in self.groups:
                    return {"ok": False, "error": "no_such_subteam"}
                return {"users": self.groups[call.args["usergroup"]]}
            case "conversations.members":
                if call.args["channel"] not in self.groups:
                    return {"ok": False, "error": "channel_not_found"}
                return self._members(call.args)
            case _:
                return {}

    def _installed(self, code: str) -> dict[str, Any]:
        """A code is good once."""
        token = self.codes.pop(code, "")
        if not token:
            return {"ok": False, "error": "invalid_code"}
        team = {"id": self.tokens[token], "name": "Other"}
        return {"access_token": token, "team": team, "app_id": "A0HEED", "bot_user_id": "U0HEED"}

    def _post(self, call: Call, ts: str) -> dict[str, Any]:
        channel, thread = call.args["channel"], call.args.get("thread_ts")
        team = self.tokens[call.token]
        if self.places.get(channel, self.team) != team:
            return {"ok": False, "error": "channel_not_found"}
        if thread and channel.startswith("C0REVIEW") and (channel, thread) not in self._posted:
            return {"ok": False, "error": "thread_not_found"}
        self._posted.add((channel, ts))
        return {"channel": channel, "ts": ts, "message": {"ts": ts, "team": team}}

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
                args = json.loads(body or "{}")
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
            for name, value in scripted.headers.items():
                self.send_header(name, value)
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
def fake_slack(clock: Callable[[], datetime] = now) -> Iterator[tuple[FakeSlack, str]]:
    """The fake and its API's address. Afterwards it fails on anything that it must not be sent."""
    slack = FakeSlack(clock)
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
    assert (slack.faults, slack.refused) == ([], [])
