"""`heed slack invite`, `workspaces` and `forget`."""

from __future__ import annotations

import pytest

from handlers.cli.slack_workspaces import forget, invite, workspaces
from handlers.slack.oauth_state import Kind, Tickets
from handlers.slack.workspaces import Workspace, keep
from tests.handlers.cli.kit import Shell

APP = {
    "HEED_PUBLIC_URL": "https://optout.example.com",
    "HEED_SLACK_BOT_TOKEN": "xoxb-made-up",
    "HEED_SLACK_SIGNING_SECRET": "made-up",
    "HEED_SLACK_CLIENT_ID": "1.2",
    "HEED_SLACK_CLIENT_SECRET": "made-up",
    "HEED_SLACK_TEAM_ID": "T0HEED",
}


@pytest.fixture
def app(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name, value in APP.items():
        monkeypatch.setenv(name, value)
    return shell


def test_an_invitation_is_a_link_to_us_that_names_the_review_channel(app: Shell) -> None:
    told = app.run(invite, "--review-channel", "C0ELSE")
    start = "https://optout.example.com/slack/install?invitation="
    assert told.stdout.startswith(start)
    tickets = Tickets(app.bench.store, app.bench.clock)
    ticket = tickets.read(told.stdout.strip().removeprefix(start), Kind.INVITATION)
    assert ticket is not None
    assert ticket.channel == "C0ELSE"


def test_a_channel_by_name_does_not_do(app: Shell) -> None:
    told = app.run(invite, "--review-channel", "#opt-outs")
    assert told.exit_code == 2
    assert "is no channel id" in told.stderr


def test_without_the_apps_own_secrets_nobody_is_invited(
    app: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HEED_SLACK_CLIENT_ID", "HEED_SLACK_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    told = app.run(invite)
    assert told.exit_code == 2
    assert "HEED_SLACK_CLIENT_ID" in told.stderr


def test_workspaces_are_listed_and_can_be_forgotten(app: Shell) -> None:
    assert "none but that of HEED_SLACK_BOT_TOKEN" in app.run(workspaces).stdout
    now = app.bench.clock.now
    one = Workspace(
        team="T0ELSE", title="Other", review_channel="C0ELSE", installed_at=now.isoformat()
    )
    app.bench.store.write(lambda session: keep(session, one, "xoxb-else", now))
    listed = app.run(workspaces).stdout
    assert listed.split() == ["T0ELSE", "C0ELSE", "since", "2026-11-25T12:00", "Other"]
    assert app.run(forget, "T0ELSE").stdout == "T0ELSE is forgotten\n"
    again = app.run(forget, "T0ELSE")
    assert (again.exit_code, again.stderr) == (1, "heed: no workspace T0ELSE is known\n")
