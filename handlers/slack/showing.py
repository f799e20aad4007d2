"""Gathers what a card shows, in the session that found the review."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.deadlines import Act, Deadline, deadlines
from bot.decide import OpenReview
from bot.decide.review import can_ask
from bot.decide.undoing import may_undo
from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    Address,
    Channel,
    Hold,
    Json,
    LedgerEntry,
    NoticeKind,
)
from bot.policy import Policy
from bot.regimes import Duty
from handlers.proposing import TEACHES
from handlers.recorder import new_id
from handlers.slack.cards import Card
from storage import OutboxItem, Review, Session

WORDS_STAY = timedelta(days=7)
"""How long a customer's words stand in the channel at most; a decision takes them off at once."""


def card_of(session: Session, review: Review, policy: Policy, now: datetime) -> Card:
    address = session.address(review.addr)
    entry = session.entry(review.addr, review.entry_id)
    return Card(
        review=review,
        program=policy.program(policy.sender(review.channel, review.sender).program).title,
        address=address,
        words=None if entry is None else entry.words,
        facts={} if entry is None else entry.facts,
        evidence=() if entry is None else _evidence(entry),
        cannot_ask=_cannot_ask(session, review, address, entry, now),
        legal=None if entry is None else _strictest(entry, address, review, policy),
        below=_below(session, review),
        emptied=now >= review.opened_at + WORDS_STAY,
        teaches=review.verdict in TEACHES and entry is not None and bool(entry.words),
        undoable=review.decided_at is not None
        and address is not None
        and may_undo(review.decided_by, review.decided_at, now),
    )


def _strictest(
    entry: LedgerEntry, address: Address | None, review: Review, policy: Policy
) -> Deadline:
    """By when it must be heeded under the strictest rule that can apply, if it is a stop."""
    found = deadlines(Act.of(entry), review.channel, address, policy.deadlines)
    return next(one for one in found if one.regime.duty is Duty.STOP)


def _below(session: Session, review: Review) -> int:
    """How many reviews of the person came after this one; 0 unless it is the first with a card."""
    cards = [one for one in session.reviews_of(review.addr) if one.card_ts]
    return len(cards) - 1 if cards and cards[0].id == review.id else 0


def promise_update(
    session: Session,
    review: Review,
    now: datetime,
    *,
    kind: NoticeKind = NoticeKind.REVIEW_UPDATE,
    due_at: datetime | None = None,
    **where: str,
) -> None:
    """Have the worker bring the card up to date; `channel` and `ts` name another copy of it."""
    payload: dict[str, Json] = {"review": review.id, **where}
    session.promise(
        OutboxItem(
            id=new_id(now),
            addr=review.addr,
            kind=str(kind),
            channel=Channel.SLACK,
            provider="slack",
            sender=review.sender,
            payload=payload,
            entry_id=review.entry_id,
            repeatable=True,
            created_at=now,
            due_at=due_at or now,
        )
    )


def _evidence(entry: LedgerEntry) -> tuple[str, ...]:
    """The words that decided the reading, cut out of the text by their places."""
    found = entry.facts.get("evidence")
    text = entry.words or ""
    pieces = [
        text[max(0, one[0]) : one[1]].strip()
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, list) and isinstance(one[0], int) and isinstance(one[1], int)
    ]
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def _cannot_ask(
    session: Session,
    review: Review,
    address: Address | None,
    entry: LedgerEntry | None,
    now: datetime,
) -> str:
    if address is None or entry is None:
        return "the record was erased"
    conversation = session.conversation(review.addr, review.sender)
    if conversation.clarified_at is not None:
        return "they were asked already"
    stopped = (CHANNEL_SCOPE, EVERYTHING)
    standing = session.suppressions(review.addr, now)
    if any(one.hold is Hold.STOPPED and one.scope in stopped for one in standing):
        return "nothing may be sent to a blocked address"
    asked_about = OpenReview(
        id=review.id,
        address=address,
        recipient=review.sender,
        holds=review.holds,
        opened_at=review.opened_at,
        entry=entry,
    )
    return "" if can_ask(asked_about) else "no question may go to this address"
