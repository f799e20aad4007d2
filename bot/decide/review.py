"""What follows from a person's decision about an unclear message, or from its clock running out.

A decision may end a provisional hold, never a stop. Undecided at the end of its clock, a hold
becomes an opt-out (docs/design.md: Unclear).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.confirming import confirmed_by
from bot.decide.answers import Voice, opted_out_kind, questions_allowed
from bot.errors import Conflict, NotAllowed
from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    Address,
    Answer,
    AnswerKind,
    Assurance,
    Change,
    Channel,
    Decision,
    EntryKind,
    Hold,
    Json,
    LedgerEntry,
    NewEntry,
    NewReview,
    Notice,
    NoticeKind,
    ReviewCause,
    ReviewDecision,
    Role,
    Scope,
    Standing,
    Verdict,
)
from bot.policy import ConfirmedBy, Sender
from bot.verdict import covered

ANSWERABLE = timedelta(hours=24)
"""How late an opt-out decided by a person is still confirmed off sms; WhatsApp's free window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReview:
    """The review as the transaction found it. `entry` is the message that it is about."""

    id: str
    address: Address
    recipient: str
    holds: Scope | None
    opened_at: datetime
    entry: LedgerEntry
    held_elsewhere: bool = False  # another open review holds the same scope


def decide_review(
    decision: ReviewDecision, review: OpenReview, standing: Standing, voice: Voice, now: datetime
) -> Decision:
    """The consequence of one verdict.

    Raises:
        NotAllowed: the actor may not decide, or this verdict is not open for this review.
        Conflict: the customer was asked already.
    """
    if decision.actor.role not in (Role.RECORD, Role.ADMIN):
        raise NotAllowed("deciding needs the role record or admin")
    match decision.verdict:
        case Verdict.OPT_OUT | Verdict.WRONG_NUMBER | Verdict.ERASURE:
            return _opt_out(decision, review, standing, voice, now)
        case Verdict.NOT_OPT_OUT:
            if decision.actor.role is not Role.ADMIN:
                raise NotAllowed("only a decider may end a hold")
            return _keep(decision, review, standing)
        case Verdict.DONE:
            if review.holds is not None:
                raise NotAllowed("this review holds a block: decide opt_out or not_opt_out")
            return Decision(
                outcome="done", entries=(_decided(decision, review),), notices=(_update(review),)
            )
        case Verdict.ASK:
            return _ask(decision, review, standing, voice, now)


def _opt_out(
    decision: ReviewDecision,
    review: OpenReview,
    standing: Standing,
    voice: Voice,
    now: datetime,
) -> Decision:
    scope = decision.scope or review.holds or CHANNEL_SCOPE
    ended = _less_held(decision, review, standing, scope)
    news = not covered(scope, standing, voice.policy, review.address.channel)
    facts: dict[str, Json] = {
        "actor": decision.actor.name,
        "review": review.id,
        "repeats": not news,
        "rule": "human" if decision.actor.name != "clock" else "clock",
        # the message's own, for every deadline that runs from them
        "received_at": review.entry.facts.get("received_at"),
        "occurred_at": review.entry.facts.get("occurred_at"),
    }
    return Decision(
        outcome="opted_out" if news else "already_opted_out",
        entries=(
            _decided(decision, review),
            *(_hold_ended(decision, review) for _ in ended),
            # counted from the message: every deadline runs from when the person acted
            NewEntry(
                kind=EntryKind.OPTED_OUT,
                effective_at=review.entry.effective_at,
                scope=scope,
                facts=facts,
            ),
        ),
        changes=(
            *ended,
            *((Change(scope=scope, hold=Hold.STOPPED, flags=_flags(decision)),) if news else ()),
        ),
        answer=_confirm(_kind(decision, scope), review, voice, now, scope) if news else None,
        notices=(_update(review),),
        review=_follow_up(decision, review, voice),
    )


def _less_held(
    decision: ReviewDecision, review: OpenReview, standing: Standing, scope: Scope
) -> tuple[Change, ...]:
    """The end of the hold, where the opt-out is to cover something else than what is held.

    Raises:
        NotAllowed: it covers less, which only a decider may choose.
    """
    if review.holds is None or scope == review.holds:
        return ()
    if scope != EVERYTHING and decision.actor.role is not Role.ADMIN:
        raise NotAllowed("only a decider may block less than what is held")
    held = any(one.scope == review.holds and one.hold is Hold.HELD for one in standing.suppressions)
    return (Change(scope=review.holds, hold=None),) if held and not review.held_elsewhere else ()


def _flags(decision: ReviewDecision) -> frozenset[str]:
    """As the customer's own words would have set them."""
    flags = {Verdict.WRONG_NUMBER: "reassigned", Verdict.ERASURE: "erasure"}
    flag = flags.get(decision.verdict)
    return frozenset({flag} if flag else ())


