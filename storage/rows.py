"""What the store hands out beside the values of `bot.model`. All times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model import Address, Channel, Json, LedgerEntry, ReviewCause, Scope, Suppression, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An inbound message that already had its effect, and the answer that it got, if any."""

    message_id: str
    outcome: str
    outbox_id: str | None
    received_at: datetime


class OutboxState(StrEnum):
    PENDING = "pending"  # promised, waits for `due_at`
    SENDING = "sending"  # claimed: the call may be under way
    SENT = "sent"
    UNKNOWN = "unknown"  # the call was begun and its end is lost; never sent again
    PARKED = "parked"  # waits for an operator: refused for good, or after `restore` and `move`
    DROPPED = "dropped"  # will not be sent: refused, expired, erased
    INLINE = "inline"  # answered in the HTTP response itself
    KEPT = "kept"  # the demo keeps it instead of sending


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """An answer or a notice, promised in the transaction that decided it.

    `kind` is an `AnswerKind` or `NoticeKind` value. `repeatable` items (notices) are sent at least
    once; the others (answers) at most once. `address` is filled by the store on reading, None once
    it was erased; what is given to `promise` is ignored. `payload` and `raw` are encrypted at rest;
    `raw` is forgotten when the item was sent.
    """

    id: str
    addr: bytes
    kind: str
    channel: Channel
    created_at: datetime
    due_at: datetime
    provider: str = ""
    sender: str = ""
    address: Address | None = field(default=None, repr=False)
    payload: Mapping[str, Json] = field(default_factory=dict, repr=False)
    raw: bytes | None = field(default=None, repr=False)
    entry_id: str = ""
    message_id: str = ""
    confirmation: bool = False
    repeatable: bool = False
    state: OutboxState = OutboxState.PENDING
    expires_at: datetime | None = None
    tries: int = 0
    lease_until: datetime | None = None
    provider_ref: str = ""
    error: str = ""


class ReviewState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Something that waits for a person. `card_*` is its message in Slack, empty without one."""

    id: str
    addr: bytes
    cause: ReviewCause
    sender: str
    channel: Channel
    entry_id: str
    holds: Scope | None
    state: ReviewState
    version: int
    opened_at: datetime
    due_at: datetime
    verdict: Verdict | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    card_team: str = ""
    card_channel: str = ""
    card_ts: str = ""
    card_state: str = ""
    assigned_to: str = ""  # an actor's name; empty: nobody has taken it on
    cursor: str = ""  # where a listing goes on after this one


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressEntry:
    """A ledger entry with whose it is. `cursor` is where a listing goes on after it."""

    addr: bytes
    address: Address | None
    entry: LedgerEntry
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSuppression:
    """A suppression with whose it is. `cursor` is where a listing goes on after it."""

    addr: bytes
    address: Address | None
    suppression: Suppression
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendsAround:
    """The sends to one address around one block, as far as the company told us of them.

    `between` went out after the person acted and before the block stood, `after` in spite of it.
    """

    last_before: datetime | None
    between: int
    after: int
