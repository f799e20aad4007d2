"""The app that the manifest makes is the one that the code serves."""

from __future__ import annotations

import re
from pathlib import Path

from handlers.slack import web
from handlers.slack.settings import PREFIX, SlackSettings
from handlers.slack.shortcuts import ANYWHERE, FROM_MESSAGE

DOCS = Path(__file__).parents[3] / "docs"
MANIFEST = (DOCS / "slack-manifest.yaml").read_text()
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
    assert set(urls) == {f"https://HEED_HOST{web.PATH}"}


def test_the_scopes_are_those_of_the_calls_and_events_and_no_more() -> None:
    code = "".join(path.read_text() for path in Path(web.__file__).parent.glob("*.py"))
    called = {scope for call, scope in SCOPE_OF_CALL.items() if call in code and scope}
    called |= {"channels:read", "groups:read"} if "conversations.members" in code else set()
    heard = {"im:history", "app_mentions:read", "commands"}
    assert set(listed("bot")) == called | heard


def test_what_slack_counts_is_within_its_limits() -> None:
    (long,) = re.findall(r'long_description: "(.*)"', MANIFEST)
    (short,) = re.findall(r" description: (Opt-out.*)", MANIFEST)
    assert 175 <= len(long) <= 4000
    assert len(short) <= 140


def test_every_setting_is_in_the_documentation() -> None:
    text = (DOCS / "slack.md").read_text()
    for name in SlackSettings.model_fields:
        assert f"`{PREFIX}{name.upper()}`" in text


def test_every_shortcut_has_a_listener_and_the_reverse() -> None:
    assert set(re.findall(r"callback_id: (\S+)", MANIFEST)) == {ANYWHERE, FROM_MESSAGE}
    assert "home_tab_enabled: true" in MANIFEST
