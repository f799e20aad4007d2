"""What waits for a person, with what the person needs to decide it: who, and in which words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.less import of_facts
from bot.model import Address, Less
from storage import Review, ReviewState, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """`address` and `words` are None once they were erased; `less` is what the words ask for.

    `privacy_request`: they ask about their own data.
    """

    review: Review
    address: Address | None = field(repr=False)
    words: str | None = field(repr=False)
    less: Less | None = None
    privacy_request: bool = False

    def late(self, now: datetime) -> bool:
        """Whether its clock has run out undecided."""
        return self.review.state is ReviewState.OPEN and self.review.due_at <= now


def find(session: Session, review_id: str) -> Review | None:
    """The review of this id, in whichever case it was typed."""
    return session.review(review_id.upper()) if review_id.isalnum() else None


def waiting(session: Session, review: Review) -> Waiting:
    entry = session.entry(review.addr, review.entry_id)
    return Waiting(
        review=review,
        address=session.address(review.addr),
        words=None if entry is None else entry.words,
        less=None if entry is None else of_facts(entry.facts.get("less")),
        privacy_request=entry is not None and entry.facts.get("privacy_request") is True,
    )
