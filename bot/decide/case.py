"""One message before its decision: what is known, and the steps that several decisions share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.decide.answers import Voice, heed_answers
from bot.less import facts_of
from bot.model import (
    CHANNEL_SCOPE,
    Answer,
    AnswerKind,
    Change,
    Context,
    Conversation,
    Decision,
    EntryKind,
    Hold,
    InboundMessage,
    Json,
    NewEntry,
    NewReview,
    Notice,
    NoticeKind,
    Question,
    Reading,
    ReviewCause,
    Scope,
    Standing,
)
from bot.policy import Clocks, Sender
from bot.verdict import covered as is_covered

ID_MAX = 255  # of a message id; a forged mail names itself as it likes


def review_clock(cause: ReviewCause, clocks: Clocks) -> timedelta:
    """How long a person may take where nothing is held; a data subject's rights have a month."""
    subject = cause in (ReviewCause.ERASURE, ReviewCause.PRIVACY)
    return clocks.erasure if subject else clocks.review


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message with all that its decision may depend on, and the steps that decisions share."""

    message: InboundMessage
    reading: Reading
    standing: Standing
    voice: Voice
    sender: Sender
    now: datetime

    def heard(self, outcome: str, *, notices: tuple[Notice, ...] = ()) -> Decision:
        return Decision(
            outcome=outcome, entries=(self.entry(EntryKind.HEARD, None),), notices=notices
        )

    def to_person(self, cause: ReviewCause, *, holds: Scope | None) -> Decision:
        """Open a review; with `holds`, suppress that scope until it is decided."""
        if holds is not None and self.covered(holds):
            holds = None
        clocks = self.voice.policy.clocks
        due_at = self.heard_at() + (
            clocks.hold if holds is not None else review_clock(cause, clocks)
        )
        kind = EntryKind.HEARD if holds is None else EntryKind.HELD
        facts: dict[str, Json] = {"cause": str(cause)}
        return Decision(
            outcome="review" if holds is None else "held",
            entries=(self.entry(kind, holds, facts),),
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

    def heard_at(self) -> datetime:
        """Deadlines run from when the person acted, not from when anybody looked."""
        sent = self.message.occurred_at
        return min(sent, self.message.received_at) if sent else self.message.received_at

    def doubt(self) -> Scope | None:
        return CHANNEL_SCOPE if self.reading.may_be_stop else None

    def covered(self, scope: Scope) -> bool:
        return is_covered(scope, self.standing, self.voice.policy, self.message.address.channel)

    def covered_by_name(self, scope: Scope) -> bool:
        """Whether the person said so, and was answered, under another name of this address."""
        named = replace(self.standing, suppressions=self.standing.named)
        return is_covered(scope, named, self.voice.policy, self.message.address.channel)

    def held(self, scope: Scope) -> bool:
        return any(
            one.scope == scope and one.hold is Hold.HELD for one in self.standing.suppressions
        )

    def may_answer(self) -> bool:
        """Whether this message gets an answer of ours at all, within the day's cap."""
        policy = self.voice.policy
        cap = policy.answers_a_day
        return heed_answers(self.message, self.sender, self.standing, policy, cap)

    def asked(self, question: Question, choices: tuple[str, ...]) -> Conversation:
        asked = {Question.SCOPE: Context.SCOPE_ASKED, Question.REASON: Context.REASON_ASKED}
        until = self.now + self.voice.policy.clocks.question if question in asked else None
        return replace(
            self.standing.conversation,
            asked=asked.get(question, Context.NONE),
            choices=choices,
            asked_until=until,
            lang=self.reading.lang or self.standing.conversation.lang,
        )

    def say(
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
            heard_at=self.heard_at(),
            scope=scope,
            question=question,
            choices=choices,
        )

    def entry(
        self, kind: EntryKind, scope: Scope | None, facts: Mapping[str, Json] | None = None
    ) -> NewEntry:
        message, reading = self.message, self.reading
        return NewEntry(
            kind=kind,
            effective_at=self.heard_at(),
            scope=scope,
            words=message.text,
            facts={
                "provider": message.provider,
                "account": message.account,
                "provider_message": message.event_id[:ID_MAX],
                "kind": str(message.kind),
                "recipient": message.recipient,
                "place": message.place,
                "program": self.sender.program,
                "assurance": str(message.assurance),
                "provider_intent": str(message.provider_intent),
                "provider_replied": message.provider_replied,
                "provider_keyword": message.provider_keyword,
                "received_at": message.received_at.isoformat(),
                "occurred_at": message.occurred_at.isoformat() if message.occurred_at else None,
                "intent": str(reading.intent),
                "scope_asked": str(reading.scope) if reading.scope else None,
                "confidence": round(reading.confidence, 4),
                "rule": reading.rule,
                "version": reading.version,
                "lang": reading.lang,
                "runner_up": str(reading.runner_up) if reading.runner_up else None,
                "evidence": [[one.start, one.end, one.rule] for one in reading.evidence],
                **({"less": facts_of(reading.less)} if reading.less else {}),
                **({"privacy_request": True} if reading.privacy_request else {}),
                "in_reply_to": message.in_reply_to[:ID_MAX],
                "replied_to": self._replied_to(),
                "asked": str(self.standing.conversation.asked),
                "media_count": message.media_count,
                "cut": message.cut,
                **({"parts": len(message.joined)} if message.joined else {}),
                "batch": message.batch,
                **(facts or {}),
            },
        )

    def _replied_to(self) -> Json:
        """What we had sent last, as far as the company told us, and what was offered with it.

        A stop reaches as far as what it answers.
        """
        sent, asked = self.standing.last_send, self.standing.conversation
        offered = asked.choices or (sent.choices if sent else ())
        if sent is None and not offered:
            return None
        return {
            "topic": sent.topic if sent else "",
            "sent_at": sent.sent_at.isoformat() if sent else "",
            "offered": list(offered),
        }
