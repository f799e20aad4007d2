"""Taking back a person's decision about a review, for a day, from where it was made.

It takes back what that decision did and nothing else. A block that it made gives way to the
provisional one that stood before, so that the person stays protected until somebody decides anew;
a stop that the customer said since stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.decide.review import OpenReview
from bot.errors import Conflict, NotAllowed
from bot.model import (
    Change,
    Decision,
    EntryKind,
    Hold,
    NewEntry,
    Notice,
    NoticeKind,
    ReviewUndo,
    Role,
    Standing,
    Suppression,
    Verdict,
)

UNDO_FOR = timedelta(hours=24)
DECIDED_BY_NOBODY = frozenset({"customer", "clock"})
"""The customer's own words, and a clock that ran out in the customer's favour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedReview:
    """The review as the transaction found it. `made` is the opt-out's entry, empty if none."""

    review: OpenReview
    verdict: Verdict | None
    by: str
    at: datetime
    made: str = ""


def may_undo(by: str, at: datetime, now: datetime) -> bool:
    """Whether a decision by `by` at `at` can still be taken back by somebody."""
    return by not in DECIDED_BY_NOBODY and now < at + UNDO_FOR


def undo_review(
    undo: ReviewUndo, decided: DecidedReview, standing: Standing, now: datetime
) -> Decision:
    """Take it back; the review is open again afterwards.

    Raises:
        NotAllowed: too late, nobody's decision to take back, or somebody else's.
        Conflict: the customer has said stop since, and a stop is not taken back.
    """
    if decided.by in DECIDED_BY_NOBODY:
        raise NotAllowed("no person of yours decided this, so nobody can take it back")
    if not may_undo(decided.by, decided.at, now):
        raise NotAllowed("a decision can be taken back for 24 hours only")
    if undo.actor.role is not Role.ADMIN and undo.actor.name != decided.by:
        raise NotAllowed("only whoever decided this, or a decider, may take it back")
    made = tuple(one for one in standing.suppressions if one.entry_id == decided.made)
    again = standing.stopped_again_at
    if again is not None and any(again > one.since for one in made):
        raise Conflict("the customer has said stop since; that stands")
    changes, held = _restored(decided, made, standing)
    review = decided.review
    facts = {"actor": undo.actor.name, "review": review.id, "undoes": decided.made}
    entries = [
        NewEntry(kind=EntryKind.REVERTED, effective_at=now, scope=review.holds, facts={**facts})
    ]
    if held:
        # counted from the message again, as the first hold was
        entries.append(
            NewEntry(
                kind=EntryKind.HELD,
                effective_at=review.entry.effective_at,
                scope=review.holds,
                facts={**facts},
            )
        )
    return Decision(
        outcome="reopened",
        entries=tuple(entries),
        changes=changes,
        notices=(Notice(kind=NoticeKind.REVIEW_UPDATE, facts={"review": review.id}),),
    )


def _restored(
    decided: DecidedReview, made: tuple[Suppression, ...], standing: Standing
) -> tuple[tuple[Change, ...], bool]:
    """The changes, and whether the provisional block stands again by them.

    Where another block stands on the held scope, it is left as it is.
    """
    holds = decided.review.holds
    lifted = tuple(Change(scope=one.scope, hold=None) for one in made)
    mine = {one.entry_id for one in made}
    taken = any(one.scope == holds and one.entry_id not in mine for one in standing.suppressions)
    if holds is None or taken:
        return lifted, False
    return (*lifted, Change(scope=holds, hold=Hold.HELD)), True
