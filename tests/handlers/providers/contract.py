"""What the contract test needs of a provider: its folder of fixtures, and a stand-in for it."""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from bot.model import Inbound, Recording, ReviewDecision, ReviewUndo
from handlers.ports import RawRequest
from tests.handlers.web_kit import PUBLIC
from tests.kit import NOW

FOLDER = Path(__file__).parents[2] / "fixtures" / "providers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A provider as its folder describes it."""

    name: str
    about: dict[str, Any] = field(repr=False)

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def env(self) -> dict[str, str]:
        """Its settings. What stands in `more_env` it can do without."""
        more = self.about.get("more_env", {})
        placed = {name: text.replace("{folder}", str(self.folder)) for name, text in more.items()}
        return {**self.about["env"], **placed}

    @property
    def stop(self) -> bytes:
        """A stop in the person's own words, as every folder has one."""
        found = next(path for path in self.fixtures() if path.stem == "free-words")
        return found.read_bytes()

    @property
    def signed(self) -> Callable[[RawRequest, str], RawRequest]:
        module = importlib.import_module(f"handlers.providers.{self.name.replace('-', '_')}")
        found: Callable[[RawRequest, str], RawRequest] = module.signed
        return found

    def fixtures(self) -> list[Path]:
        return sorted(
            path
            for path in self.folder.iterdir()
            if path.suffix in (".json", ".form") and not path.name.endswith(".expected.json")
        )

    def request(self, body: bytes, secret: str = "", *, at: Any = NOW) -> RawRequest:
        """The request as the provider would make it; unsigned without a secret."""
        plain = RawRequest(
            method="POST",
            url=f"{PUBLIC}/webhooks/{self.name}",
            headers={},
            body=body,
            content_type=self.about["content_type"],
            received_at=at,
        )
        return self.signed(plain, secret) if secret else plain


def cases() -> list[Case]:
    return [
        Case(name=path.parent.name, about=tomllib.loads(path.read_text("utf-8")))
        for path in sorted(FOLDER.glob("*/provider.toml"))
    ]


def expected(fixture: Path) -> Any:
    return json.loads(fixture.with_name(f"{fixture.stem}.expected.json").read_text("utf-8"))


def told(inbound: Inbound) -> dict[str, Any]:
    """One parsed thing as the expected files spell it: what differs from the plain case."""
    assert not isinstance(inbound, ReviewDecision | ReviewUndo)
    when = inbound.occurred_at.isoformat() if inbound.occurred_at else None
    if isinstance(inbound, Recording):
        return {
            "act": str(inbound.act),
            "address": f"{inbound.address.channel}:{inbound.address.value}",
            "recipient": inbound.recipient,
            "event_id": inbound.event_id,
            "evidence": inbound.evidence,
            "occurred_at": when,
        }
    return {
        "kind": str(inbound.kind),
        "account": inbound.account,
        "event_id": inbound.event_id,
        "address": f"{inbound.address.channel}:{inbound.address.value}",
        "recipient": inbound.recipient,
        "text": inbound.text,
        "provider_intent": str(inbound.provider_intent),
        "provider_replied": inbound.provider_replied,
        "provider_keyword": inbound.provider_keyword,
        "media_count": inbound.media_count,
        "in_reply_to": inbound.in_reply_to,
        "occurred_at": when,
        **({"also": f"{also.channel}:{also.value}"} if (also := inbound.also) else {}),
        **({"part": [part.of, part.number, part.total]} if (part := inbound.part) else {}),
    }


@dataclass(slots=True)
class FakeApi:
    """A provider's REST API on loopback: keeps what it is sent and answers what it is told to."""

    url: str = ""
    status: int = 200
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, bytes]] = field(default_factory=list)
    authorized: list[str] = field(default_factory=list)
    drop: bool = False  # take the request and close without an answer
    pages: list[str] = field(default_factory=list)  # answered one after the other, before `body`


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    api = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            api.calls.append((self.path, self.rfile.read(size)))
            api.authorized.append(self.headers.get("Authorization", ""))
            if api.drop:
                self.close_connection = True
                return
            content = (api.pages.pop(0) if api.pages else api.body).encode()
            self.send_response(api.status)
            for name, value in {"Content-Type": "application/json", **api.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
