"""A desk behind a firewall: the same messages over Socket Mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from handlers.slack.findings import slack_findings
from handlers.slack.socket import SocketMode
from storage import StoreUnavailable
from tests.handlers.slack.fake import Scripted, refusal
from tests.handlers.slack.office import ANN_IN_SLACK, PHONE, Office, fixture, office
from tests.handlers.slack.websocket import Server, websocket_server

SOON_S = 0.05


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, HEED_SLACK_APP_TOKEN="xapp-made-up") as joined:
        yield joined


@contextmanager
def connected(desk: Office) -> Iterator[tuple[Server, SocketMode]]:
    with websocket_server() as server:
        desk.slack.ws_url = server.url
        socket = SocketMode(desk.parts, ping_s=SOON_S, first_wait_s=SOON_S)
        socket.start()
        try:
            yield server, socket
        finally:
            socket.stop()


def envelope(kind: str, payload: dict[str, Any], number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "envelope_id": f"envelope-{number}",
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind != "events_api",
        **more,
    }


def found(desk: Office) -> str:
    return " ".join(one.what for one in slack_findings(desk.parts))


def until(true: Callable[[], bool]) -> None:
    never = Event()
    for _ in range(1000):
        if true():
            return
        never.wait(0.01)
    raise AssertionError("it did not come about within ten seconds")


def test_a_stop_is_acknowledged_when_it_is_recorded(desk: Office) -> None:
    with connected(desk) as (server, _):
        connection = server.connection(0)
        connection.send(envelope("events_api", fixture("dm-stop")))
        (ack,) = connection.wait_for_acks(1)
        assert ack == {"envelope_id": "envelope-1"}
        assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
    call = next(call for call in desk.slack.calls if call.method == "apps.connections.open")
    assert call.token == "xapp-made-up"


def test_a_redelivered_envelope_has_no_second_effect(desk: Office) -> None:
    with connected(desk) as (server, _):
        connection = server.connection(0)
        connection.send(envelope("events_api", fixture("dm-stop")))
        connection.wait_for_acks(1)
        connection.send(
            envelope("events_api", fixture("dm-stop"), retry_attempt=1, retry_reason="timeout")
        )
        connection.wait_for_acks(2)
    assert desk.bench.kinds(ANN_IN_SLACK) == ["opted_out"]


def test_what_was_not_recorded_is_not_acknowledged(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = Event()

    def away(*_: object, **__: object) -> None:
        tried.set()
        raise StoreUnavailable("the database is away")

    with connected(desk) as (server, _):
        connection = server.connection(0)
        with monkeypatch.context() as broken:
            broken.setattr(desk.parts.store, "write", away)
            connection.send(envelope("events_api", fixture("dm-stop"), 1))
            assert tried.wait(10)
        connection.send(envelope("events_api", fixture("dm-stop"), 2))
        acks = connection.wait_for_acks(1)
    assert [ack["envelope_id"] for ack in acks] == ["envelope-2"]
    assert desk.bench.kinds(ANN_IN_SLACK) == ["opted_out"]


def test_the_answer_to_a_command_rides_in_the_acknowledgement(desk: Office) -> None:
    form = fixture("command") | {"text": "+1 202 555 0123 rang"}
    with connected(desk) as (server, _):
        connection = server.connection(0)
        connection.send(envelope("slash_commands", form))
        (ack,) = connection.wait_for_acks(1)
    assert "Recorded" in ack["payload"]["text"]
    assert desk.bench.holds(PHONE) == {"channel": "stopped"}


def test_the_receipt_of_a_form_rides_in_the_acknowledgement(desk: Office) -> None:
    payload = fixture("view-submission")
    payload["view"]["private_metadata"] = "form"
    payload["view"]["state"]["values"]["addresses"]["addresses"]["value"] = "+12025550123"
    with connected(desk) as (server, _):
        connection = server.connection(0)
        connection.send(envelope("interactive", payload))
        (ack,) = connection.wait_for_acks(1)
    assert ack["payload"]["response_action"] == "update"


def test_the_connection_is_renewed_when_slack_ends_it(desk: Office) -> None:
    with connected(desk) as (server, _):
        server.connection(0).close()
        server.connection(1).drop()
        third = server.connection(2)
        third.send({"type": "disconnect", "reason": "refresh_requested"})
        fourth = server.connection(3)
        fourth.send(envelope("events_api", fixture("dm-stop")))
        fourth.wait_for_acks(1)
    assert desk.bench.kinds(ANN_IN_SLACK) == ["opted_out"]


def test_socket_mode_that_was_switched_off_is_said_and_waited_for(desk: Office) -> None:
    """A bounded number of tries; when it is on again, all goes on by itself."""
    off = [refusal("socket_mode_not_enabled")] * 3
    with connected(desk) as (server, _):
        first = server.connection(0)
        desk.slack.script("apps.connections.open", *off)
        first.send({"type": "disconnect", "reason": "link_disabled"})
        desk.slack.wait_for("apps.connections.open", 2)
        until(lambda: "switched off" in found(desk))
        first.close()
        again = server.connection(1)
        again.send(envelope("events_api", fixture("dm-stop")))
        again.wait_for_acks(1)
        assert "switched off" not in found(desk)
    assert len(desk.slack.of("apps.connections.open")) == len(off) + 2


def test_slack_that_is_away_is_waited_for(desk: Office) -> None:
    desk.slack.script("apps.connections.open", Scripted(drop=True), Scripted(status=500, body=None))
    with connected(desk) as (server, _):
        server.connection(0)
    assert len(desk.slack.of("apps.connections.open")) == 3


def test_health_is_a_connection_that_answers(desk: Office) -> None:
    with connected(desk) as (server, socket):
        server.connection(0)
        until(socket.healthy)
    assert not socket.healthy()


def test_a_desk_that_stops_leaves_what_it_did_not_take_to_others(desk: Office) -> None:
    with connected(desk) as (server, socket):
        connection = server.connection(0)
        connection.send(envelope("events_api", fixture("dm-stop")))
        connection.wait_for_acks(1)
        socket.stop()
        assert connection.over.wait(10)
    assert len(connection.acks) == 1


def test_socket_mode_needs_no_signing_secret_and_opens_no_door(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with office(folder, HEED_SLACK_APP_TOKEN="xapp-made-up", HEED_SLACK_SIGNING_SECRET="") as desk:
        assert desk.event("dm-stop").status_code == 404
        assert desk.bench.history(ANN_IN_SLACK) == []


def test_stopping_before_a_connection_was_made_does_not_hang(desk: Office) -> None:
    socket = SocketMode(replace(desk.parts), first_wait_s=SOON_S)
    assert not socket.healthy()
    socket.stop()
