"""What Slack's own limits leave open and we forbid ourselves, in all that we send to Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.handlers.slack.block_kit import message_faults

FORBIDDEN = ("<!channel>", "<!here>", "<!everyone>")
# Whom the fixtures name; none of it may stand in what we post unmasked.
SECRETS = ("+12025550", "2025550", "202-555-01", "202 555 01", "bob@example.org", "ann@example.com")
HIDDEN = ("value", "private_metadata", "action_id", "block_id", "callback_id", "external_id")
"""Fields that nobody sees: no address may stand there, in whatever window."""


def faults_of(method: str, args: Mapping[str, Any]) -> list[str]:
    """Ours and Slack's, of a message's arguments; ours alone of anything else."""
    found = list(own_faults(method, args))
    if method.startswith("chat."):
        found += message_faults(args.get("blocks", []))
    return [f"{method}: {fault}" for fault in found]


def own_faults(method: str, args: Mapping[str, Any]) -> Iterator[str]:
    if method in ("views.open", "views.push", "views.update"):
        yield from _hidden(args.get("view"))
        return
    if (
        not (method.startswith("chat.") or method == "views.publish")
        or method == "chat.getPermalink"
    ):
        return
    whole = json.dumps(args, ensure_ascii=False)
    yield from (f"names {word}" for word in (*FORBIDDEN, *SECRETS) if word in whole)
    if method == "views.publish":
        return
    if not args.get("text"):
        yield "has no text for notifications"
    unfolds = (args.get("unfurl_links"), args.get("unfurl_media"))
    if method == "chat.postMessage" and unfolds != (False, False):
        yield "unfolds links"
    if args.get("link_names") or args.get("parse"):
        yield "parses"


def _hidden(found: Any) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield from _hidden(one)
    elif isinstance(found, dict):
        for name, value in found.items():
            if name in HIDDEN and any(word in str(value) for word in SECRETS):
                yield f"{name} holds an address"
            yield from _hidden(value)
