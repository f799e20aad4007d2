"""The codes of readings and entries in plain words, for the page."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import Channel, EntryKind, Intent, Scope, ScopeKind

INTENTS: Mapping[Intent, str] = {
    Intent.OPT_OUT: "Wants no more of these messages",
    Intent.OPT_OUT_ALL: "Wants no more messages at all, on any channel",
    Intent.OPT_IN: "Wants messages again",
    Intent.HELP: "Asks for help, or who this is",
    Intent.WRONG_NUMBER: "We have the wrong person",
    Intent.ERASURE: "Wants their data deleted",
    Intent.LESS: "Wants fewer messages, not none",
    Intent.REASON: "Tells us why they left",
    Intent.AMBIGUOUS: "Unclear: a careful person would ask back",
    Intent.OTHER: "Something else, not about stopping",
}

SHORT_INTENTS: Mapping[Intent, str] = {
    Intent.OPT_OUT: "no more",
    Intent.OPT_OUT_ALL: "no more at all",
    Intent.OPT_IN: "messages again",
    Intent.HELP: "help",
    Intent.WRONG_NUMBER: "wrong person",
    Intent.ERASURE: "delete my data",
    Intent.LESS: "fewer",
    Intent.REASON: "a reason",
    Intent.AMBIGUOUS: "unclear",
    Intent.OTHER: "something else",
}

ENTRIES: Mapping[EntryKind, str] = {
    EntryKind.HEARD: "Heard, nothing changed",
    EntryKind.OPTED_OUT: "Opted out",
    EntryKind.OPTED_IN: "Opted in again",
    EntryKind.HELD: "Held until a person decides",
    EntryKind.HOLD_ENDED: "Hold ended",
    EntryKind.PAUSED: "Paused",
    EntryKind.REASON_GIVEN: "Reason given",
    EntryKind.REVIEW_DECIDED: "Decided by a person",
    EntryKind.PROVIDER_BLOCK: "Blocked by the provider",
    EntryKind.ANSWERED: "Answered",
    EntryKind.ERASED: "Erased",
    EntryKind.IMPORTED: "Imported",
    EntryKind.REVERTED: "Reverted",
    EntryKind.UNDELIVERABLE: "Bounced for good",
    EntryKind.TOLD: "Told to another system",
    EntryKind.LOOKED_UP: "Looked up",
}

CHANNELS: Mapping[Channel, str] = {
    Channel.SMS: "All text messages",
    Channel.WHATSAPP: "All marketing on WhatsApp",
    Channel.EMAIL: "All marketing mail",
    Channel.SLACK: "All optional messages in Slack",
    Channel.OTHER: "All marketing messages",
}

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "pt": "Portuguese",
}


def scope_in_words(scope: Scope | None, channel: Channel) -> str:
    """What an opt-out covers, as one would say it."""
    if scope is None:
        return ""
    match scope.kind:
        case ScopeKind.EVERYTHING:
            return "Everything, on every channel"
        case ScopeKind.CHANNEL:
            return CHANNELS[channel]
        case ScopeKind.PROGRAM:
            return f"The program {scope.value}"
        case ScopeKind.TOPIC:
            return f"The topic {scope.value}"
