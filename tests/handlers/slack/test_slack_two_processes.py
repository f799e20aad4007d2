"""Two real `heed slack` processes on one database, as Slack uses them: each message goes to one.

Whichever gets it, it counts once; of two clicks at once one decides; one that dies is not missed.
"""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.model import Address, Channel, Verdict
from handlers.parts import Parts, join
from handlers.settings import load_settings
from handlers.slack.buttons import ACTIONS, UNDO
from storage import Review, ReviewState, migrate
from tests.handlers.slack.fake import FakeSlack, fake_slack
from tests.handlers.slack.office import LEE, fixture
from tests.handlers.slack.websocket import Connection, Server, websocket_server
from tests.processes import Running, environment, running

UNCLEAR = "should i stop or not"
_numbers = itertools.count(1)
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OPT_OUT, KEEP = ACTIONS[Verdict.OPT_OUT], ACTIONS[Verdict.NOT_OPT_OUT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`open` are the connections that Slack may use, one of each process."""

    env: dict[str, str]
    parts: Parts
    slack: FakeSlack
    server: Server
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    open: list[Connection] = field(default_factory=list)
    processes: list[Running] = field(default_factory=list)

    @contextmanager
    def process(self) -> Iterator[tuple[Running, Connection]]:
        """One more `heed slack`; it has the newest connection."""
        before = len(self.server.connections)
        with running(self.env, "slack", until="slack is up") as process:
            connection = self.server.connection(before)
            self.processes.append(process)
            yield process, connection

    def person(self) -> str:
        return f"U0ANN{next(self.numbers)}"

    def kinds(self, user: str) -> list[str]:
        addr = self.parts.store.address_hash(address(user))
        entries = self.parts.store.read(lambda session: session.history(addr))
        return [str(entry.kind) for entry in entries]

    def holds(self, user: str) -> list[str]:
        addr = self.parts.store.address_hash(address(user))
        now = self.parts.clock()
        found = self.parts.store.read(lambda session: session.suppressions(addr, now))
        return [str(one.hold) for one in found]

    def review(self, user: str) -> Review:
        addr = self.parts.store.address_hash(address(user))
        (found,) = self.parts.store.read(lambda session: session.reviews_of(addr))
        return found

    def asked(self) -> str:
        """Somebody of whom a review waits."""
        user = self.person()
        tell(self.open[0], says(user, UNCLEAR))
        return user

    def at_once(self, *clicks: dict[str, Any]) -> None:
        """Each to a process of its own; back when both were acknowledged."""
        with ThreadPoolExecutor(len(clicks)) as threads:
            list(threads.map(tell, self.open, clicks))


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("two")
    more = {}
    if request.param == "postgres":
        more["HEED_DATABASE_URL"] = request.getfixturevalue("postgres_server").fresh_url()
    with ExitStack() as stack:
        slack, api = stack.enter_context(fake_slack())
        server = stack.enter_context(websocket_server())
        slack.ws_url = server.url
        slack.users = {LEE: {}}
        env = environment(
            folder,
            HEED_ENV="production",
            HEED_SECRET_KEY=KEY,
            HEED_SLACK_API_URL=api,
            HEED_SLACK_BOT_TOKEN="xoxb-made-up",
            HEED_SLACK_APP_TOKEN="xapp-made-up",
            HEED_SLACK_DECIDERS=LEE,
            **more,
        )
        (folder / "var").mkdir()
        settings = load_settings(env)
        migrate(settings.store_url)
        parts = join(settings)
        stack.callback(parts.close)
        found = Office(env=env, parts=parts, slack=slack, server=server)
        for _ in range(2):
            found.open.append(stack.enter_context(found.process())[1])
        yield found


def address(user: str) -> Address:
    return Address(channel=Channel.SLACK, value=f"T0HOME/{user}")


def says(user: str, text: str) -> dict[str, Any]:
    payload = fixture("dm-stop")
    ts = f"1795607998.{next(_numbers):06d}"
    payload["event"] |= {"user": user, "text": text, "channel": f"D{user}", "ts": ts}
    payload["event_id"] = f"Ev{ts}"
    return envelope("events_api", payload)


def clicks(action: str, review: Review) -> dict[str, Any]:
    payload = fixture("block-actions")
    payload["user"]["id"] = LEE
    payload["actions"][0] |= {"action_id": action, "value": f"{review.id}.{review.version}"}
    payload["container"]["message_ts"] = "1795608001.000100"
    return envelope("interactive", payload)


def envelope(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "envelope_id": f"envelope-{next(_numbers)}",
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind != "events_api",
    }


def tell(connection: Connection, told: dict[str, Any]) -> None:
    connection.send(told)
    connection.wait_for_ack(told["envelope_id"])


def test_what_either_acknowledges_is_recorded_by_then_and_once(office: Office) -> None:
    for number in range(6):
        user = office.person()
        stop = says(user, "STOP")
        tell(office.open[number % 2], stop)
        assert office.kinds(user) == ["opted_out"]
        again = {**stop, "envelope_id": f"{stop['envelope_id']}-again", "retry_attempt": 1}
        tell(office.open[(number + 1) % 2], again)  # Slack did not see the acknowledgement
        assert office.kinds(user) == ["opted_out"]


def test_one_message_given_to_both_at_once_counts_once(office: Office) -> None:
    people = [office.person() for _ in range(6)]
    for user in people:
        stop = says(user, "STOP")
        office.at_once(stop, stop)
    assert [office.kinds(user) for user in people] == [["opted_out"]] * len(people)


def test_of_two_decisions_at_once_one_stands(office: Office) -> None:
    for _ in range(6):
        user = office.asked()
        before = office.review(user)
        office.at_once(clicks(OPT_OUT, before), clicks(KEEP, before))
        after = office.review(user)
        assert (after.state, after.version) == (ReviewState.DECIDED, before.version + 1)
        assert office.kinds(user).count("review_decided") == 1
        kept = after.verdict is Verdict.NOT_OPT_OUT
        assert office.holds(user) == ([] if kept else ["stopped"])


def test_of_two_undoings_at_once_one_counts(office: Office) -> None:
    for action in (OPT_OUT, KEEP, OPT_OUT, KEEP):
        user = office.asked()
        tell(office.open[1], clicks(action, office.review(user)))
        decided = office.review(user)
        office.at_once(clicks(UNDO, decided), clicks(UNDO, decided))
        after = office.review(user)
        assert (after.state, after.version) == (ReviewState.OPEN, decided.version + 1)
        assert office.kinds(user).count("reverted") == 1
        assert office.holds(user) == ["held"]


def test_an_undoing_and_the_customers_own_stop_at_once_leave_them_blocked(office: Office) -> None:
    for _ in range(4):
        user = office.asked()
        tell(office.open[0], clicks(KEEP, office.review(user)))
        undo = clicks(UNDO, office.review(user))
        office.at_once(undo, says(user, "STOP"))
        assert "stopped" in office.holds(user)


def test_a_process_that_is_killed_is_not_missed(office: Office) -> None:
    """What it did not acknowledge Slack gives to the other; what it had recorded counts once."""
    stops = {office.person(): None for _ in range(20)}
    told = {user: says(user, "STOP") for user in stops}
    with office.process() as (process, connection):
        for one in told.values():
            connection.send(one)
        connection.wait_for_acks(1)
        process.process.send_signal(signal.SIGKILL)
        process.process.wait(20)
    assert connection.over.wait(10)
    missed = [one for one in told.values() if one["envelope_id"] not in connection.acked()]
    for one in missed:
        tell(office.open[0], {**one, "retry_attempt": 1, "retry_reason": "timeout"})
    assert [office.kinds(user) for user in told] == [["opted_out"]] * len(told)


def test_a_connection_that_slack_renews_loses_nothing(office: Office) -> None:
    user = office.person()
    before = len(office.server.connections)
    office.open[0].send({"type": "disconnect", "reason": "refresh_requested"})
    office.open[0] = office.server.connection(before)
    tell(office.open[0], says(user, "STOP"))
    assert office.kinds(user) == ["opted_out"]


def test_no_message_stands_in_the_logs(office: Office) -> None:
    user = office.asked()
    tell(office.open[1], clicks(OPT_OUT, office.review(user)))
    said = b"".join(bytes(process.said) for process in office.processes).decode()
    assert "slack is up" in said
    assert UNCLEAR not in said
    assert user not in said
