"""What follows from a message. The rows are those of `docs/decision-table.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.decide.answers import Voice, heed_answers, question_after_stop
from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    STOPS,
    Answer,
    AnswerKind,
    Assurance,
    Change,
    Channel,
    Context,
    Conversation,
    Decision,
    EntryKind,
    Hold,
    InboundMessage,
    Intent,
    Json,
    MessageKind,
    NewEntry,
    NewReview,
    Notice,
    NoticeKind,
    ProviderIntent,
    Question,
    Reading,
    ReviewCause,
    Scope,
    ScopeKind,
    Standing,
    Suppression,
    Verdict,
)
from bot.policy import Sender
from bot.verdict import covered

LOOP_FACTOR = 5
ONLY_THESE = "answer:only"  # the reading's rule for "just these", the answer to our question
NEEDS_A_PERSON_TO_LIFT = frozenset({"complaint", "erasure"})


def decide_message(
    message: InboundMessage, reading: Reading, standing: Standing, voice: Voice, now: datetime
) -> Decision:
    """The whole consequence of one message. Total: every message gets at least one entry."""
    sender = voice.policy.sender(message.address.channel, message.recipient)
    case = Case(
        message=message, reading=reading, standing=standing, voice=voice, sender=sender, now=now
    )
    decision = case.decide()
    if decision.conversation == standing.conversation:
        return replace(decision, conversation=None)
    return decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message with all that its decision may depend on."""

    message: InboundMessage
    reading: Reading
    standing: Standing
    voice: Voice
    sender: Sender
    now: datetime

    def decide(self) -> Decision:
        match self.message.kind:
            case MessageKind.AUTO_REPLY:
                left = self.reading.intent is Intent.WRONG_NUMBER  # "has left the company"
                return self.heard("auto_reply", notices=self.forward("auto_reply") if left else ())
            case MessageKind.BOUNCE:
                return self.heard("bounce")
            case MessageKind.COMPLAINT | MessageKind.UNSUBSCRIBE_REQUEST:
                return self.stop(Intent.OPT_OUT)
            case MessageKind.UNREADABLE:
                return self.to_person(ReviewCause.UNREADABLE, holds=None)
            case _:
                return self.words()

    def words(self) -> Decision:
        provider, intent = self.message.provider_intent, self.reading.intent
        if provider is ProviderIntent.STOP:
            return self.stop(intent if intent in STOPS else Intent.OPT_OUT)
        if self.message.unread:
            return self.to_person(ReviewCause.UNREADABLE, holds=CHANNEL_SCOPE)
        if intent in STOPS:
            return self.late_stop() or self.stop(intent)
        if provider is ProviderIntent.START or intent is Intent.OPT_IN or self._yes_to_our_offer():
            return self.start()
        if self.message.cut:
            return self.to_person(ReviewCause.TOO_LONG, holds=None)
        if self.message.media_count and not self.message.text.strip():
            return self.to_person(ReviewCause.MEDIA, holds=None)
        if provider is ProviderIntent.HELP or intent is Intent.HELP:
            return self.help()
        match intent:
            case Intent.REASON:
                return self.reason()
            case Intent.LESS:
                return self.to_person(ReviewCause.LESS, holds=self._doubt())
            case Intent.AMBIGUOUS:
                return self.unclear()
            case _:
                return self.heard("other", notices=self.forward("other"))

    # --- a stop ----------------------------------------------------------------------------------

    def late_stop(self) -> Decision | None:
        """A stop sent before a START that we already applied: a person decides, held until then."""
        sent, restarted = self.message.occurred_at, self.standing.last_opt_in_at
        if sent is None or restarted is None or sent >= restarted:
            return None
        return self.to_person(ReviewCause.LATE_STOP, holds=CHANNEL_SCOPE)

    def stop(self, intent: Intent) -> Decision:
        scope = self._stop_scope(intent)
        narrows = self.standing.conversation.asked is Context.SCOPE_ASKED and scope.kind in (
            ScopeKind.PROGRAM,
            ScopeKind.TOPIC,
        )
        news = narrows or not self._covered(scope)
        flags = self._stop_flags(intent)
        changes = [Change(scope=scope, hold=Hold.STOPPED, flags=flags)]
        # narrowed by the answer to our own question, or a doubt that a clear word replaces
        if narrows or (scope != CHANNEL_SCOPE and self._held(CHANNEL_SCOPE)):
            changes.append(Change(scope=CHANNEL_SCOPE, hold=None))
        question = Question.NONE
        choices: tuple[str, ...] = ()
        answer = None
        # a new stop is confirmed also to somebody who asked for help all day, within reason
        cap = LOOP_FACTOR * self.voice.policy.answers_a_day
        if news and not narrows and heed_answers(self.message, self.sender, self.standing, cap):
            if intent in (Intent.OPT_OUT, Intent.OPT_OUT_ALL):
                question, choices = question_after_stop(
                    self.message, self.reading, scope, self.sender, self.voice.policy
                )
            answer = self._say(_confirmation(intent, scope), scope, question, choices)
            question = answer.question
        facts: dict[str, Json] = {"repeats": not news, "question": str(question)}
        if self.reading.reason is not None:
            facts["reason"] = str(self.reading.reason)
        return Decision(
            outcome="opted_out" if news else "already_opted_out",
            entries=(self._entry(EntryKind.OPTED_OUT, scope, facts),),
            changes=tuple(changes) if news else (),
            answer=answer,
            review=self._follow_up(intent) if news else None,
            notices=self.forward(str(intent)) if intent is Intent.ERASURE else (),
            settles=Verdict.OPT_OUT,
            conversation=self._asked(question, choices),
        )

    def _stop_scope(self, intent: Intent) -> Scope:
        match intent:
            case Intent.OPT_OUT_ALL:
                return EVERYTHING
            case Intent.ERASURE:  # what else is to go is for the person who sees to it
                return CHANNEL_SCOPE
            case _ if self.reading.rule == ONLY_THESE and not self._names_a_part():
                return Scope(ScopeKind.PROGRAM, self.sender.program)  # "just these", as we asked
            case _:
                return self.reading.scope or CHANNEL_SCOPE

    def _names_a_part(self) -> bool:
        scope = self.reading.scope
        return scope is not None and scope.kind in (ScopeKind.TOPIC, ScopeKind.PROGRAM)

    def _stop_flags(self, intent: Intent) -> frozenset[str]:
        flags = set()
        if self.message.kind is MessageKind.COMPLAINT:
            flags.add("complaint")
        if intent is Intent.WRONG_NUMBER:
            flags.add("reassigned")
        if intent is Intent.ERASURE:
            flags.add("erasure")
        if self.message.provider_intent is ProviderIntent.STOP:
            flags.add("provider")
        return frozenset(flags)

    def _follow_up(self, intent: Intent) -> NewReview | None:
        clocks = self.voice.policy.clocks
        if intent is Intent.ERASURE:
            return NewReview(cause=ReviewCause.ERASURE, due_at=self._heard_at() + clocks.erasure)
        if intent is Intent.WRONG_NUMBER:
            return NewReview(
                cause=ReviewCause.WRONG_NUMBER, due_at=self._heard_at() + clocks.review
            )
        return None

    # --- a start ---------------------------------------------------------------------------------

    def start(self) -> Decision:
        """Only the address itself, proved, lifts what it stopped (docs/decision-table.md)."""
        if self.message.assurance is not Assurance.VERIFIED:
            return self.to_person(ReviewCause.RESTART, holds=None)
        stops = self.standing.suppressions
        if any(self._said_before(stop) for stop in stops):
            return self.to_person(ReviewCause.RESTART, holds=None)
        flags = frozenset[str]().union(*(stop.flags for stop in stops))
        if flags & NEEDS_A_PERSON_TO_LIFT or self.standing.linked_everything:
            return self.to_person(ReviewCause.RESTART, holds=None)
        may_answer = heed_answers(
            self.message, self.sender, self.standing, self.voice.policy.answers_a_day
        )
        if not stops:
            answer = self._say(AnswerKind.NOT_SUBSCRIBED) if may_answer else None
            return replace(self.heard("not_suppressed"), answer=answer)
        scope = self.reading.scope
        lifted = [stop.scope for stop in stops if scope in (None, CHANNEL_SCOPE, stop.scope)]
        if not lifted:  # a part of what is stopped as a whole: not ours to carve out alone
            return self.to_person(ReviewCause.RESTART, holds=None)
        return Decision(
            outcome="opted_in",
            entries=(self._entry(EntryKind.OPTED_IN, scope or CHANNEL_SCOPE),),
            changes=tuple(Change(scope=one, hold=None) for one in lifted),
            answer=self._say(AnswerKind.OPTED_IN) if may_answer else None,
            settles=Verdict.NOT_OPT_OUT,
            conversation=replace(
                self._asked(Question.NONE, ()),
                last_opt_in_at=self.message.occurred_at or self.message.received_at,
            ),
        )

    def _said_before(self, stop: Suppression) -> bool:
        """Whether this START is older than the stop: received before its commit, or sent before."""
        sent = self.message.occurred_at
        committed = stop.recorded_at or stop.since
        return committed > self.message.received_at or (sent is not None and stop.since > sent)

    def _yes_to_our_offer(self) -> bool:
        """A bare YES opts in only where the message it answers offered that."""
        sent = self.standing.last_send
        offered = sent is not None and any(one.casefold() == "yes" for one in sent.choices)
        return offered and self.reading.rule == "keyword:yes"

    # --- the rest --------------------------------------------------------------------------------

    def help(self) -> Decision:
        if self.message.address.channel is Channel.EMAIL:  # a person asks people
            return self.heard("help", notices=self.forward("help"))
        may_answer = heed_answers(
            self.message, self.sender, self.standing, self.voice.policy.answers_a_day
        )
        return replace(
            self.heard("help"), answer=self._say(AnswerKind.HELP) if may_answer else None
        )

    def reason(self) -> Decision:
        """The answer to our question; never by a second text message."""
        thanks = self.message.address.channel in (Channel.WHATSAPP, Channel.SLACK, Channel.OTHER)
        may_answer = thanks and heed_answers(
            self.message, self.sender, self.standing, self.voice.policy.answers_a_day
        )
        facts: dict[str, Json] = {"reason": str(self.reading.reason or "other")}
        return Decision(
            outcome="reason_given",
            entries=(self._entry(EntryKind.REASON_GIVEN, None, facts),),
            answer=self._say(AnswerKind.THANKS) if may_answer else None,
            notices=self.forward("reason") if self.message.raw is not None else (),
            conversation=self._asked(Question.NONE, ()),
        )

    def unclear(self) -> Decision:
        if self.reading.may_be_stop and self._covered(CHANNEL_SCOPE):
            return self.heard("already_opted_out")  # nothing that a person could add
        cause = ReviewCause.MAY_BE_STOP if self.reading.may_be_stop else ReviewCause.UNCLEAR
        return self.to_person(cause, holds=self._doubt())

    def heard(self, outcome: str, *, notices: tuple[Notice, ...] = ()) -> Decision:
        return Decision(
            outcome=outcome, entries=(self._entry(EntryKind.HEARD, None),), notices=notices
        )

    def to_person(self, cause: ReviewCause, *, holds: Scope | None) -> Decision:
        """Open a review; with `holds`, suppress that scope until it is decided."""
        if holds is not None and self._covered(holds):
            holds = None
        clocks = self.voice.policy.clocks
        due_at = self._heard_at() + (clocks.hold if holds is not None else clocks.review)
        kind = EntryKind.HEARD if holds is None else EntryKind.HELD
        facts: dict[str, Json] = {"cause": str(cause)}
        return Decision(
            outcome="review" if holds is None else "held",
            entries=(self._entry(kind, holds, facts),),
            changes=() if holds is None else (Change(scope=holds, hold=Hold.HELD),),
            review=NewReview(cause=cause, due_at=due_at, holds=holds),
            notices=self.forward(str(cause)) if self.message.raw is not None else (),
        )

    def forward(self, cause: str) -> tuple[Notice, ...]:
        """Hand the message to the people, unaltered: a mail as received, a text as typed."""
        facts: dict[str, Json] = {"cause": cause, "subject": "", "text": ""}
        if self.message.raw is None:
            facts["text"] = self.message.text
        return (Notice(kind=NoticeKind.FORWARD, facts=facts, raw=self.message.raw),)

    # --- shared steps ----------------------------------------------------------------------------

    def _heard_at(self) -> datetime:
        """Deadlines run from when the person acted, not from when anybody looked."""
        sent = self.message.occurred_at
        return min(sent, self.message.received_at) if sent else self.message.received_at

    def _doubt(self) -> Scope | None:
        return CHANNEL_SCOPE if self.reading.may_be_stop else None

    def _covered(self, scope: Scope) -> bool:
        return covered(scope, self.standing, self.voice.policy, self.message.address.channel)

    def _held(self, scope: Scope) -> bool:
        return any(
            one.scope == scope and one.hold is Hold.HELD for one in self.standing.suppressions
        )

    def _asked(self, question: Question, choices: tuple[str, ...]) -> Conversation:
        asked = {Question.SCOPE: Context.SCOPE_ASKED, Question.REASON: Context.REASON_ASKED}
        until = self.now + self.voice.policy.clocks.question if question in asked else None
        return replace(
            self.standing.conversation,
            asked=asked.get(question, Context.NONE),
            choices=choices,
            asked_until=until,
            lang=self.reading.lang or self.standing.conversation.lang,
        )

    def _say(
        self,
        kind: AnswerKind,
        scope: Scope | None = None,
        question: Question = Question.NONE,
        choices: tuple[str, ...] = (),
    ) -> Answer:
        last = self.standing.last_send
        lang = self.reading.lang or self.standing.conversation.lang or (last.lang if last else None)
        return self.voice.say(
            kind,
            address=self.message.address,
            sender=self.sender,
            words_lang=lang,
            now=self.message.received_at,
            scope=scope,
            question=question,
            choices=choices,
        )

    def _entry(
        self, kind: EntryKind, scope: Scope | None, facts: Mapping[str, Json] | None = None
    ) -> NewEntry:
        message, reading = self.message, self.reading
        return NewEntry(
            kind=kind,
            effective_at=self._heard_at(),
            scope=scope,
            words=message.text,
            facts={
                "provider": message.provider,
                "kind": str(message.kind),
                "recipient": message.recipient,
                "place": message.place,
                "program": self.sender.program,
                "assurance": str(message.assurance),
                "provider_intent": str(message.provider_intent),
                "provider_replied": message.provider_replied,
                "received_at": message.received_at.isoformat(),
                "occurred_at": message.occurred_at.isoformat() if message.occurred_at else None,
                "intent": str(reading.intent),
                "confidence": round(reading.confidence, 4),
                "rule": reading.rule,
                "version": reading.version,
                "lang": reading.lang,
                "runner_up": str(reading.runner_up) if reading.runner_up else None,
                "evidence": [[one.start, one.end, one.rule] for one in reading.evidence],
                "in_reply_to": bool(message.in_reply_to),
                "media_count": message.media_count,
                "cut": message.cut,
                **(facts or {}),
            },
        )


def _confirmation(intent: Intent, scope: Scope) -> AnswerKind:
    match intent:
        case Intent.WRONG_NUMBER:
            return AnswerKind.WRONG_NUMBER
        case Intent.ERASURE:
            return AnswerKind.ERASURE
        case _ if scope.kind is ScopeKind.EVERYTHING:
            return AnswerKind.OPTED_OUT_ALL
        case _ if scope.kind is ScopeKind.CHANNEL:
            return AnswerKind.OPTED_OUT
        case _:
            return AnswerKind.OPTED_OUT_SCOPE
