"""The app that the manifest makes is the one that the code serves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from handlers.slack import web
from handlers.slack.manifest import manifest
from handlers.slack.settings import PREFIX, SlackSettings
from handlers.slack.shortcuts import ANYWHERE, FROM_MESSAGE
from tests.handlers.slack.manifest_shape import manifest_faults

DOCS = Path(__file__).parents[3] / "docs"
OURS = "https://optout.example.com"
MANIFEST = manifest(OURS)
LISTENERS = (Path(web.__file__).parent / "listeners.py").read_text()
# Slack's own names for what we listen to: `message` comes as message.im, the only kind we ask for.
EVENTS = {"message": "message.im"}
SCOPE_OF_CALL = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat_postEphemeral": "chat:write",
    "users_info": "users:read",
    "usergroups.users.list": "usergroups:read",
    "chat_getPermalink": "",  # needs none
    "views_open": "",
    "views.update": "",
    "views.publish": "",
}


def listed(key: str) -> list[str]:
    found = re.search(rf"^( +){key}:\n((?:\1  - .*\n)+)", MANIFEST, re.MULTILINE)
    assert found is not None
    return re.findall(r"- (\S+)", found[2])


def test_every_event_that_is_asked_for_has_a_listener_and_the_reverse() -> None:
    heard = {EVENTS.get(name, name) for name in re.findall(r'app\.event\("(\w+)"\)', LISTENERS)}
    assert heard == set(listed("bot_events"))


def test_every_address_is_the_one_that_is_served() -> None:
    urls = re.findall(r"url: (\S+)", MANIFEST)
    assert len(urls) == 3
    assert set(urls) == {f"{OURS}{web.PATH}"}


def test_the_scopes_are_those_of_the_calls_and_events_and_no_more() -> None:
    code = "".join(path.read_text() for path in Path(web.__file__).parent.glob("*.py"))
    called = {scope for call, scope in SCOPE_OF_CALL.items() if call in code and scope}
    called |= {"channels:read", "groups:read"} if "conversations.members" in code else set()
    heard = {"im:history", "app_mentions:read", "commands"}
    assert set(listed("bot")) == called | heard


@pytest.mark.parametrize("public_url", [OURS, ""], ids=["http", "socket mode"])
def test_slacks_schema_takes_the_manifest(public_url: str) -> None:
    assert manifest_faults(yaml.safe_load(manifest(public_url))) == []


def test_for_socket_mode_it_names_no_address_and_asks_for_the_same() -> None:
    over_http, socket = yaml.safe_load(MANIFEST), yaml.safe_load(manifest(""))
    assert "http" not in yaml.safe_dump(socket)
    assert socket["settings"]["socket_mode_enabled"] is True
    assert over_http["settings"]["socket_mode_enabled"] is False
    assert socket["oauth_config"]["scopes"] == over_http["oauth_config"]["scopes"]
    events = "event_subscriptions"
    assert socket["settings"][events]["bot_events"] == over_http["settings"][events]["bot_events"]


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "no name": lambda app: app["display_information"].pop("name"),
    "a short description": lambda app: app["display_information"].update(long_description="x"),
    "a field of its own": lambda app: app.update(colour="red"),
    "a command without a slash": lambda app: app["features"]["slash_commands"][0].update(
        command="optout"
    ),
    "a long name of a shortcut": lambda app: app["features"]["shortcuts"][0].update(name="x" * 25),
    "an event twice": lambda app: app["settings"]["event_subscriptions"]["bot_events"].append(
        "app_mention"
    ),
    "a wordy switch": lambda app: app["settings"].update(socket_mode_enabled="yes"),
    "an address without a scheme": lambda app: app["settings"]["interactivity"].update(
        request_url="optout.example.com"
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_manifest_that_slack_would_refuse_is_refused(
    broken: Callable[[dict[str, Any]], object],
) -> None:
    app = yaml.safe_load(MANIFEST)
    broken(app)
    assert manifest_faults(app)


def test_every_setting_is_in_the_documentation() -> None:
    text = (DOCS / "slack.md").read_text()
    for name in SlackSettings.model_fields:
        assert f"`{PREFIX}{name.upper()}`" in text


def test_every_shortcut_has_a_listener_and_the_reverse() -> None:
    assert set(re.findall(r"callback_id: (\S+)", MANIFEST)) == {ANYWHERE, FROM_MESSAGE}
    assert "home_tab_enabled: true" in MANIFEST
