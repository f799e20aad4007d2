"""What the contract test needs of a mail service: its folder of fixtures, and what came of one."""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.model import Address, Channel
from handlers.ports import RawRequest
from tests.handlers.web_kit import POLICY, PUBLIC, Site, site
from tests.kit import NOW

FIXTURES = Path(__file__).parents[2] / "fixtures"
FOLDER = FIXTURES / "mailservices"
PEOPLE = [f"{name}@reader.example.org" for name in ("ana", "bo", "cy", "di")]
LISTS = """
[[topics]]
name = "newsletter"
title = "Newsletter"
lists = ["sendgrid:7", "ses:weekly"]
"""
KINDS = {
    ".json": "application/json",
    ".form": "application/x-www-form-urlencoded",
    ".multipart": "multipart/form-data; boundary=xYzZY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A mail service as its folder describes it."""

    name: str
    about: dict[str, Any] = field(repr=False)

    @property
    def env(self) -> dict[str, str]:
        given = self.about["env"]
        folder = str(FIXTURES / "providers")
        return {name: text.replace("{providers}", folder) for name, text in given.items()}

    @property
    def signed(self) -> Callable[[RawRequest, str], RawRequest]:
        module = importlib.import_module(f"handlers.mailservices.{self.name}")
        found: Callable[[RawRequest, str], RawRequest] = module.signed
        return found

    def fixtures(self) -> list[Path]:
        files = (FOLDER / self.name).iterdir()
        return sorted(path for path in files if path.suffix in KINDS and path.stem != "expected")

    def expected(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((FOLDER / self.name / "expected.json").read_text())
        return found

    def request(
        self, body: bytes, kind: str = KINDS[".json"], *, secret: str = "", at: datetime = NOW
    ) -> RawRequest:
        """The request as the service would make it; unsigned without a secret."""
        plain = RawRequest(
            method="POST",
            url=f"{PUBLIC}/webhooks/{self.name}",
            headers={"content-type": kind},
            body=body,
            content_type=kind.partition(";")[0],
            received_at=at,
        )
        return self.signed(plain, secret) if secret else plain

    def of(self, fixture: Path, **more: Any) -> RawRequest:
        given = {"secret": self.about["secret"], **more}
        return self.request(fixture.read_bytes(), KINDS[fixture.suffix], **given)


def cases() -> list[Case]:
    return [
        Case(name=path.parent.name, about=tomllib.loads(path.read_text("utf-8")))
        for path in sorted(FOLDER.glob("*/service.toml"))
    ]


@contextmanager
def desk_for(folder: Path, case: Case, **more: str) -> Iterator[Site]:
    with site(folder, policy=POLICY + LISTS, **{**case.env, **more}) as desk:
        yield desk


def post(client: FlaskClient, request: RawRequest) -> TestResponse:
    return client.post(urlsplit(request.url).path, data=request.body, headers=dict(request.headers))


def came_of_it(desk: Site, case: Case) -> dict[str, Any]:
    """For everybody that something was recorded of: the ledger's kinds, and what stands."""
    found = {}
    asked = [Address(channel=Channel.EMAIL, value=person) for person in PEOPLE]
    asked.append(Address(channel=Channel.OTHER, value=f"provider:{case.name}"))
    for address in asked:
        history = desk.bench.history(address)
        if history:
            found[address.value] = {
                "entries": [f"{one.kind} {one.facts['kind']}" for one in history],
                "holds": desk.bench.holds(address),
                "answers": desk.bench.answers(address),
            }
    return found
