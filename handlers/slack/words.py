"""Our codes in plain words, for staff in Slack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.model import (
    Channel,
    EntryKind,
    Hold,
    Intent,
    ReviewCause,
    Scope,
    ScopeKind,
    Verdict,
)

CAUSES: Mapping[ReviewCause, str] = {
    ReviewCause.UNCLEAR: "Unclear message",
    ReviewCause.MAY_BE_STOP: "May be a stop",
    ReviewCause.LESS: "Wants fewer messages",
    ReviewCause.WRONG_NUMBER: "Wrong number",
    ReviewCause.ERASURE: "Wants their data deleted",
    ReviewCause.PRIVACY: "Asks what we hold about them",
    ReviewCause.LATE_STOP: "A stop that arrived late",
    ReviewCause.RESTART: "Wants messages again",
    ReviewCause.BLOCKED_THERE: (
        "Wants messages again, but the provider still blocks: tell them to text START"
    ),
    ReviewCause.UNREADABLE: "Could not be read",
    ReviewCause.TOO_LONG: "Too long to be read",
    ReviewCause.MEDIA: "Media without words",
    ReviewCause.FLOOD: "Too many unproved stops from one source",
}

WHY: Mapping[ReviewCause, str] = {
    ReviewCause.UNCLEAR: "the words say neither yes nor no to messages",
    ReviewCause.MAY_BE_STOP: "the words could mean stop, and could mean something else",
    ReviewCause.LESS: "they want fewer messages, and somebody has to arrange that",
    ReviewCause.WRONG_NUMBER: "blocked already; the contact it was filed under is to be corrected",
    ReviewCause.ERASURE: "blocked already; the law gives them a right to be answered in time",
    ReviewCause.PRIVACY: "it is about their own data; the law gives a month to answer",
    ReviewCause.LATE_STOP: "this stop was sent before they started messages again, and came after",
    ReviewCause.RESTART: "only a person may end a block after a complaint or an erasure",
    ReviewCause.BLOCKED_THERE: "the provider's own block ends only by the provider's own word",
    ReviewCause.UNREADABLE: "it came in a form that Heed cannot read",
    ReviewCause.TOO_LONG: "it is longer than Heed reads; the rest may say stop",
    ReviewCause.MEDIA: "there is a picture or a recording and no words",
    ReviewCause.FLOOD: "so many at once, and none of them proved, look like an attack on the list",
}

INTENTS: Mapping[Intent, str] = {
    Intent.OPT_OUT: "a stop",
    Intent.OPT_OUT_ALL: "a stop for everything",
    Intent.OPT_IN: "a wish for messages again",
    Intent.HELP: "a call for help",
    Intent.WRONG_NUMBER: "a wrong number",
    Intent.ERASURE: "a wish to be deleted",
    Intent.LESS: "a wish for fewer messages",
    Intent.REASON: "a reason for leaving",
    Intent.AMBIGUOUS: "unclear",
    Intent.OTHER: "something else",
}

VERDICTS: Mapping[Verdict, str] = {
    Verdict.OPT_OUT: "opted out",
    Verdict.NOT_OPT_OUT: "not an opt-out",
    Verdict.ASK: "the customer was asked",
    Verdict.WRONG_NUMBER: "wrong number, blocked",
    Verdict.ERASURE: "opted out, wants their data deleted",
    Verdict.DONE: "done",
}

ENTRIES: Mapping[EntryKind, str] = {
    EntryKind.HEARD: "heard, nothing changed",
    EntryKind.OPTED_OUT: "opted out",
    EntryKind.OPTED_IN: "opted in again",
    EntryKind.HELD: "held until a person decides",
    EntryKind.HOLD_ENDED: "hold ended",
    EntryKind.PAUSED: "paused",
    EntryKind.REASON_GIVEN: "gave a reason",
    EntryKind.REVIEW_DECIDED: "review decided",
    EntryKind.PROVIDER_BLOCK: "blocked at the provider",
    EntryKind.ANSWERED: "answered",
    EntryKind.ERASED: "erased",
    EntryKind.IMPORTED: "imported",
    EntryKind.REVERTED: "taken back",
    EntryKind.UNDELIVERABLE: "bounced for good",
    EntryKind.TOLD: "another system was told",
    EntryKind.LOOKED_UP: "looked up",
}

MESSAGES: Mapping[Channel, str] = {
    Channel.SMS: "text messages",
    Channel.WHATSAPP: "WhatsApp messages",
    Channel.EMAIL: "mails",
    Channel.SLACK: "Slack messages",
    Channel.OTHER: "messages",
}

HOLDS: Mapping[Hold, str] = {
    Hold.STOPPED: "stopped",
    Hold.HELD: "held until a person decides",
    Hold.PAUSED: "paused",
    Hold.UNDELIVERABLE: "undeliverable, no opt-out",
}

_UNITS = ((1_440, "day"), (60, "hour"), (1, "minute"))


def scope(covers: Scope, channel: Channel) -> str:
    """What it covers, as one would say it."""
    match covers.kind:
        case ScopeKind.EVERYTHING:
            return "all messages, on every channel"
        case ScopeKind.CHANNEL:
            return f"all marketing {MESSAGES[channel]}"
        case ScopeKind.PROGRAM:
            return f"the program {covers.value}"
        case ScopeKind.TOPIC:
            return f"the topic {covers.value}"


def who(actor: str) -> str:
    """`slack:T1/U2` as a mention, in mrkdwn; the others as they are called."""
    user = slack_user(actor)
    if user:
        return f"<@{user}>"
    return {"clock": "the clock", "customer": "the customer's own words"}.get(actor, actor)


def slack_user(actor: str) -> str:
    """The user id in `slack:T1/U2`; empty for anybody else."""
    source, _, name = actor.partition(":")
    user = name.partition("/")[2]
    return user if source == "slack" and user.isalnum() else ""


def span(length: timedelta) -> str:
    """`24 hours`, `3 days`, `5 minutes`: the largest unit of which there are two."""
    minutes = round(max(0.0, length.total_seconds()) / 60)
    for size, name in _UNITS:
        if minutes >= 2 * size or (size == 1 and minutes):
            count = minutes // size
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "a minute"


def date(when: datetime) -> str:
    """In mrkdwn, shown in the reader's own time zone."""
    return f"<!date^{int(when.timestamp())}^{{date_short_pretty}} {{time}}|{utc_date(when)}>"


def utc_date(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
