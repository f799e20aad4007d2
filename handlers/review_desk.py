"""Reviews at the desk: a decision, or taking one back, inside the desk's transaction.

The first wins: both are a compare-and-set on the review.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.decide import DecidedReview, OpenReview, decide_review, undo_review
from bot.decide.answers import Voice
from bot.decide.undoing import UNDO_FOR
from bot.errors import Conflict, NotFound
from bot.model import Decision, EntryKind, ReviewDecision, ReviewUndo, Standing, Verdict
from handlers.receipt import Receipt
from handlers.recorder import Origin, Recorder, Routes
from handlers.standing import standing_of
from storage import Review, Session
from storage.rows import ReviewState


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """Called by the desk alone; `clock` returns the present instant in UTC."""

    voice: Voice
    clock: Callable[[], datetime]
    routes: Routes

    def decide(self, session: Session, asked: ReviewDecision | ReviewUndo) -> Receipt:
        """Decide, or open a decided review again.

        Raises:
            NotFound, NotAllowed, Conflict: nothing was changed; the message says why.
        """
        review = session.review(asked.review_id)
        if review is None:
            raise NotFound("there is no review of this id")
        session.lock(review.addr)
        own = (one for one in session.reviews_of(review.addr) if one.id == review.id)
        review = next(own, review)  # as it stands now that it is ours
        found = _found(session, review)
        now = self.clock()
        conversation = session.conversation(review.addr, review.sender)
        standing = standing_of(session, review.addr, review.sender, conversation, now)
        if isinstance(asked, ReviewUndo):
            decision = _undo(session, asked, review, found, standing, now)
        else:
            decision = decide_review(asked, found, standing, self.voice, now)
            _take(session, review, asked, now)
        entry = found.entry
        sender = self.voice.policy.sender(found.address.channel, review.sender)
        origin = Origin(
            message_id=entry.message_id,
            recipient=review.sender,
            provider=str(entry.facts.get("provider", "")) or self.routes.provider(sender),
            place=str(entry.facts.get("place", "")),
        )
        recorder = Recorder(
            session, review.addr, found.address, self.routes, now, policy=self.voice.policy.version
        )
        receipt, _ = recorder.record(decision, origin)
        return replace(receipt, review_id=review.id)


def _take(session: Session, review: Review, asked: ReviewDecision, now: datetime) -> None:
    if asked.verdict is Verdict.ASK:
        won = session.move_on(review.addr, review.id, asked.version)
    else:
        won = session.decide_review(
            review.addr, review.id, asked.version, asked.verdict, by=asked.actor.name, at=now
        )
    if not won:
        raise Conflict("somebody else has decided this review")


def _undo(
    session: Session,
    asked: ReviewUndo,
    review: Review,
    found: OpenReview,
    standing: Standing,
    now: datetime,
) -> Decision:
    if review.state is not ReviewState.DECIDED or review.decided_at is None:
        raise Conflict("this review is open already")
    decided = DecidedReview(
        review=found,
        verdict=review.verdict,
        by=review.decided_by,
        at=review.decided_at,
        made=_made_by(session, review),
    )
    decision = undo_review(asked, decided, standing, now)
    # as long to decide again as there was to think better of it
    due_at = max(review.due_at, now + UNDO_FOR)
    if not session.reopen_review(review.addr, review.id, asked.version, due_at):
        raise Conflict("this review has moved on")
    return decision


def _made_by(session: Session, review: Review) -> str:
    """The id of the opt-out that the last decision recorded; empty if it recorded none."""
    entries = session.history(review.addr)
    mine = [one for one in entries if one.facts.get("review") == review.id]
    last = max((n for n, one in enumerate(mine) if one.kind is EntryKind.REVIEW_DECIDED), default=0)
    return next((one.id for one in mine[last:] if one.kind is EntryKind.OPTED_OUT), "")


def _found(session: Session, review: Review) -> OpenReview:
    address = session.address(review.addr)
    entry = session.entry(review.addr, review.entry_id)
    if address is None or entry is None:
        raise NotFound("this person's record was erased")
    return OpenReview(
        id=review.id,
        address=address,
        recipient=review.sender,
        holds=review.holds,
        opened_at=review.opened_at,
        entry=entry,
        held_elsewhere=any(
            other.state is ReviewState.OPEN
            and other.id != review.id
            and other.holds == review.holds
            for other in session.reviews_of(review.addr)
        ),
    )
