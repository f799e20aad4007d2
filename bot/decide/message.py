"""What follows from a message. The rows are those of `docs/decision-table.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.decide.answers import Voice
from bot.decide.case import Case
from bot.decide.starting import start, yes_to_our_offer
from bot.decide.stopping import flooded, late_stop, stop
from bot.model import (
    CHANNEL_SCOPE,
    STOPS,
    AnswerKind,
    Change,
    Channel,
    Decision,
    EntryKind,
    Hold,
    InboundMessage,
    Intent,
    Json,
    MessageKind,
    Notice,
    NoticeKind,
    Over,
    ProviderIntent,
    Question,
    Reading,
    ReviewCause,
    Standing,
)

_CEILING: Mapping[str, Json] = {
    "cause": "mail_ceiling",
    "subject": "",
    "text": "As many automatic answers went out by mail within this hour as may "
    "(mail_answers_an_hour, mail_answers_to_a_domain in heed.toml). Until it is over, stops by "
    "mail are recorded as ever and not answered. Many may have come at once after a mailing, or "
    "somebody makes them up: heed report and heed revert tell.",
}
_WRITTEN = frozenset({MessageKind.REPLY, MessageKind.UNSUBSCRIBE_REQUEST, MessageKind.AUTO_REPLY})


def decide_message(
    message: InboundMessage, reading: Reading, standing: Standing, voice: Voice, now: datetime
) -> Decision:
    """The whole consequence of one message. Total: every message gets at least one entry."""
    sender = voice.policy.sender(message.address.channel, message.recipient)
    case = Case(
        message=message, reading=reading, standing=standing, voice=voice, sender=sender, now=now
    )
    decision = _reached_again(case, _decide(case))
    if standing.mail_ceiling is Over.NEWS:
        alert = Notice(kind=NoticeKind.FORWARD, facts={**_CEILING})
        decision = replace(decision, notices=(*decision.notices, alert))
    if message.address.channel is Channel.WHATSAPP and message.kind is not MessageKind.PREFERENCE:
        known = decision.conversation or standing.conversation
        last = max(filter(None, (known.heard_at, case.heard_at())))
        decision = replace(decision, conversation=replace(known, heard_at=last))
    if decision.conversation == standing.conversation:
        return replace(decision, conversation=None)
    return decision


def _reached_again(case: Case, decision: Decision) -> Decision:
    """Whoever writes from an address has it: what bounced for good may be tried again."""
    marked = any(one.hold is Hold.UNDELIVERABLE for one in case.standing.suppressions)
    decided = any(change.scope == CHANNEL_SCOPE for change in decision.changes)
    if not marked or decided or case.message.kind not in _WRITTEN:
        return decision
    first, *rest = decision.entries
    first = replace(first, facts={**first.facts, "reached_again": True})
    lifted = Change(scope=CHANNEL_SCOPE, hold=None)
    return replace(decision, entries=(first, *rest), changes=(*decision.changes, lifted))


def _decide(case: Case) -> Decision:
    match case.message.kind:
        case MessageKind.AUTO_REPLY:
            left = case.reading.intent is Intent.WRONG_NUMBER  # "has left the company"
            return case.heard("auto_reply", notices=case.forward("auto_reply") if left else ())
        case MessageKind.BOUNCE:
            return _bounce(case)
        case MessageKind.COMPLAINT | MessageKind.UNSUBSCRIBE_REQUEST:
            return flooded(case) or stop(case, Intent.OPT_OUT)
        case MessageKind.UNREADABLE:
            return case.to_person(ReviewCause.UNREADABLE, holds=None)
        case _:
            return _words(case)


def _bounce(case: Case) -> Decision:
    """A delay is only counted; a bounce for good marks the address, and is no opt-out."""
    if not case.message.undeliverable:
        return case.heard("bounce")
    return Decision(
        outcome="undeliverable",
        entries=(case.entry(EntryKind.UNDELIVERABLE, CHANNEL_SCOPE),),
        changes=(Change(scope=CHANNEL_SCOPE, hold=Hold.UNDELIVERABLE),),
    )


def _words(case: Case) -> Decision:
    provider, intent = case.message.provider_intent, case.reading.intent
    if provider is ProviderIntent.STOP:
        return stop(case, intent if intent in STOPS else Intent.OPT_OUT)
    if case.message.unread:
        return case.to_person(ReviewCause.UNREADABLE, holds=CHANNEL_SCOPE)
    if intent in STOPS:
        return late_stop(case) or flooded(case) or stop(case, intent)
    wants_in = intent is Intent.OPT_IN or yes_to_our_offer(case)
    # what is missing of a cut text may say stop: it lifts nothing
    if provider is ProviderIntent.START or (wants_in and not case.message.cut):
        return start(case)
    if case.reading.privacy_request:
        return _privacy(case)
    if case.message.cut:
        return case.to_person(ReviewCause.TOO_LONG, holds=case.doubt())
    if case.message.media_count and not case.message.text.strip():
        return case.to_person(ReviewCause.MEDIA, holds=None)
    if provider is ProviderIntent.HELP or intent is Intent.HELP:
        return _help(case)
    match intent:
        case Intent.REASON:
            return _reason(case)
        case Intent.LESS:
            return case.to_person(ReviewCause.LESS, holds=case.doubt())
        case Intent.AMBIGUOUS:
            return _unclear(case)
        case _:
            return case.heard("other", notices=case.forward("other"))


def _help(case: Case) -> Decision:
    if case.message.address.channel is Channel.EMAIL:  # a person asks people
        return case.heard("help", notices=case.forward("help"))
    may_answer = case.may_answer()
    return replace(case.heard("help"), answer=case.say(AnswerKind.HELP) if may_answer else None)


def _privacy(case: Case) -> Decision:
    """What is held about them is answered by a person (GDPR Art. 12(3)); who we are, at once."""
    decision = case.to_person(ReviewCause.PRIVACY, holds=case.doubt())
    asks_who = case.reading.intent is Intent.HELP and case.message.address.channel != Channel.EMAIL
    if not asks_who or not case.may_answer():
        return decision
    return replace(decision, answer=case.say(AnswerKind.HELP))


def _reason(case: Case) -> Decision:
    """The answer to our question; never by a second text message."""
    thanks = case.message.address.channel in (Channel.WHATSAPP, Channel.SLACK, Channel.OTHER)
    may_answer = thanks and case.may_answer()
    facts: dict[str, Json] = {"reason": str(case.reading.reason or "other")}
    return Decision(
        outcome="reason_given",
        entries=(case.entry(EntryKind.REASON_GIVEN, None, facts),),
        answer=case.say(AnswerKind.THANKS) if may_answer else None,
        notices=case.forward("reason") if case.message.raw is not None else (),
        conversation=case.asked(Question.NONE, ()),
    )


def _unclear(case: Case) -> Decision:
    if case.reading.may_be_stop and case.covered(CHANNEL_SCOPE):
        return case.heard("already_opted_out")  # nothing that a person could add
    cause = ReviewCause.MAY_BE_STOP if case.reading.may_be_stop else ReviewCause.UNCLEAR
    return case.to_person(cause, holds=case.doubt())
