"""What a customer's words to the bot lead to."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from bot.model import Address, Channel
from handlers.settings import load_settings
from handlers.slack.settings import slack_settings
from storage import StoreUnavailable
from tests.handlers.slack.fake import Scripted
from tests.handlers.slack.office import ANN_IN_SLACK, Office, fixture, office

CONNECTED = Address(channel=Channel.SLACK, value="T0AWAY/U0GUEST")
NOBODY = Address(channel=Channel.OTHER, value="provider:slack")


def test_stop_in_a_direct_message_opts_out_and_is_answered_once(desk: Office) -> None:
    assert desk.event("dm-stop").status_code == 200
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
    desk.work()
    (answer,) = desk.slack.of("chat.postMessage")
    assert answer["channel"] == "D0ANN"
    assert "thread_ts" not in answer
    assert "Acme" in answer["text"]
    desk.work()
    assert len(desk.slack.of("chat.postMessage")) == 1


def test_a_message_delivered_twice_has_one_effect_and_one_answer(desk: Office) -> None:
    first = desk.event("dm-stop")
    again = desk.event(
        "dm-stop", **{"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    )
    assert (first.status_code, again.status_code) == (200, 200)
    other_event = fixture("dm-stop") | {"event_id": "Ev0OTHER"}
    assert desk.event(other_event).status_code == 200
    desk.work()
    assert desk.bench.kinds(ANN_IN_SLACK)[0] == "opted_out"
    assert desk.bench.kinds(ANN_IN_SLACK).count("opted_out") == 1
    assert len(desk.slack.of("chat.postMessage")) == 1


def test_many_deliveries_at_once_have_one_effect(desk: Office) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(desk.event("dm-stop").status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert desk.bench.kinds(ANN_IN_SLACK) == ["opted_out"]


def test_while_the_database_is_away_slack_is_told_to_come_again(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(desk.parts.store, "write", away)
        assert desk.event("dm-stop").status_code == 500
    assert desk.event("dm-stop", **{"X-Slack-Retry-Num": "1"}).status_code == 200
    assert desk.event("dm-stop", **{"X-Slack-Retry-Num": "2"}).status_code == 200
    assert desk.bench.kinds(ANN_IN_SLACK) == ["opted_out"]


def test_an_edit_that_says_stop_is_heard(desk: Office) -> None:
    assert desk.event("dm-edited-into-stop").status_code == 200
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
    assert desk.event("dm-edited-into-stop").status_code == 200
    assert desk.bench.kinds(ANN_IN_SLACK) == ["opted_out"]


def test_an_edit_without_a_stop_is_no_message(desk: Office) -> None:
    payload = fixture("dm-edited-into-stop")
    payload["event"]["message"]["text"] = "hello over there"
    assert desk.event(payload).status_code == 200
    assert desk.bench.history(ANN_IN_SLACK) == []


def test_an_edit_or_a_deletion_takes_no_opt_out_back(desk: Office) -> None:
    desk.event("dm-stop")
    assert desk.event("dm-deleted").status_code == 200
    payload = fixture("dm-edited-into-stop")
    payload["event"]["message"]["text"] = "never mind"
    assert desk.event(payload).status_code == 200
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}


@pytest.mark.parametrize(
    "name", ["dm-link-unfolded", "dm-from-ourselves", "channel-join", "dm-deleted"]
)
def test_what_no_person_wrote_is_no_message(desk: Office, name: str) -> None:
    assert desk.event(name).status_code == 200
    assert desk.bench.history(ANN_IN_SLACK) == []
    assert desk.bench.history(Address(channel=Channel.SLACK, value="T0HOME/U0HEED")) == []


def test_a_mention_from_another_company_is_answered_in_its_thread(desk: Office) -> None:
    """In a shared channel the address is that of the writer's own workspace."""
    assert desk.event("mention-from-connect").status_code == 200
    assert desk.bench.holds(CONNECTED) == {"channel": "stopped"}
    desk.work()
    (answer,) = desk.slack.of("chat.postMessage")
    assert (answer["channel"], answer["thread_ts"]) == ("C0SHARED", "1795607998.001000")


def test_a_message_in_a_thread_is_answered_there(desk: Office) -> None:
    desk.says("stop", thread_ts="1795600000.000100")
    desk.work()
    assert desk.slack.of("chat.postMessage")[0]["thread_ts"] == "1795600000.000100"


