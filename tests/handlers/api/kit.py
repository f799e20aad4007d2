"""Calls to the API as a client makes them, in the three roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.handlers.web_kit import Site, site

POLICY = """
company = "Acme"
help_contact = "help@example.com"

[[programs]]
name = "acme"
title = "Acme"

[[programs]]
name = "bolt"
title = "Bolt"

[[topics]]
name = "promotions"
title = "Promotions"

[[topics]]
name = "receipts"
title = "Receipts"
kind = "transactional"
needs_consent = false

[[topics]]
name = "recall"
title = "Recalls"
required_notice = true

[[senders]]
id = "+12025550100"
channel = "sms"
provider = "twilio"
program = "acme"
"""


KEYS = {"check": "check-key", "record": "record-key", "admin": "admin-key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    site: Site

    @property
    def client(self) -> FlaskClient:
        return self.site.client

    def post(self, path: str, body: Any, role: str = "admin", **headers: str) -> TestResponse:
        return self.client.post(path, json=body, headers=self._headers(role, headers))

    def raw(
        self, path: str, data: bytes, kind: str = "application/json", role: str = "admin"
    ) -> TestResponse:
        headers = self._headers(role, {})
        return self.client.post(path, data=data, content_type=kind, headers=headers)

    def get(self, path: str, role: str = "admin", **query: str) -> TestResponse:
        return self.client.get(path, query_string=query, headers=self._headers(role, {}))

    def blocked(self, address: str, **more: str) -> bool:
        answer = self.post("/v1/check", {"address": address, **more}, role="check")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return not json_of(answer)["allowed"]

    @staticmethod
    def _headers(role: str, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {KEYS[role]}", **named} if role else named


@contextmanager
def opened(folder: Path) -> Iterator[Api]:
    """The real application with the API in it, over a real database in `folder`."""
    with site(folder, policy=POLICY) as joined:
        yield Api(site=joined)


def json_of(answer: TestResponse) -> dict[str, Any]:
    value = answer.get_json()
    assert isinstance(value, dict)
    return value
