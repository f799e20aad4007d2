"""Slack's schema for app manifests, as far as it concerns an app like ours.

github.com/slackapi/manifest-schema, schemas/manifest.schema.1.0.0.json: its names, lengths, counts
and patterns for the parts that we may use. Fields that are not here are refused; what the schema
knows beyond them (functions, workflows, datastores, the app directory) Heed has no use for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.handlers.slack.shapes import Shape, fields, flag, items, number, one_of, string


def matching(pattern: str, most: int, least: int = 1) -> Shape:
    length = string(most, least=least)

    def check(found: Any, where: str) -> Iterator[str]:
        yield from length(found, where)
        if isinstance(found, str) and not re.search(pattern, found):
            yield f"{where}: does not match {pattern}"

    return check


def unique(shape: Shape) -> Shape:
    def check(found: Any, where: str) -> Iterator[str]:
        yield from shape(found, where)
        if isinstance(found, list) and len(found) != len({str(one) for one in found}):
            yield f"{where}: the same twice"

    return check


NAME = string(255)
SCOPE = string(50)
URL = r"^https?://"
DISPLAY = fields(
    {"name": string(35)},
    {
        "description": string(140),
        "long_description": string(4000, least=175),
        "background_color": matching("^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$", 7, 4),
    },
)
COMMAND = fields(
    {"command": matching("^/", 32, 2), "description": string(2000)},
    {"url": matching(URL, 3000), "usage_hint": string(1000), "should_escape": flag},
)
SHORTCUT = fields(
    {
        "name": string(24),
        "type": one_of("message", "global"),
        "callback_id": NAME,
        "description": string(150),
    }
)
FEATURES = fields(
    {},
    {
        "app_home": fields(
            {},
            {
                "home_tab_enabled": flag,
                "messages_tab_enabled": flag,
                "messages_tab_read_only_enabled": flag,
            },
        ),
        "bot_user": fields({"display_name": string(80)}, {"always_online": flag}),
        "slash_commands": items(COMMAND, 1, 50),
        "shortcuts": items(SHORTCUT, 1, 10),
    },
)
OAUTH = fields(
    {},
    {
        "redirect_urls": unique(items(string(2500, least=0), 0, 1000)),
        "scopes": fields({}, {"bot": items(SCOPE, 0, 255), "user": items(SCOPE, 0, 255)}),
    },
)
SETTINGS = fields(
    {},
    {
        "event_subscriptions": fields(
            {},
            {
                "request_url": matching(URL, 3500),
                "bot_events": unique(items(string(50), 0, 100)),
                "user_events": unique(items(string(50), 0, 100)),
            },
        ),
        "interactivity": fields(
            {"is_enabled": flag},
            {
                "request_url": matching(URL, 3500),
                "message_menu_options_url": matching(URL, 3500),
            },
        ),
        "org_deploy_enabled": flag,
        "socket_mode_enabled": flag,
        "token_rotation_enabled": flag,
    },
)
MANIFEST = fields(
    {"display_information": DISPLAY},
    {
        "_metadata": fields({}, {"major_version": number(), "minor_version": number()}),
        "features": FEATURES,
        "oauth_config": OAUTH,
        "settings": SETTINGS,
    },
)


def manifest_faults(manifest: object) -> list[str]:
    return list(MANIFEST(manifest, ""))
