"""Gathers what a card shows, in the session that found the review."""

from __future__ import annotations

from datetime import datetime

from bot.decide import OpenReview
from bot.decide.review import can_ask
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
from handlers.recorder import new_id
from handlers.slack.cards import Card
from storage import OutboxItem, Review, Session


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
    )


def promise_update(session: Session, review: Review, now: datetime, **where: str) -> None:
    """Have the worker bring the card up to date; `channel` and `ts` name another copy of it."""
    payload: dict[str, Json] = {"review": review.id, **where}
    session.promise(
        OutboxItem(
            id=new_id(now),
            addr=review.addr,
            kind=str(NoticeKind.REVIEW_UPDATE),
            channel=Channel.SLACK,
            provider="slack",
            sender=review.sender,
            payload=payload,
            entry_id=review.entry_id,
            repeatable=True,
            created_at=now,
            due_at=now,
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
