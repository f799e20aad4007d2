"""A person writes to the bot: what they typed, in the normal form.

Every message is read by our reader; Slack's own matching would miss STOP and hit "unstoppable".
Bots, ourselves and the channel's own notices are no persons. An edit is heard where its new words
could be a stop; an edit or a deletion never takes an opt-out back.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from bot import addresses
from bot.model import (
    STOPS,
    Address,
    Channel,
    Context,
    InboundMessage,
    MessageKind,
    Reading,
)
from handlers.desk import Reader
from handlers.slack.payload import Payload, at, fields_at, moment, text_at
from handlers.slack.text import spoken

PROVIDER = "slack"
# A person's own words; the other subtypes are Slack's notices (joins, topics) and bots' messages.
WORDS = frozenset({"", "file_share", "thread_broadcast", "me_message"})
SLACKBOT = "USLACKBOT"


def inbound(body: Payload, reader: Reader, received_at: datetime) -> InboundMessage | None:
    """The message that this event reports; None where it is none of a person's.

    What is signed by Slack and yet cannot be read is kept whole, for a person to read.
    """
    event = fields_at(body, "event")
    if text_at(event, "subtype") == "message_changed":
        return _edit(body, event, reader, received_at)
    if text_at(event, "subtype") not in WORDS:
        return None
    return _message(body, event, event, received_at)


def _edit(
    body: Payload, event: Payload, reader: Reader, received_at: datetime
) -> InboundMessage | None:
    """Slack also reports an edit where it only unfolded a link; then the words are the same."""
    message = fields_at(event, "message")
    if text_at(message, "subtype") not in WORDS:
        return None
    if text_at(message, "text") == text_at(event, "previous_message", "text"):
        return None
    edited = _message(body, event, message, received_at)
    if edited is None or edited.kind is MessageKind.UNREADABLE:
        return edited
    found = _read(reader, edited.text)
    return edited if found.intent in STOPS or found.may_be_stop else None


def _read(reader: Reader, text: str) -> Reading:
    return reader(text, channel=Channel.SLACK, context=Context.NONE, choices=(), lang=None)


def _message(
    body: Payload, event: Payload, message: Payload, received_at: datetime
) -> InboundMessage | None:
    user, ourselves = text_at(message, "user"), bot_user(body)
    if text_at(message, "bot_id") or user in (ourselves, SLACKBOT) or at(message, "bot_profile"):
        return None
    try:
        address = addresses.slack(home_team(body, event, message), user)
    except addresses.AddressError:
        return unreadable(body, received_at)
    channel, ts = text_at(event, "channel"), text_at(message, "ts")
    if not channel or not ts:
        return unreadable(body, received_at)
    edited = text_at(message, "edited", "ts")
    files = at(message, "files")
    sent = moment(edited or ts)
    return InboundMessage(
        provider=PROVIDER,
        account=text_at(body, "team_id"),
        # a redelivery has the same event id, and the same message may come as two events
        event_id="/".join(part for part in (channel, ts, edited) if part),
        kind=MessageKind.MESSAGE,
        address=address,
        recipient=text_at(body, "api_app_id") or PROVIDER,
        text=spoken(text_at(message, "text"), ourselves),
        received_at=received_at,
        occurred_at=min(sent, received_at) if sent else None,
        media_count=len(files) if isinstance(files, list) else 0,
        place=_place(event, message, channel, ts),
    )


def pressed_stop(body: Payload, received_at: datetime) -> InboundMessage:
    """The Home's button as what it says; answered in the person's direct message."""
    user = text_at(body, "user", "id")
    team = text_at(body, "user", "team_id") or text_at(body, "team", "id")
    try:
        address = addresses.slack(team, user)
    except addresses.AddressError:
        return unreadable(body, received_at)
    return InboundMessage(
        provider=PROVIDER,
        account=text_at(body, "team", "id"),
        event_id=f"home/{text_at(body, 'actions', 0, 'action_ts') or text_at(body, 'trigger_id')}",
        kind=MessageKind.BUTTON,
        address=address,
        recipient=text_at(body, "api_app_id") or PROVIDER,
        text="stop",
        received_at=received_at,
    )


def _place(event: Payload, message: Payload, channel: str, ts: str) -> str:
    """Answers to a mention stay in its thread; in a direct message, where the person wrote."""
    thread = text_at(message, "thread_ts")
    direct = text_at(event, "channel_type") == "im" or channel.startswith("D")
    if not thread and not direct:
        thread = ts
    return f"{channel}/{thread}" if thread else channel


def bot_user(body: Payload) -> str:
    """Our own user id, as Slack names it with every event."""
    authorized = at(body, "authorizations")
    for number in range(len(authorized) if isinstance(authorized, list) else 0):
        if at(authorized, number, "is_bot") is True:
            return text_at(authorized, number, "user_id")
    return ""


def home_team(body: Payload, event: Payload, message: Payload) -> str:
    """Where the writer belongs: in a shared channel not the workspace that the event came for.

    Empty where nobody says so: of a shared channel it may be any company's.
    """
    named = [
        text_at(message, "user_team") or text_at(event, "user_team"),
        text_at(message, "source_team"),
        text_at(message, "team") or text_at(event, "team"),
    ]
    if at(body, "is_ext_shared_channel") is not True:
        named += [text_at(body, "team_id"), text_at(body, "enterprise_id")]
    return next((one for one in named if one), "")


def unreadable(body: Payload, received_at: datetime) -> InboundMessage:
    """Verified, but not understood: kept under the provider itself."""
    whole = json.dumps(body, sort_keys=True)
    return InboundMessage(
        provider=PROVIDER,
        account=text_at(body, "team_id"),
        event_id=text_at(body, "event_id") or hashlib.sha256(whole.encode()).hexdigest(),
        kind=MessageKind.UNREADABLE,
        address=Address(channel=Channel.OTHER, value=f"provider:{PROVIDER}"),
        recipient=PROVIDER,
        text=whole,
        received_at=received_at,
    )
