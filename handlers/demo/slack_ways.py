"""Speaks to Heed as Slack would: a customer's direct message, a command and a click of the team's.

Signed like Slack's requests, sent to /slack/events over the network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from urllib.parse import urlencode

from bot import addresses
from bot.model import Address, Json
from handlers.demo.ways_in import Delivery, NoAnswer, post
from handlers.parts import Parts
from handlers.slack.door import signed_headers
from handlers.slack.people import Member, Standing, remember
from handlers.slack.settings import SlackSettings
from handlers.slack.text import escaped
from handlers.slack.web import PATH

TEAM = "T0HEEDDEMO"
CUSTOMER = "U0CUSTOMER"
AGENT = "U0SUPPORT"
BOT = "U0HEED"
APP = "A0HEEDDEMO"
DIRECT = "D0DEMO"
COMMAND = "/optout"


def team(slack: SlackSettings) -> str:
    return slack.team_id or TEAM


def _introduce(parts: Parts, slack: SlackSettings) -> None:
    """What Slack would have said of the agent; the demo's worker asks nobody."""
    agent = addresses.slack(team(slack), AGENT)
    remember(
        parts.store,
        team(slack),
        AGENT,
        parts.store.address_hash(agent),
        Member(team=team(slack), standing=Standing.FULL),
        parts.clock(),
    )


def customer(slack: SlackSettings) -> Address:
    """Who writes the direct messages."""
    return addresses.slack(team(slack), CUSTOMER)


def send_message(parts: Parts, slack: SlackSettings, text: str) -> Delivery:
    """A direct message from the customer to the bot.

    Raises:
        NoAnswer: the door did not accept it.
    """
    now = parts.clock()
    body = json.dumps(
        {
            "type": "event_callback",
            "team_id": team(slack),
            "api_app_id": APP,
            "event_id": f"Ev{token_hex(6).upper()}",
            "event_time": int(now.timestamp()),
            "authorizations": [{"team_id": team(slack), "user_id": BOT, "is_bot": True}],
            "event": {
                "type": "message",
                "channel_type": "im",
                "channel": DIRECT,
                "user": CUSTOMER,
                "team": team(slack),
                "text": escaped(text),
                "ts": ts_of(now),
            },
        }
    ).encode()
    return _signed(parts, slack, body, "application/json", now)


def send_command(parts: Parts, slack: SlackSettings, line: str) -> Delivery:
    """A slash command that somebody of the team typed.

    Raises:
        NoAnswer: it is another command, or the door did not accept it.
    """
    command, _, rest = line.strip().partition(" ")
    if command != COMMAND:
        raise NoAnswer(f"the command is {COMMAND}, followed by an address")
    _introduce(parts, slack)
    form = {
        "command": command,
        "text": rest,
        "team_id": team(slack),
        "user_id": AGENT,
        "user_name": "support",
        "channel_id": slack.review_channel or DIRECT,
        "api_app_id": APP,
        "trigger_id": f"{token_hex(6)}.{token_hex(6)}",
    }
    return _form(parts, slack, form)


def send_click(
    parts: Parts,
    slack: SlackSettings,
    *,
    block_id: str,
    action_id: str,
    value: str,
    selected: str,
    ts: str,
) -> Delivery:
    """A click of the team's on a card that stands at `ts` in the review channel.

    `value` is a button's, `selected` that of an entry of the menu; one of them is empty.

    Raises:
        NoAnswer: the door did not accept it.
    """
    now = parts.clock()
    _introduce(parts, slack)
    payload: Mapping[str, Json] = {
        "type": "block_actions",
        "api_app_id": APP,
        "trigger_id": f"{token_hex(6)}.{token_hex(6)}",
        "team": {"id": team(slack), "domain": "demo"},
        "user": {"id": AGENT, "team_id": team(slack), "username": "support"},
        "channel": {"id": slack.review_channel, "name": "opt-outs"},
        "container": {
            "type": "message",
            "message_ts": ts,
            "channel_id": slack.review_channel,
            "is_ephemeral": False,
        },
        "message": {"type": "message", "ts": ts, "bot_id": BOT, "text": ""},
        "actions": [
            {
                "block_id": block_id,
                "action_id": action_id,
                "action_ts": ts_of(now),
                **(
                    {"type": "overflow", "selected_option": {"value": selected}}
                    if selected
                    else {"type": "button", "value": value}
                ),
            }
        ],
    }
    return _form(parts, slack, {"payload": json.dumps(payload)})


def ts_of(moment: datetime) -> str:
    """Slack's spelling of an instant."""
    return f"{int(moment.timestamp())}.{moment.microsecond:06d}"


def _form(parts: Parts, slack: SlackSettings, form: Mapping[str, str]) -> Delivery:
    body = urlencode(form).encode()
    return _signed(parts, slack, body, "application/x-www-form-urlencoded", parts.clock())


def _signed(
    parts: Parts, slack: SlackSettings, body: bytes, content_type: str, now: datetime
) -> Delivery:
    if not slack.signing_secret:
        raise NoAnswer("HEED_SLACK_SIGNING_SECRET is not set")
    headers = {
        **signed_headers(slack.signing_secret[0], now, body),
        "Content-Type": content_type,
    }
    return post(parts.settings, PATH, body, headers, proof="X-Slack-Signature")
