"""/v1/reviews: what waits for a person, and the person's decision."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.errors import NotFound
from bot.model import Actor, Channel, ReviewCause, ReviewDecision, Role, Unit, Verdict
from handlers.parts import Parts
from handlers.waiting import Waiting, find, waiting
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply
from storage import Review, ReviewState, Session

PAGE = 100


class Listing(wire.Query):
    state: Annotated[
        Literal["open", "overdue"], Field(description="`overdue`: those whose clock has run out.")
    ] = "open"
    cursor: Annotated[
        str,
        Field(
            pattern=r"^(-?[0-9]{1,18}\.[A-Za-z0-9]{1,64})?$",
            description="`next` of the page before.",
        ),
    ] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 50


class Decide(wire.Body):
    decision: Annotated[Verdict, Field(strict=False)]
    version: Annotated[
        int | None,
        Field(ge=1, le=2**31, description="The version that was seen; refused if it moved on."),
    ] = None


class PaceOut(BaseModel):
    """At most `times` messages in `every` days, weeks, months or years."""

    times: int
    every: int
    unit: Unit


class LessOut(BaseModel):
    """What somebody asks for who wants less, as far as their words say it plainly.

    `until` ends a pause; null where no date was told. `channel` is the one to use instead (`other`:
    by phone or letter). Hours are by the clock of `zone` (IANA), empty where nobody knows it.
    """

    pause: bool
    until: datetime | None
    pace: PaceOut | None
    channel: Channel | None
    not_before: time | None
    not_after: time | None
    zone: str


class ReviewOut(BaseModel):
    """`holds` is what it blocks while open; `address` and `words` are null once erased.

    `less` is what a wish for less asks for, null where its words do not say it plainly.
    `privacy_request`: they ask what is held about them, or where it came from.
    """

    id: str
    cause: ReviewCause
    state: ReviewState
    version: int
    channel: Channel
    address: str | None
    sender: str
    words: str | None
    less: LessOut | None
    privacy_request: bool
    holds: str | None
    opened_at: datetime
    due_at: datetime
    late: bool
    entry: str
    verdict: Verdict | None
    decided_by: str | None
    decided_at: datetime | None


class ReviewPage(BaseModel):
    """The most urgent first. `next` is the cursor of the next page, null on the last."""

    reviews: list[ReviewOut]
    next: str | None


class Decided(BaseModel):
    outcome: str
    message_id: str
    review: ReviewOut


def operations(parts: Parts) -> Operations:
    def reviews(_actor: Actor, asked: Listing) -> Reply:
        now = parts.clock()

        def page(session: Session) -> tuple[list[ReviewOut], str | None]:
            rows = session.open_reviews(asked.limit, asked.cursor)
            more = rows[-1].cursor if len(rows) == asked.limit else None
            if asked.state == "overdue":  # they come first: the order is that of the clocks
                late = [row for row in rows if row.due_at <= now]
                rows, more = late, more if len(late) == len(rows) else None
            return [_out(waiting(session, row), now) for row in rows], more

        found, more = parts.store.read(page)
        return Reply(body=ReviewPage(reviews=found, next=more))

    def review(_actor: Actor, _asked: wire.Nothing, review_id: str) -> Reply:
        found = parts.store.read(lambda session: waiting(session, _known(session, review_id)))
        return Reply(body=_out(found, parts.clock()))

    def decide(actor: Actor, asked: Decide, review_id: str) -> Reply:
        now = parts.clock()
        known = parts.store.read(lambda session: _known(session, review_id))
        receipt = parts.desk.receive(
            ReviewDecision(
                review_id=known.id,
                address_hash=known.addr,
                verdict=asked.decision,
                actor=actor,
                received_at=now,
                version=asked.version,
            )
        )
        after = parts.store.read(lambda session: waiting(session, _known(session, review_id)))
        return Reply(
            body=Decided(
                outcome=receipt.outcome, message_id=receipt.message_id, review=_out(after, now)
            )
        )

    return (
        Operation(
            method="GET",
            path="/v1/reviews",
            name="listReviews",
            summary="What waits for a person's decision, the most urgent first",
            role=Role.RECORD,
            takes=Listing,
            gives={200: ReviewPage},
            run=reviews,
        ),
        Operation(
            method="GET",
            path="/v1/reviews/<review_id>",
            name="readReview",
            summary="One review, open or decided",
            role=Role.RECORD,
            takes=wire.Nothing,
            gives={200: ReviewOut},
            run=review,
            refuses=(404,),
        ),
        Operation(
            method="POST",
            path="/v1/reviews/<review_id>",
            name="decideReview",
            summary="Decide a review; ending a hold (`not_opt_out`) takes the role admin",
            role=Role.RECORD,
            takes=Decide,
            gives={200: Decided},
            run=decide,
            refuses=(404, 409),
            example={"decision": "opt_out", "version": 1},
        ),
    )


def _known(session: Session, review_id: str) -> Review:
    found = find(session, review_id)
    if found is None:
        raise NotFound("there is no review of this id")
    return found


def _out(one: Waiting, now: datetime) -> ReviewOut:
    review = one.review
    return ReviewOut(
        id=review.id,
        cause=review.cause,
        state=review.state,
        version=review.version,
        channel=review.channel,
        address=one.address.value if one.address else None,
        sender=review.sender,
        words=one.words,
        less=LessOut.model_validate(asdict(one.less)) if one.less else None,
        privacy_request=one.privacy_request,
        holds=str(review.holds) if review.holds else None,
        opened_at=review.opened_at,
        due_at=review.due_at,
        late=one.late(now),
        entry=review.entry_id,
        verdict=review.verdict,
        decided_by=review.decided_by or None,
        decided_at=review.decided_at,
    )
