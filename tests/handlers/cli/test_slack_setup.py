"""`heed slack setup`: an operator without an app gets to one that works, and hears what is wrong."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from handlers.cli.slack_setup import setup
from handlers.slack.door import signed_headers
from tests.handlers.slack.fake import FakeSlack, fake_slack, refusal
from tests.handlers.slack.websocket import websocket_server
from tests.processes import HEED, environment, running

SECRET = "heed-test-signing-secret"
REVIEW = {"name": "opt-outs", "is_member": True, "is_private": True}


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    for name in [name for name in os.environ if name.startswith("HEED_")]:
        monkeypatch.delenv(name)
    with fake_slack() as (slack, url):
        slack.channels = {"C0REVIEW": {**REVIEW}}
        monkeypatch.setenv("HEED_SLACK_API_URL", url)
        monkeypatch.setenv("HEED_PUBLIC_URL", "https://optout.example.com")
        monkeypatch.setenv("HEED_SLACK_BOT_TOKEN", "xoxb-made-up")
        monkeypatch.setenv("HEED_SLACK_REVIEW_CHANNEL", "C0REVIEW")
        monkeypatch.setenv("HEED_SLACK_SIGNING_SECRET", SECRET)
        yield slack


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(setup, [*arguments, "--wait", "0"])


def test_all_is_well(slack: FakeSlack) -> None:
    told = ran()
    assert told.exit_code == 0, told.output
    assert "the token is good: workspace Acme (T0HOME)" in told.output
    assert "the app has every scope" in told.output
    assert "the app is in #opt-outs" in told.output
    assert "xoxb-made-up" not in told.output
    assert SECRET not in told.output


def test_the_manifest_to_paste_has_the_desks_host(slack: FakeSlack) -> None:
    text = ran().output
    begin, end = text.index("_metadata:"), text.index("2. Install")
    app = yaml.safe_load(text[begin:end])
    url = "https://optout.example.com/slack/events"
    assert app["settings"]["event_subscriptions"]["request_url"] == url


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ({**REVIEW, "is_member": False}, "write /invite @heed there"),
        ({**REVIEW, "is_archived": True}, "is archived"),
        ({**REVIEW, "is_ext_shared": True}, "shared with another company"),
    ],
)
def test_a_review_channel_that_will_not_do_is_said_to(
    slack: FakeSlack, channel: dict[str, object], said: str
) -> None:
    slack.channels["C0REVIEW"] = channel
    told = ran()
    assert told.exit_code == 1
    assert said in told.output


def test_a_public_review_channel_is_a_risk_and_no_fault(slack: FakeSlack) -> None:
    slack.channels["C0REVIEW"]["is_private"] = False
    told = ran()
    assert told.exit_code == 0
    assert "warn  HEED_SLACK_REVIEW_CHANNEL: #opt-outs is public" in told.output


def test_a_channel_that_is_not_there(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEED_SLACK_REVIEW_CHANNEL", "C0OTHER")
    told = ran()
    assert told.exit_code == 1
    assert "channel_not_found" in told.output


def test_missing_scopes_are_named(slack: FakeSlack) -> None:
    slack.scopes -= {"users:read", "commands"}
    told = ran()
    assert told.exit_code == 1
    assert "the app lacks commands, users:read" in told.output


def test_the_token_of_another_workspace(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEED_SLACK_TEAM_ID", "T0OTHER")
    told = ran()
    assert told.exit_code == 1
    assert "HEED_SLACK_TEAM_ID is T0OTHER, but the token is for T0HOME" in told.output


def test_values_of_another_make_never_reach_slack(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_SLACK_BOT_TOKEN", "a password of mine")
    told = ran()
    assert told.exit_code == 1
    assert "HEED_SLACK_BOT_TOKEN is no bot token" in told.output
    assert "password" not in told.output
    assert slack.calls == []


def test_what_is_not_set_is_named_with_its_place(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEED_SLACK_BOT_TOKEN")
    monkeypatch.delenv("HEED_SLACK_REVIEW_CHANNEL")
    told = ran()
    assert told.exit_code == 2
    assert "HEED_SLACK_BOT_TOKEN is not set (OAuth & Permissions" in told.output
    assert "HEED_SLACK_REVIEW_CHANNEL is not set" in told.output


def test_without_a_public_url_slack_is_reached_by_socket_mode(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEED_PUBLIC_URL")
    monkeypatch.setenv("HEED_SLACK_APP_TOKEN", "xapp-made-up")
    with websocket_server() as server:
        slack.ws_url = server.url
        told = ran()
    assert told.exit_code == 0, told.output
    assert "a Socket Mode connection opens" in told.output
    assert "socket_mode_enabled: true" in told.output
    assert len(server.connections) == 1


def test_an_app_token_that_opens_nothing(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    slack.script("apps.connections.open", refusal("missing_scope"))
    monkeypatch.setenv("HEED_SLACK_APP_TOKEN", "xapp-made-up")
    told = ran("--socket-mode")
    assert told.exit_code == 1
    assert "with the scope connections:write" in told.output


def test_over_http_a_public_url_is_needed(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEED_PUBLIC_URL")
    told = ran("--http")
    assert told.exit_code == 2
    assert "HEED_PUBLIC_URL is missing" in told.stderr


def test_at_a_terminal_each_value_is_asked_for_and_checked(
    slack: FakeSlack, tmp_path: Path
) -> None:
    api = os.environ["HEED_SLACK_API_URL"]
    env = {**environment(tmp_path), "HEED_SLACK_API_URL": api}
    env["HEED_PUBLIC_URL"] = "https://optout.example.com"
    with terminal(env, "slack", "setup", "--wait", "0") as (says, types):
        says("HEED_SLACK_BOT_TOKEN: OAuth")
        types("nonsense")
        says("is no bot token")
        types("xoxb-made-up")
        says("the token is good")
        says("HEED_SLACK_REVIEW_CHANNEL: make a private channel")
        types("C0REVIEW")
        says("the app is in #opt-outs")
        says("HEED_SLACK_SIGNING_SECRET: Basic Information")
        types(SECRET)
        told = says("export HEED_SLACK_SIGNING_SECRET=")
    assert "xoxb-made-up" not in told
    assert SECRET not in told


def test_the_first_signed_request_shows_that_the_secret_is_right(tmp_path: Path) -> None:
    with fake_slack() as (slack, url):
        slack.channels = {"C0REVIEW": {**REVIEW}}
        env = environment(
            tmp_path,
            HEED_ENV="production",
            HEED_SECRET_KEY="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            HEED_PUBLIC_URL="https://optout.example.com",
            HEED_SLACK_API_URL=url,
            HEED_SLACK_BOT_TOKEN="xoxb-made-up",
            HEED_SLACK_REVIEW_CHANNEL="C0REVIEW",
            HEED_SLACK_SIGNING_SECRET=SECRET,
        )
        with running(env, "web", until="web is up") as server:
            wrong = waited_for(env, server.url, "another secret")
            right = waited_for(env, server.url, SECRET)
    assert wrong[0] == 1
    assert "signed with another secret" in wrong[1]
    assert right[0] == 0
    assert "came and verified" in right[1]


def waited_for(env: dict[str, str], url: str, secret: str) -> tuple[int, str]:
    """What setup says when Slack checks the address, signed with this secret."""
    with subprocess.Popen(
        [*HEED, "slack", "setup", "--wait", "60"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stdout is not None
        told = ""
        while "Waiting" not in told:
            told += waiting.stdout.readline()
        body = b'{"type":"url_verification","challenge":"c"}'
        headers = signed_headers(secret, datetime.now(UTC), body)
        connection = HTTPConnection(url.removeprefix("http://"), timeout=20)
        connection.request(
            "POST", "/slack/events", body, {**headers, "Content-Type": "application/json"}
        )
        connection.getresponse().read()
        connection.close()
        told += waiting.stdout.read()
    return waiting.returncode, told


@contextmanager
def terminal(
    env: dict[str, str], *arguments: str
) -> Iterator[tuple[Callable[[str], str], Callable[[str], None]]]:
    """A person at a terminal: `says` waits until it was said, `types` answers with a line."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*HEED, *arguments],
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,  # no other terminal that a hidden answer could be read from
    )
    os.close(theirs)
    said = bytearray()
    seen = 0

    def says(text: str) -> str:
        nonlocal seen
        while (at := said.find(text.encode(), seen)) < 0:
            try:
                said.extend(os.read(ours, 4096))
            except OSError:
                raise AssertionError(said.decode()) from None
        seen = at + len(text)
        return said.decode()

    def types(line: str) -> None:
        says("value (empty: later)")
        os.write(ours, line.encode() + b"\n")

    try:
        yield says, types
        assert process.wait(60) == 2
    finally:
        process.kill()
        process.wait()
        os.close(ours)
