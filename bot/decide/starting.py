"""What a START lifts: only the address itself, proved, takes back what it stopped."""

from __future__ import annotations

from dataclasses import replace

from bot.decide.case import Case
from bot.decide.importing import IMPORTED
from bot.model import (
    CHANNEL_SCOPE,
    AnswerKind,
    Assurance,
    Change,
    Channel,
    Decision,
    EntryKind,
    Hold,
    MessageKind,
    ProviderIntent,
    Question,
    ReviewCause,
    Scope,
    ScopeKind,
    Suppression,
    Verdict,
)

UNBLOCKING_WORDS = frozenset({"start", "unstop"})
"""What every US provider and network takes for itself."""
NEEDS_A_PERSON_TO_LIFT = frozenset({"complaint", "erasure"})


def start(case: Case) -> Decision:
    """Only the address itself, proved, lifts what it stopped (docs/decision-table.md)."""
    if case.message.assurance is not Assurance.VERIFIED:
        return case.to_person(ReviewCause.RESTART, holds=None)
    stops = [one for one in case.standing.suppressions if one.hold is not Hold.UNDELIVERABLE]
    again = case.standing.stopped_again_at
    if any(_said_before(case, stop) for stop in stops) or (
        again is not None and stops and again > case.message.received_at
    ):
        return case.to_person(ReviewCause.RESTART, holds=None)
    flags = frozenset[str]().union(*(stop.flags for stop in stops))
    if flags & NEEDS_A_PERSON_TO_LIFT or _stopped_elsewhere(case):
        return case.to_person(ReviewCause.RESTART, holds=None)
    may_answer = case.may_answer()
    if not stops:
        answer = case.say(AnswerKind.NOT_SUBSCRIBED) if may_answer else None
        return replace(case.heard("not_suppressed"), answer=answer)
    scope = case.reading.scope
    if case.message.kind is MessageKind.PREFERENCE:  # it resumes what the same switch had stopped
        scope = Scope(ScopeKind.PROGRAM, case.sender.program)
    lifted = [stop.scope for stop in stops if scope in (None, CHANNEL_SCOPE, stop.scope)]
    if _blocked_there(case, tuple(one for one in stops if one.scope in lifted)):
        return case.to_person(ReviewCause.BLOCKED_THERE, holds=None)
    if not lifted:  # a part of what is stopped as a whole: not ours to carve out alone
        return case.to_person(ReviewCause.RESTART, holds=None)
    return Decision(
        outcome="opted_in",
        entries=(case.entry(EntryKind.OPTED_IN, scope or CHANNEL_SCOPE),),
        changes=tuple(Change(scope=one, hold=None) for one in lifted),
        answer=case.say(AnswerKind.OPTED_IN) if may_answer else None,
        settles=Verdict.NOT_OPT_OUT,
        conversation=replace(
            case.asked(Question.NONE, ()),
            last_opt_in_at=case.message.occurred_at or case.message.received_at,
        ),
    )


def _stopped_elsewhere(case: Case) -> bool:
    """Whether a stop stands under another address or name of the person, which alone lifts it."""
    firm = [one for one in case.standing.named if one.hold is not Hold.UNDELIVERABLE]
    return case.standing.linked_everything or bool(firm)


def _blocked_there(case: Case, stops: tuple[Suppression, ...]) -> bool:
    """Whether the provider goes on blocking: it unblocks by its own word alone, not by free words.

    Lifting our block would only make sends fail, and an answer would not arrive either, so that a
    person tells the customer what to text.
    """
    message = case.message
    if not any("provider" in stop.flags for stop in stops):
        return False
    if message.provider_intent is ProviderIntent.START or message.provider_keyword:
        return False
    if message.address.channel is Channel.WHATSAPP:  # the switch in the app answers to no word
        return True
    return message.text.strip().casefold() not in UNBLOCKING_WORDS


def _said_before(case: Case, stop: Suppression) -> bool:
    """Whether this START is older than the stop: received before its commit, or sent before."""
    sent = case.message.occurred_at
    if IMPORTED in stop.flags:
        return stop.since > (sent or case.message.received_at)
    committed = stop.recorded_at or stop.since
    return committed > case.message.received_at or (sent is not None and stop.since > sent)


def yes_to_our_offer(case: Case) -> bool:
    """A bare YES opts in only where the message it answers offered that."""
    sent = case.standing.last_send
    offered = sent is not None and any(one.casefold() == "yes" for one in sent.choices)
    return offered and case.reading.rule == "keyword:yes"
