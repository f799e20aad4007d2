"""Slack's rich text, in which nothing that a stranger wrote is ever read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from handlers.slack.words import slack_user, utc_date, who

Block: TypeAlias = dict[str, Any]


def rich_text(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def line(*pieces: Block) -> Block:
    return {"type": "rich_text_section", "elements": list(pieces)}


def quote(text: str) -> Block:
    return {"type": "rich_text_quote", "elements": [words(text or " ")]}


def preformatted(text: str) -> Block:
    return {"type": "rich_text_preformatted", "elements": [words(text)]}


def words(text: str) -> Block:
    return {"type": "text", "text": text}


def bold(text: str) -> Block:
    return {"type": "text", "text": text, "style": {"bold": True}}


def date(when: datetime) -> Block:
    return {
        "type": "date",
        "timestamp": int(when.timestamp()),
        "format": "{date_short_pretty} {time}",
        "fallback": utc_date(when),
    }


def actor(name: str) -> Block:
    user = slack_user(name)
    return {"type": "user", "user_id": user} if user else words(who(name) or "somebody")


def labelled(label: str, *pieces: Block) -> Block:
    """`Label: pieces` on a line of its own; elements of one block follow each other unbroken."""
    return line(bold(f"{label}: "), *pieces, words("\n"))


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def section(text: str) -> Block:
    """`text` is mrkdwn of ours; what is not must be escaped already."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def actions(block_id: str, buttons: Sequence[Block]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}
