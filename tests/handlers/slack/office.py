"""A company that runs Heed with Slack: the real application, and a Slack on loopback."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from bot.model import Address, Channel, Context, Evidence, Intent, Reading
from handlers.desk import Reader
from handlers.parts import Parts, join
from handlers.settings import load_settings
from handlers.slack import web
from handlers.slack.buttons import MENU
from handlers.slack.door import signed_headers
from handlers.slack.everywhere import SpeaksEverywhere
from handlers.slack.roster import Roster
from handlers.web.app import create_app
from handlers.worker import Worker
from storage import Review, migrate
from tests.handlers.slack.answers import answer_faults
from tests.handlers.slack.fake import PATIENCE_S, FakeSlack, fake_slack
from tests.kit import Bench, Clock

FIXTURES = Path(__file__).parents[2] / "fixtures" / "slack"
SECRET = "heed-test-signing-secret"
ANN_IN_SLACK = Address(channel=Channel.SLACK, value="T0HOME/U0ANN")
PHONE = Address(channel=Channel.SMS, value="+12025550123")
LEE, KIM, GUEST = "U0LEE", "U0KIM", "U0GUEST"  # a decider, a colleague, a guest
POLICY = """
company = "Acme"
help_contact = "help@example.com"

[[topics]]
name = "surveys"
title = "Surveys"
"""


_clicks = itertools.count(1)  # each click brings a trigger of its own


def fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back over the socket."""

    status_code: int
    content_type: str
    data: bytes

    @property
    def json(self) -> dict[str, Any] | None:
        return json.loads(self.data) if self.data and "json" in self.content_type else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`send` and what builds on it go over real HTTP; `client` calls the application itself."""

    client: FlaskClient
    port: int
    parts: Parts
    bench: Bench
    slack: FakeSlack
    worker: Worker
    secret: str = field(default=SECRET)

    def send(self, body: bytes, content_type: str, **headers: str) -> Answer:
        signed = signed_headers(self.secret, self.bench.clock.now, body)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(
                "POST", web.PATH, body, {"Content-Type": content_type, **signed, **headers}
            )
            answer = connection.getresponse()
            kind = answer.headers.get("Content-Type", "")
            return Answer(status_code=answer.status, content_type=kind, data=answer.read())
        finally:
            connection.close()

    def event(self, payload: Mapping[str, Any] | str, **headers: str) -> Answer:
        sent = fixture(payload) if isinstance(payload, str) else payload
        return self.send(json.dumps(sent).encode(), "application/json", **headers)

    def says(self, text: str, *, ts: str = "1795607998.000100", **changed: Any) -> Answer:
        """Ann writes this to the bot."""
        payload = fixture("dm-stop")
        payload["event"] |= {"text": text, "ts": ts, "event_ts": ts, **changed}
        payload["event_id"] = f"Ev{ts}"
        return self.event(payload)

    def command(self, text: str, **changed: str) -> Answer:
        form = {**fixture("command"), "text": text, **changed}
        self.slack.triggers.issue(form["trigger_id"])
        return self.send(urlencode(form).encode(), "application/x-www-form-urlencoded")

    def click(self, action: str, value: str, *, user: str = LEE, ts: str = "") -> Answer:
        payload = fixture("block-actions") | {"trigger_id": f"click.{next(_clicks)}"}
        payload["user"]["id"] = user
        payload["actions"][0] |= {"action_id": action, "value": value}
        payload["container"]["message_ts"] = ts or self.card_ts()
        return self.interaction(payload)

    def pick(self, entry: str, value: str, *, user: str = LEE, ts: str = "") -> Answer:
        """An entry of a card's menu."""
        payload = fixture("block-actions") | {"trigger_id": f"click.{next(_clicks)}"}
        payload["user"]["id"] = user
        action = payload["actions"][0]
        del action["value"]
        action |= {
            "type": "overflow",
            "action_id": MENU,
            "selected_option": {"value": f"{entry}.{value}"},
        }
        payload["container"]["message_ts"] = ts or self.card_ts()
        return self.interaction(payload)

    def interaction(self, payload: Mapping[str, Any]) -> Answer:
        trigger = self.slack.triggers.issue(payload.get("trigger_id", ""))
        body = urlencode({"payload": json.dumps({**payload, "trigger_id": trigger})}).encode()
        answer = self.send(body, "application/x-www-form-urlencoded")
        self.slack.refused += answer_faults(payload, answer.json)
        return answer

    def submit(self, form_id: str, addresses: str, **changed: Any) -> Answer:
        payload = deepcopy(fixture("view-submission"))
        payload["view"]["private_metadata"] = form_id
        values = payload["view"]["state"]["values"]
        values["addresses"]["addresses"]["value"] = addresses
        for name, value in changed.items():
            values.setdefault(name, {}).setdefault(name, {}).update(value)
        return self.interaction(payload)

    def work(self) -> None:
        """The worker sends what is due."""
        while self.worker.step():
            pass

    def until(self, true: Callable[[], bool]) -> None:
        """The worker sends what comes to be due behind an answer, until this is so."""
        until = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < until
            self.work()

    def review(self) -> Review:
        """The one review that there is."""
        (found,) = self.parts.store.read(
            lambda session: session.reviews_of(self.bench.addr(ANN_IN_SLACK))
        )
        return found

    def card_ts(self) -> str:
        return self.review().card_ts


