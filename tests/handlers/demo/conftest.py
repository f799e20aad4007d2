"""A demo of its own for each test: free ports, a folder of its own, no network but loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from handlers.parts import Parts, join
from handlers.serve import doors
from handlers.settings import load_settings
from handlers.web.app import create_app
from handlers.worker import Worker
from storage import migrate

TOKEN = 'name="heed-demo" content="'


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses; held all at once, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def demo_environment(folder: Path) -> dict[str, str]:
    web, smtp = free_ports(2)
    return {
        "HEED_ENV": "demo",
        "HEED_VAR": str(folder / "var"),
        "HEED_CONFIG": str(folder / "no-heed.toml"),
        "HEED_HTTP_LISTEN": f"127.0.0.1:{web}",
        "HEED_SMTP_LISTEN": f"127.0.0.1:{smtp}",
        "HEED_SLACK_API_URL": f"http://127.0.0.1:{web}/demo/slack-api",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The page's requests, as a browser that loaded it would send them."""

    client: FlaskClient
    origin: str
    token: str

    def post(self, path: str, body: object, **headers: str) -> TestResponse:
        own = {"Origin": self.origin, "X-Heed-Demo": self.token, "Sec-Fetch-Site": "same-origin"}
        return self.client.post(
            path,
            base_url=self.origin,
            json=body,
            headers={**own, **{name.replace("_", "-"): value for name, value in headers.items()}},
        )

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(
            path,
            base_url=self.origin,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    settings = load_settings(demo_environment(tmp_path))
    migrate(settings.store_url)
    joined = join(settings)
    yield joined
    joined.close()


@pytest.fixture
def site(parts: Parts) -> Site:
    client = create_app(parts).test_client()
    origin = parts.settings.http_url
    page = client.get("/", base_url=origin)
    assert page.status_code == 200
    return Site(client=client, origin=origin, token=page.text.partition(TOKEN)[2].partition('"')[0])


@pytest.fixture
def live(parts: Parts, site: Site) -> Iterator[Site]:
    """The same with its doors open: the web server and the SMTP listener."""
    host, port = parts.settings.http_listen
    server = make_server(host, port, create_app(parts), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    mail = doors(parts)
    mail.start()
    yield site
    mail.stop()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def worker(parts: Parts) -> Worker:
    """The demo's worker; a test calls `step` where the real one would run by itself."""
    return Worker(store=parts.store, desk=parts.desk, speakers={}, clock=parts.clock, keep=True)