def test_our_own_mention_and_slacks_markup_are_no_part_of_the_words(desk: Office) -> None:
    desk.says("<@U0HEED> hello &amp; <https://example.com|goodbye> &lt;3")
    (entry,) = desk.bench.history(ANN_IN_SLACK)
    assert entry.words == "hello & goodbye <3"


def test_the_time_is_that_of_the_message(desk: Office) -> None:
    desk.event("dm-stop")
    (entry,) = desk.bench.history(ANN_IN_SLACK)
    assert entry.effective_at.isoformat() == "2026-11-25T11:59:58.000100+00:00"


def test_start_after_stop_opts_in_again(desk: Office) -> None:
    desk.says("stop", ts="1795607990.000100")
    desk.says("start", ts="1795607995.000100")
    assert desk.bench.holds(ANN_IN_SLACK) == {}


def test_a_picture_without_words_goes_to_a_person(desk: Office) -> None:
    assert desk.event("dm-picture").status_code == 200
    assert desk.review().cause == "media"


def test_a_message_that_is_signed_but_not_understood_goes_to_a_person(desk: Office) -> None:
    assert desk.event("dm-from-nobody").status_code == 200
    assert desk.event("dm-from-nobody").status_code == 200
    (entry,) = desk.bench.history(NOBODY)
    assert entry.words is not None
    assert "STOP" in entry.words


def test_links_in_an_answer_are_not_unfolded_and_nothing_in_it_is_markup(desk: Office) -> None:
    desk.says("help")
    desk.work()
    (answer,) = desk.slack.of("chat.postMessage")
    assert answer["unfurl_links"] is False
    assert answer["unfurl_media"] is False
    assert "<" not in answer["text"]


def test_another_workspaces_event_has_no_effect(tmp_path: Path) -> None:
    with office(tmp_path, HEED_SLACK_TEAM_ID="T0HOME") as desk:
        foreign = {"team_id": "T0OTHER", "context_team_id": "T0OTHER", "authorizations": []}
        answer = desk.event(fixture("dm-stop") | foreign)
        assert answer.status_code == 200
        assert desk.bench.history(ANN_IN_SLACK) == []
        assert desk.event("dm-stop").status_code == 200
        assert desk.bench.kinds(ANN_IN_SLACK) == ["opted_out"]


def test_slacks_own_variables_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bolt would take them for its own credentials and switch its sign-on pages on."""
    for name in ("BOT_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET", "APP_TOKEN"):
        monkeypatch.setenv(f"SLACK_{name}", "somebody-elses")
    monkeypatch.chdir(tmp_path)
    with office(tmp_path) as desk:
        before = sorted(path.name for path in tmp_path.iterdir())
        assert desk.event("dm-stop").status_code == 200
        assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
        assert "Recorded" in str(desk.command("+1 202 555 0123 rang").json)
        desk.work()
        assert {call.token for call in desk.slack.calls} == {"xoxb-made-up"}
        assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("api_url", ["", "https://slack.com/api"])
def test_the_demo_asks_nobody_outside(tmp_path: Path, api_url: str) -> None:
    settings = load_settings(
        {"HEED_ENV": "demo", "HEED_VAR": str(tmp_path), "HEED_SLACK_API_URL": api_url}
    )
    slack = slack_settings(settings)
    assert slack is not None
    assert slack.api_url == f"{settings.http_url}/demo/slack-api"


def test_losing_slack_is_told_to_the_operator(
    desk: Office, caplog: pytest.LogCaptureFixture
) -> None:
    assert desk.event("app-uninstalled").status_code == 200
    assert "app_uninstalled" in caplog.text


def test_no_word_and_no_name_is_logged_at_any_level(
    desk: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("slack_bolt", "slack_sdk", "heed"):
        caplog.set_level(logging.DEBUG, logger=name)
    desk.says("dunno about this Zebrafish", ts="1795607997.000200")
    desk.work()
    assert "Zebrafish" in str(desk.slack.of("chat.postMessage"))  # on the card they belong
    desk.slack.script("chat.postMessage", Scripted(status=500))
    desk.says("I told you, Zebrafish, unsubscribe me")
    desk.event("dm-unclear")
    desk.event("dm-from-nobody")
    desk.command("+1 202 555 0123 Zebrafish rang")
    desk.command("lookup ann@example.com")
    desk.event("app-home-opened")
    desk.work()
    assert desk.slack.of("chat.postMessage")
    for secret in (
        "Zebrafish",
        "U0ANN",
        "bob@example.org",
        "ann@example.com",
        "5550123",
        "555 0123",
        "xoxb",
    ):
        assert secret not in caplog.text
