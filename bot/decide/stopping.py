"""What a stop does: what it covers, what it ends, and whether it is confirmed and asked about."""

from __future__ import annotations

from dataclasses import replace

from bot.confirming import answered_elsewhere, confirmed_by
from bot.decide.answers import heed_answers, opted_out_kind, question_after_stop
from bot.decide.case import Case, review_clock
from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    AnswerKind,
    Change,
    Context,
    Decision,
    EntryKind,
    Hold,
    Intent,
    Json,
    MessageKind,
    NewReview,
    Notice,
    NoticeKind,
    Over,
    ProviderIntent,
    Question,
    ReviewCause,
    Scope,
    ScopeKind,
    Verdict,
)
from bot.policy import ConfirmedBy

LOOP_FACTOR = 5
ONLY_THESE = "answer:only"  # the reading's rule for "just these", the answer to our question


def late_stop(case: Case) -> Decision | None:
    """A stop sent before a START that we already applied: a person decides, held until then."""
    sent, restarted = case.message.occurred_at, case.standing.last_opt_in_at
    if sent is None or restarted is None or sent >= restarted:
        return None
    return case.to_person(ReviewCause.LATE_STOP, holds=CHANNEL_SCOPE)


def flooded(case: Case) -> Decision | None:
    """One of too many unproved stops from one source: held, until somebody has looked.

    The first of them tells the people, for all.
    """
    over, batch = case.message.over_limit, case.message.batch
    if not over or case.covered(CHANNEL_SCOPE):
        return None
    decision = case.to_person(ReviewCause.FLOOD, holds=CHANNEL_SCOPE)
    assert decision.review is not None
    alert: dict[str, Json] = {
        "cause": str(ReviewCause.FLOOD),
        "subject": "",
        "text": f"Many stops came from one source by mails that nobody vouches for. From here on "
        f"they are held and become opt-outs unless somebody decides otherwise. "
        f"If they are forged: heed revert {batch}",
    }
    return replace(
        decision,
        review=replace(decision.review, told=over is Over.NEWS),
        notices=(Notice(kind=NoticeKind.FORWARD, facts=alert),) if over is Over.NEWS else (),
    )


def stop(case: Case, intent: Intent) -> Decision:
    scope = _stop_scope(case, intent)
    narrows = case.standing.conversation.asked is Context.SCOPE_ASKED and scope.kind in (
        ScopeKind.PROGRAM,
        ScopeKind.TOPIC,
    )
    news = narrows or not case.covered(scope)
    flags = _stop_flags(case, intent)
    changes = [Change(scope=scope, hold=Hold.STOPPED, flags=flags)]
    # narrowed by the answer to our own question, or a doubt that a clear word replaces
    if narrows or (scope != CHANNEL_SCOPE and case.held(CHANNEL_SCOPE)):
        changes.append(Change(scope=CHANNEL_SCOPE, hold=None))
    question = Question.NONE
    choices: tuple[str, ...] = ()
    answer = None
    # a new stop is confirmed also to somebody who asked for help all day, within reason
    policy = case.voice.policy
    cap = LOOP_FACTOR * policy.answers_a_day
    may_answer = heed_answers(case.message, case.sender, case.standing, policy, cap)
    if news and not narrows and may_answer and not case.covered_by_name(scope):
        if intent in (Intent.OPT_OUT, Intent.OPT_OUT_ALL):
            question, choices = question_after_stop(
                case.message, case.reading, scope, case.sender, policy
            )
        answer = case.say(_confirmation(intent, scope), scope, question, choices)
        question = answer.question
    facts: dict[str, Json] = {
        "repeats": not news,
        "question": str(question),
        "confirmed_by": "heed" if answer else _confirmed_elsewhere(case) if news else "nobody",
    }
    if case.reading.reason is not None:
        facts["reason"] = str(case.reading.reason)
    return Decision(
        outcome="opted_out" if news else "already_opted_out",
        entries=(case.entry(EntryKind.OPTED_OUT, scope, facts),),
        changes=tuple(changes) if news else (),
        stops_again=not news,
        answer=answer,
        review=_follow_up(case, intent, news=news),
        notices=case.forward(str(intent)) if intent is Intent.ERASURE else (),
        settles=Verdict.OPT_OUT,
        conversation=case.asked(question, choices),
    )


def _stop_scope(case: Case, intent: Intent) -> Scope:
    match intent:
        case Intent.OPT_OUT_ALL:
            return EVERYTHING
        case Intent.ERASURE:  # what else is to go is for the person who sees to it
            return CHANNEL_SCOPE
        case _ if case.reading.rule == ONLY_THESE and not _names_a_part(case):
            return Scope(ScopeKind.PROGRAM, case.sender.program)  # "just these", as we asked
        case _:
            return case.reading.scope or case.message.scope or CHANNEL_SCOPE


def _confirmed_elsewhere(case: Case) -> str:
    """Who answers this stop where we are silent; `provider` where it says that it has."""
    message = case.message
    by = confirmed_by(case.sender, message.provider, case.voice.policy)
    if message.provider_replied:
        return str(ConfirmedBy.PROVIDER)
    return str(by) if answered_elsewhere(message, by) else str(ConfirmedBy.NOBODY)


def _names_a_part(case: Case) -> bool:
    scope = case.reading.scope
    return scope is not None and scope.kind in (ScopeKind.TOPIC, ScopeKind.PROGRAM)


def _stop_flags(case: Case, intent: Intent) -> frozenset[str]:
    flags = set()
    if case.message.kind is MessageKind.COMPLAINT:
        flags.add("complaint")
    if intent is Intent.WRONG_NUMBER:
        flags.add("reassigned")
    if intent is Intent.ERASURE:
        flags.add("erasure")
    if case.message.provider_intent is ProviderIntent.STOP:
        flags.add("provider")
    return frozenset(flags)


def _follow_up(case: Case, intent: Intent, *, news: bool) -> NewReview | None:
    """What is left for a person to see to; a stop said again leaves what it left before."""
    clocks = case.voice.policy.clocks
    asked = ReviewCause.PRIVACY if case.reading.privacy_request else None
    causes = {Intent.ERASURE: ReviewCause.ERASURE, Intent.WRONG_NUMBER: ReviewCause.WRONG_NUMBER}
    cause = causes.get(intent, asked) if news else asked
    if cause is None:
        return None
    return NewReview(cause=cause, due_at=case.heard_at() + review_clock(cause, clocks))


def _confirmation(intent: Intent, scope: Scope) -> AnswerKind:
    match intent:
        case Intent.WRONG_NUMBER:
            return AnswerKind.WRONG_NUMBER
        case Intent.ERASURE:
            return AnswerKind.ERASURE
        case _:
            return opted_out_kind(scope)
