"""A review that nobody decides: two words in its thread, and an alert when its clock ran out.

The words come at half and at nine tenths of the clock; the alert is seen by the whole channel.
Promised with the card, so that they need no clock of their own and are never posted twice by two
workers; what was decided meanwhile is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.model import NoticeKind
from handlers.slack import words as say
from handlers.slack.showing import promise_update
from storage import Review, ReviewState, Session

PARTS: Mapping[str, float] = {"half": 0.5, "nine_tenths": 0.9, "over": 1.0}
OVER = "over"


def promise_reminders(session: Session, review: Review, now: datetime) -> None:
    """Promise those whose time has not passed yet."""
    length = review.due_at - review.opened_at
    for part, share in PARTS.items():
        due_at = review.opened_at + length * share
        if due_at > now:
            promise_update(
                session,
                review,
                now,
                kind=NoticeKind.REVIEW_REMINDER,
                due_at=due_at,
                part=part,
                until=review.due_at.isoformat(),
            )


def text_of(review: Review, part: str, until: str, now: datetime) -> str:
    """What to say, in mrkdwn; empty where there is nothing to say any more."""
    if part == OVER and review.decided_by == "clock":
        return (
            f"Nobody decided review {review.id} in time, so it was recorded as an opt-out. "
            "Nothing more is to be done."
        )
    if review.state is ReviewState.DECIDED or until != review.due_at.isoformat():
        return ""
    if part == OVER or now >= review.due_at:
        return f"Overdue: review {review.id} was to be decided by {say.date(review.due_at)}."
    then = " Then it becomes an opt-out." if review.holds is not None else ""
    who = f" {say.who(review.assigned_to)} has taken it on." if review.assigned_to else ""
    left = say.span(review.due_at - now)
    return f"Review {review.id} still waits; {left} are left.{then}{who}"
