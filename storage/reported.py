"""What `storage.reporting` hands out for the monthly sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model import Address, Channel, LedgerEntry, ReviewCause
from storage.rows import OutboxState

GONE = tuple(
    state for state in OutboxState if state not in (OutboxState.DROPPED, OutboxState.PARKED)
)
"""The states of an answer that has left, or may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEntry:
    """An opt-out, a provider's block or an erasure.

    `entry` comes without words; its facts are empty once erased. `origin` is the message that a
    person's decision was about. `promised` says that a confirmation of ours was. `sends_between`
    went out after the person acted and before the suppression stood. `cursor` is where the pages
    go on after it.
    """

    channel: Channel
    address: Address | None
    entry: LedgerEntry
    origin: LedgerEntry | None
    promised: bool
    told_at: datetime | None
    sends_between: int
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAnswer:
    """An automatic answer. `earlier` counts those to the same message before it."""

    channel: Channel
    confirmation: bool
    state: OutboxState
    acted_at: datetime
    told_at: datetime | None
    earlier: int
    cursor: str

    @property
    def gone(self) -> bool:
        """Whether it has left, or may have."""
        return self.state in GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedReview:
    cause: ReviewCause
    channel: Channel
    held: bool
    opened_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendsAfterStop:
    """`channel` is None where the address never wrote to us and only a linked one stopped."""

    channel: Channel | None
    sender: str
    count: int
