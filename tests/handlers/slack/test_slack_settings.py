"""What a wrong or missing setting says at start."""

from __future__ import annotations

import pytest

from handlers.settings import SettingsError, load_settings
from handlers.slack.settings import SlackSettings, slack_settings

BASE = {
    "HEED_ENV": "production",
    "HEED_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}
TOKEN = {"HEED_SLACK_BOT_TOKEN": "xoxb-1"}
SECRET = {"HEED_SLACK_SIGNING_SECRET": "one, two"}
CLIENT = {"HEED_SLACK_CLIENT_ID": "1.2", "HEED_SLACK_CLIENT_SECRET": "s"}


def read(**env: str) -> SlackSettings | None:
    return slack_settings(load_settings({**BASE, **env}))


def test_without_any_of_them_there_is_no_slack() -> None:
    assert read() is None
    assert read(HEED_SLACK_API_URL="http://127.0.0.1:9/api/") is None


def test_secrets_are_read_in_order_and_never_shown() -> None:
    slack = read(**TOKEN, **SECRET, HEED_SLACK_DECIDERS="U1, W2")
    assert slack is not None
    assert slack.signing_secret == ("one", "two")
    assert slack.deciders == ("U1", "W2")
    assert slack.api_url == "https://slack.com/api"
    assert "one" not in repr(slack)
    assert "xoxb" not in repr(slack)


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        (SECRET, "HEED_SLACK_BOT_TOKEN"),
        ({"HEED_SLACK_REVIEW_CHANNEL": "C0REVIEW"}, "HEED_SLACK_BOT_TOKEN"),
        (TOKEN, "HEED_SLACK_SIGNING_SECRET"),
        ({**TOKEN, **SECRET, "HEED_SLACK_REVIEW_CHANNEL": "#reviews"}, "HEED_SLACK_REVIEW_CHANNEL"),
        ({**TOKEN, **SECRET, "HEED_SLACK_DECIDERS": "U1,lee"}, "HEED_SLACK_DECIDERS"),
        ({**TOKEN, **SECRET, "HEED_SLACK_DIGEST_AT": "9"}, "HEED_SLACK_DIGEST_AT"),
        ({**TOKEN, **SECRET, "HEED_SLACK_DIGEST_AT": "9:00 Nowhere/X"}, "HEED_SLACK_DIGEST_AT"),
        ({**TOKEN, **SECRET, "HEED_SLACK_RECORDINGS_AN_HOUR": "0"}, "HEED_SLACK_RECORDINGS_AN"),
        ({**TOKEN, **SECRET, "HEED_SLACK_TEAM_ID": "acme"}, "HEED_SLACK_TEAM_ID"),
        ({**TOKEN, "HEED_SLACK_APP_TOKEN": "xoxb-1"}, "HEED_SLACK_APP_TOKEN"),
        ({**TOKEN, **SECRET, "HEED_SLACK_CLIENT_ID": "1.2"}, "HEED_SLACK_CLIENT_SECRET"),
        ({**TOKEN, **SECRET, "HEED_SLACK_CLIENT_SECRET": "s"}, "HEED_SLACK_CLIENT_ID"),
        ({**TOKEN, **SECRET, **CLIENT}, "HEED_PUBLIC_URL"),
        (
            {**TOKEN, **SECRET, **CLIENT, "HEED_PUBLIC_URL": "https://optout.example.com"},
            "HEED_SLACK_TEAM_ID",
        ),
        ({"HEED_SLACK_BOT_TOKEN": "xapp-1", **SECRET}, "HEED_SLACK_BOT_TOKEN"),
        ({**TOKEN, **SECRET, "HEED_SLACK_API_URL": "slack.com"}, "HEED_SLACK_API_URL"),
    ],
)
def test_a_wrong_or_missing_one_is_a_line_that_names_it(env: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        read(**env)
    assert str(wrong.value).startswith(variable)
    for value in ("xoxb-1", "xapp-1", "one, two"):
        assert value not in str(wrong.value)


def test_socket_mode_needs_no_signing_secret() -> None:
    slack = read(**TOKEN, HEED_SLACK_APP_TOKEN="xapp-1")
    assert slack is not None
    assert slack.signing_secret == ()
