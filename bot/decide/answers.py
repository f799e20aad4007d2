"""When Heed speaks, what it says, and which question it may add.

At most one confirmation for each opt-out, soon or not at all, without marketing, and silence where
the provider has spoken already (47 CFR 64.1200(a)(12); RFC 3834 for mail).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from bot import addresses
from bot.confirming import answered_elsewhere, confirmed_by
from bot.model import (
    Address,
    Answer,
    AnswerKind,
    Assurance,
    Channel,
    InboundMessage,
    MessageKind,
    Over,
    Question,
    Reading,
    Scope,
    ScopeKind,
    Standing,
)
from bot.policy import AskReason, Policy, Sender
from bot.wording import Answers, Rendered, Slots, choose_lang

WHATSAPP_WINDOW = timedelta(hours=24)
"""Meta takes a free text only so long after the person's last message (error 131047)."""
CONFIRMATIONS = frozenset(
    {
        AnswerKind.OPTED_OUT,
        AnswerKind.OPTED_OUT_ALL,
        AnswerKind.OPTED_OUT_SCOPE,
        AnswerKind.WRONG_NUMBER,
        AnswerKind.ERASURE,
    }
)


def opted_out_kind(scope: Scope) -> AnswerKind:
    """The confirmation that says what the stop covers."""
    wide = {
        ScopeKind.EVERYTHING: AnswerKind.OPTED_OUT_ALL,
        ScopeKind.CHANNEL: AnswerKind.OPTED_OUT,
    }
    return wide.get(scope.kind, AnswerKind.OPTED_OUT_SCOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The company's voice: what it decided beforehand, and its texts."""

    policy: Policy
    answers: Answers
    _render: Callable[..., Rendered] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The same few texts go out all day; fitting one costs more than deciding on it.
        object.__setattr__(self, "_render", lru_cache(maxsize=4096)(self.answers.render))

    def say(
        self,
        kind: AnswerKind,
        *,
        address: Address,
        sender: Sender,
        words_lang: str | None,
        now: datetime,
        heard_at: datetime | None,
        scope: Scope | None = None,
        question: Question = Question.NONE,
        choices: tuple[str, ...] = (),
    ) -> Answer:
        """The text for one answer, in the language of the person's words, then of the sender.

        `heard_at` is when the person last wrote to this sender, as far as is known: on WhatsApp
        that alone opens a time for free answers, and what is past it is recorded and not sent.
        """
        lang = choose_lang(words_lang, sender.lang, self.policy.lang, self.answers)
        rendered = self._render(
            kind,
            lang=lang,
            fallback_lang=self.policy.lang,
            slots=self._slots(kind, sender, scope, address),
            channel=address.channel,
            question=question,
            choices=choices,
        )
        confirms = kind in CONFIRMATIONS
        clocks = self.policy.clocks
        soon = confirms and address.channel is Channel.SMS
        expires_at = now + (clocks.sms_confirmation if soon else clocks.confirmation)
        if address.channel is Channel.WHATSAPP:
            expires_at = min(expires_at, heard_at + WHATSAPP_WINDOW if heard_at else now)
        return Answer(
            kind=kind,
            text=rendered.text,
            lang=rendered.lang,
            template=rendered.template,
            subject=rendered.subject,
            question=rendered.question,
            choices=rendered.choices,
            confirmation=confirms,
            expires_at=expires_at,
        )

    def _slots(
        self, kind: AnswerKind, sender: Sender, scope: Scope | None, address: Address
    ) -> Slots:
        program = self.policy.program(sender.program)
        who = program.title or self.policy.company
        what = ""
        if scope is not None and scope.kind is ScopeKind.TOPIC:
            what = self.policy.topic(scope.value).title
        elif scope is not None and scope.kind is ScopeKind.PROGRAM:
            what = self.policy.program(scope.value).title
        # A stop by text is worded as all texts, so what leans on no consent is named too.
        still = ", ".join(
            topic.title
            for topic in self.policy.topics.values()
            if (
                topic.required_notice
                or (address.channel is Channel.SMS and not topic.needs_consent)
            )
            and (not sender.topics or topic.name in sender.topics)
        )
        return Slots(
            who=who,
            what=what,
            contact=program.help_contact or self.policy.help_contact,
            still=still,
            country="" if kind in CONFIRMATIONS else addresses.country(address) or "",
        )


def heed_answers(
    message: InboundMessage, sender: Sender, standing: Standing, policy: Policy, cap: int
) -> bool:
    """Whether an automatic answer to this message is ours to give at all."""
    if message.kind in (MessageKind.COMPLAINT, MessageKind.BOUNCE, MessageKind.AUTO_REPLY):
        return False
    if answered_elsewhere(message, confirmed_by(sender, message.provider, policy)):
        return False
    if message.assurance is Assurance.UNVERIFIED:
        return False
    if message.thread is not None and message.thread.auto_suppress:
        return False
    if message.address.channel is Channel.EMAIL and (
        standing.answered_lately or standing.mail_ceiling is not Over.NO
    ):
        return False  # the same answer not more often than once in seven days (RFC 3834, 2)
    return standing.recent_answers < cap


def question_after_stop(
    message: InboundMessage, reading: Reading, scope: Scope, sender: Sender, policy: Policy
) -> tuple[Question, tuple[str, ...]]:
    """The one question that the confirmation may add, and its numbered choices.

    The question about scope outranks the reason, never both. The reason is never asked in a text
    to +1 or to a number whose country nobody can tell (nothing in 47 CFR 64.1200(a)(12) allows
    it); an operator may override that per sender.
    """
    if sender.ask_scope and scope.kind is ScopeKind.CHANNEL and len(policy.programs) > 1:
        return Question.SCOPE, (policy.program(sender.program).title, "")
    if reading.reason is None and reason_allowed(message.address, sender):
        return Question.REASON, ()
    return Question.NONE, ()


def reason_allowed(address: Address, sender: Sender) -> bool:
    if sender.ask_reason is not AskReason.WHERE_ALLOWED:
        return sender.ask_reason is AskReason.ALWAYS
    return questions_allowed(address)


def questions_allowed(address: Address) -> bool:
    """False for texts to +1 and to numbers whose country nobody can tell."""
    if address.channel is not Channel.SMS:
        return True
    return not addresses.is_nanp(address) and addresses.has_country(address)