@contextmanager
def _served(app: Flask) -> Iterator[int]:
    """On a port of loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_doubts(read: Reader) -> Reader:
    """The real reading, except that words with "dunno" in them may be a stop.

    A test of Slack is no test of what the reading finds unclear.
    """

    def read_words(
        text: str,
        *,
        channel: Channel,
        context: Context,
        choices: tuple[str, ...],
        lang: str | None,
        sender: str = "",
        at: datetime | None = None,
    ) -> Reading:
        found = read(text, channel=channel, context=context, choices=choices, lang=lang, at=at)
        place = text.find("dunno")
        if place < 0:
            return found
        told = Evidence(start=place, end=place + 5, words="dunno", rule="test")
        return Reading(
            intent=Intent.AMBIGUOUS,
            confidence=0.61,
            rule="test",
            version="1",
            lang="en",
            evidence=(told,),
            may_be_stop=True,
        )

    return read_words


@contextmanager
def office(
    folder: Path, *, policy: str = POLICY, met: bool = True, **more: str
) -> Iterator[Office]:
    """`met`: the worker has asked Slack already about those in the review channel."""
    (folder / "heed.toml").write_text(policy)
    clock = Clock()
    with fake_slack(clock) as (slack, url):
        slack.users = {LEE: {}, KIM: {}, GUEST: {"is_restricted": True}}
        slack.groups = {"C0REVIEW": list(slack.users)}
        settings = load_settings(
            {
                "HEED_ENV": "production",
                "HEED_VAR": str(folder),
                "HEED_CONFIG": str(folder / "heed.toml"),
                "HEED_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                "HEED_PUBLIC_URL": "https://optout.example.com",
                "HEED_SLACK_SIGNING_SECRET": f"{SECRET},the-secret-before",
                "HEED_SLACK_BOT_TOKEN": "xoxb-made-up",
                "HEED_SLACK_API_URL": url,
                "HEED_SLACK_REVIEW_CHANNEL": "C0REVIEW",
                "HEED_SLACK_DECIDERS": LEE,
                **more,
            }
        )
        migrate(settings.store_url)
        parts = join(settings, clock=clock)
        parts.desk._reader = with_doubts(parts.desk._reader)
        if met:
            Roster(parts)(clock.now)
            slack.calls.clear()
        app = create_app(parts)
        if "slack" not in app.blueprints:
            app.register_blueprint(web.blueprint(parts))
        try:
            with _served(app) as port:
                yield Office(
                    client=app.test_client(),
                    port=port,
                    parts=parts,
                    bench=Bench(store=parts.store, desk=parts.desk, clock=clock, folder=folder),
                    slack=slack,
                    worker=Worker(
                        store=parts.store,
                        desk=parts.desk,
                        speakers={"slack": SpeaksEverywhere(parts)},
                        clock=clock,
                        chance=lambda: 0.0,
                    ),
                )
        finally:
            parts.close()