def _kind(decision: ReviewDecision, scope: Scope) -> AnswerKind:
    match decision.verdict:
        case Verdict.WRONG_NUMBER:
            return AnswerKind.WRONG_NUMBER
        case Verdict.ERASURE:
            return AnswerKind.ERASURE
        case _:
            return opted_out_kind(scope)


def _follow_up(decision: ReviewDecision, review: OpenReview, voice: Voice) -> NewReview | None:
    """Who wants their record deleted is still to be seen to."""
    if decision.verdict is not Verdict.ERASURE:
        return None
    due_at = review.entry.effective_at + voice.policy.clocks.erasure
    return NewReview(cause=ReviewCause.ERASURE, due_at=due_at)


def _keep(decision: ReviewDecision, review: OpenReview, standing: Standing) -> Decision:
    entries = [_decided(decision, review)]
    changes: tuple[Change, ...] = ()
    held = any(one.scope == review.holds and one.hold is Hold.HELD for one in standing.suppressions)
    if held and review.holds is not None and not review.held_elsewhere:
        changes = (Change(scope=review.holds, hold=None),)
        entries.append(_hold_ended(decision, review))
    return Decision(
        outcome="not_opt_out",
        entries=tuple(entries),
        changes=changes,
        notices=(_update(review),),
    )


def _ask(
    decision: ReviewDecision,
    review: OpenReview,
    standing: Standing,
    voice: Voice,
    now: datetime,
) -> Decision:
    """Put one plain question to the customer. The hold and the review's clock go on.

    The question promises silence until it is answered, so there must be a hold.
    """
    sender = voice.policy.sender(review.address.channel, review.recipient)
    if standing.conversation.clarified_at is not None:
        raise Conflict("this customer was asked already")
    if covered(CHANNEL_SCOPE, standing, voice.policy, review.address.channel):
        raise NotAllowed("this address is blocked: nothing may be sent to it")
    if not can_ask(review):
        raise NotAllowed(
            "no question may go out here: nothing is held, the sender is not proved, "
            "or it is a text to +1"
        )
    heard_at = standing.conversation.heard_at or review.entry.effective_at
    answer = _say(AnswerKind.CLARIFY, review, voice, sender, now, heard_at)
    return Decision(
        outcome="asked",
        entries=(_decided(decision, review),),
        answer=answer,
        conversation=replace(standing.conversation, clarified_at=now),
        notices=(_update(review),),
    )


def can_ask(review: OpenReview) -> bool:
    """Only where something is held, and never in a text to +1 or to an undetermined number.

    (47 CFR 64.1200(a)(12): a text to an opt-out carries no questions.)
    """
    proved = review.entry.facts.get("assurance") == str(Assurance.VERIFIED)
    return review.holds is not None and proved and questions_allowed(review.address)


def _confirm(
    kind: AnswerKind, review: OpenReview, voice: Voice, now: datetime, scope: Scope
) -> Answer | None:
    sender = voice.policy.sender(review.address.channel, review.recipient)
    proved = review.entry.facts.get("assurance") == str(Assurance.VERIFIED)
    sms = review.address.channel is Channel.SMS
    window = voice.policy.clocks.sms_confirmation if sms else ANSWERABLE
    by = confirmed_by(sender, str(review.entry.facts.get("provider", "")), voice.policy)
    silent = by in (ConfirmedBy.PROVIDER, ConfirmedBy.NOBODY)
    if silent or not proved or now - review.entry.effective_at > window:
        return None
    heard_at = review.entry.effective_at
    return _say(kind, review, voice, sender, heard_at, heard_at, scope)


def _say(
    kind: AnswerKind,
    review: OpenReview,
    voice: Voice,
    sender: Sender,
    now: datetime,
    heard_at: datetime,
    scope: Scope | None = None,
) -> Answer:
    lang = review.entry.facts.get("lang")
    return voice.say(
        kind,
        address=review.address,
        sender=sender,
        words_lang=lang if isinstance(lang, str) else None,
        now=now,
        heard_at=heard_at,
        scope=scope,
    )


def _decided(decision: ReviewDecision, review: OpenReview) -> NewEntry:
    return NewEntry(
        kind=EntryKind.REVIEW_DECIDED,
        effective_at=decision.received_at,
        scope=review.holds,
        facts={
            "actor": decision.actor.name,
            "review": review.id,
            "verdict": str(decision.verdict),
            "about": review.entry.id,
        },
    )


def _hold_ended(decision: ReviewDecision, review: OpenReview) -> NewEntry:
    return NewEntry(
        kind=EntryKind.HOLD_ENDED,
        effective_at=decision.received_at,
        scope=review.holds,
        facts={"actor": decision.actor.name, "review": review.id},
    )


def _update(review: OpenReview) -> Notice:
    return Notice(kind=NoticeKind.REVIEW_UPDATE, facts={"review": review.id})
