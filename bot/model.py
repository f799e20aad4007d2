"""The words of the trade as values: what comes in, how it was read, what follows from it.

Every value is frozen and keyword-only. Every datetime is aware and in UTC; `utc()` refuses others.
The terms are those of `docs/glossary.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def utc(moment: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ValueError: the datetime is naive, so nobody can say which instant it means.
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone is not an instant")
    return moment.astimezone(UTC)


# --- who and where -------------------------------------------------------------------------------


class Channel(StrEnum):
    """A kind of place to reach a person. MMS and RCS are `sms`: carriers treat a stop as one."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    SLACK = "slack"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place to reach a person. `value` is normalised: see `bot.addresses`."""

    channel: Channel
    value: str


class ScopeKind(StrEnum):
    TOPIC = "topic"
    PROGRAM = "program"
    CHANNEL = "channel"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an opt-out covers. `value` names the topic or program and is empty for the wide kinds.

    `str(scope)` is its one spelling everywhere: `channel`, `everything`, `topic:newsletter`,
    `program:acme`. Topic and program names never hold a colon.
    """

    kind: ScopeKind
    value: str = ""

    def __post_init__(self) -> None:
        narrow = self.kind in (ScopeKind.TOPIC, ScopeKind.PROGRAM)
        if narrow != bool(self.value):
            raise ValueError(f"scope {self.kind} with value {self.value!r}")

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else str(self.kind)

    @classmethod
    def parse(cls, spelling: str) -> Scope:
        """The scope that `str()` spells so.

        Raises:
            ValueError: it is none.
        """
        kind, _, value = spelling.partition(":")
        return cls(ScopeKind(kind), value)


CHANNEL_SCOPE = Scope(ScopeKind.CHANNEL)
EVERYTHING = Scope(ScopeKind.EVERYTHING)


# --- how a message was read ----------------------------------------------------------------------


class Intent(StrEnum):
    """What the writer wants; defined in `docs/intents.md`."""

    OPT_OUT = "opt_out"
    OPT_OUT_ALL = "opt_out_all"
    OPT_IN = "opt_in"
    HELP = "help"
    WRONG_NUMBER = "wrong_number"
    ERASURE = "erasure"
    LESS = "less"
    REASON = "reason"
    AMBIGUOUS = "ambiguous"
    OTHER = "other"


STOPS = frozenset({Intent.OPT_OUT, Intent.OPT_OUT_ALL, Intent.WRONG_NUMBER, Intent.ERASURE})
"""The intents that suppress at once."""


class Context(StrEnum):
    """The question of ours, if any, that the message may answer."""

    NONE = "none"
    REASON_ASKED = "reason_asked"
    SCOPE_ASKED = "scope_asked"


class Reason(StrEnum):
    """Why a person left, as far as they said so."""

    TOO_MANY = "too_many"
    NOT_RELEVANT = "not_relevant"
    NEVER_SIGNED_UP = "never_signed_up"
    NO_LONGER_CUSTOMER = "no_longer_customer"
    PRIVACY = "privacy"
    WRONG_PERSON = "wrong_person"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Words that decided a reading: `original[start:end]`, and the rule that took them."""

    start: int
    end: int
    words: str
    rule: str


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most `times` messages in `every` days, weeks, months or years."""

    times: int
    every: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Less:
    """What somebody wants who wants less, as far as the words say it plainly; never empty.

    `pause`: nothing for now. `until`, in UTC, ends it; None where no date was told. `channel` is
    the one to use instead, `other` where it is none of ours (the phone, a letter). Nothing is to
    come before `not_before` or from `not_after` on, by the clock of `zone` (IANA; empty where
    nobody knows it).
    """

    pause: bool = False
    until: datetime | None = None
    pace: Pace | None = None
    channel: Channel | None = None
    not_before: time | None = None
    not_after: time | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The result of reading one message.

    `confidence` is between 0 and 1. `lang` is an ISO 639-1 code or None when the words do not tell.
    `may_be_stop` is set on unclear readings that could be a stop: the desk then suppresses
    provisionally until a person decides. `less` is what a wish for less comes to; None where its
    words do not say it plainly. `privacy_request`: they ask what is held about them, or where it
    came from; a person answers that, whatever else they want.
    """

    intent: Intent
    confidence: float
    rule: str
    version: str
    scope: Scope | None = None
    lang: str | None = None
    evidence: tuple[Evidence, ...] = ()
    runner_up: Intent | None = None
    may_be_stop: bool = False
    reason: Reason | None = None
    less: Less | None = None
    privacy_request: bool = False


# --- what comes in -------------------------------------------------------------------------------


class MessageKind(StrEnum):
    MESSAGE = "message"  # typed or spoken words on a messaging channel
    BUTTON = "button"  # a tap on a button we offered
    PREFERENCE = "preference"  # the platform's own stop or resume, without words
    REPLY = "reply"  # a person's mail
    UNSUBSCRIBE_REQUEST = "unsubscribe_request"  # List-Unsubscribe by mailto or one click
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNREADABLE = "unreadable"  # verified, but not parseable: kept for a person


class ProviderIntent(StrEnum):
    """What the provider itself says that it understood and acted on."""

    NONE = "none"
    STOP = "stop"
    START = "start"
    HELP = "help"


class Assurance(StrEnum):
    """How sure we are that the address itself spoke (docs/design.md: Confirmation, Closed)."""

    VERIFIED = "verified"  # provider signature, DMARC or aligned DKIM
    LINKED = "linked"  # a valid token of the address: may suppress and is answered, lifts nothing
    UNVERIFIED = "unverified"  # a mail's bare From: may suppress, is answered nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class MailThread:
    """What an answering mail needs of the mail that it answers (RFC 3834, RFC 5322 3.6.4)."""

    message_id: str = ""
    references: str = ""
    subject: str = ""
    return_path: str = ""
    auto_suppress: bool = False  # the sender asked for no automatic answer


class Over(StrEnum):
    """Whether a source is above its limit, and whether the people were told so already."""

    NO = ""
    NEWS = "news"
    TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """One of `total` parts of a long text, numbered from 1; `of` is the carrier's name for it.

    Carriers use such names again after a while: within one person and one sender of ours.
    """

    of: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """What came in, in the one form that every channel and provider maps to.

    `event_id` is the provider's own id and the key of "once"; (`provider`, `account`, `event_id`)
    is unique per address. `recipient` is the sender of ours that it was sent to, as the provider
    spells it (a number, a mailbox, a Slack app). `occurred_at` is the provider's clock, None where
    it tells none. `raw` is the mail as received, to be forwarded unaltered. `place` is where an
    answer belongs on channels that have places (a Slack channel id, with `/thread_ts`). `part` says
    that the text is not whole (`bot.joining`); `joined` are the event ids of the parts of one that
    was put together, its own the first. `also` is another name of `address` where both were told.
    """

    provider: str
    account: str
    event_id: str
    kind: MessageKind
    address: Address
    recipient: str
    text: str
    received_at: datetime
    occurred_at: datetime | None = None
    assurance: Assurance = Assurance.VERIFIED
    provider_intent: ProviderIntent = ProviderIntent.NONE
    provider_replied: bool = False  # the provider has confirmed already, so we stay silent
    provider_keyword: bool = False  # a whole word that this provider answers where it is default
    answers_inline: bool = False
    cut: bool = False  # the text was longer than is read
    batch: str = ""  # unproved mails of one source and hour, to be taken back together
    over_limit: Over = Over.NO  # whether that source brought more unproved stops than it may
    undeliverable: bool = False  # a bounce for good, of a mail that was ours
    unread: str = ""  # why no text could be read (an error class), then a person must
    media_count: int = 0
    in_reply_to: str = ""
    place: str = ""
    scope: Scope | None = None  # what the mailbox that it came to stands for
    also: Address | None = None
    part: TextPart | None = None
    joined: tuple[str, ...] = ()
    thread: MailThread | None = None
    raw: bytes | None = field(default=None, repr=False)


class Role(StrEnum):
    """What whoever acts for the company may do; each holds what stands before it."""

    CHECK = "check"
    RECORD = "record"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acted for the company: `api:crm`, `slack:T012/U345`, `cli:ops`."""

    name: str
    role: Role


class Act(StrEnum):
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    PROVIDER_BLOCK = "provider_block"
    ERASE = "erase"  # the person's record is destroyed; the block stays
    REASON = "reason"  # why they left, told after the fact
    UNDO = "undo"  # take back one act, by whoever did it, from where it was done
    IMPORT = "import"  # a stop out of another system's list


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """An opt-out or opt-in that the company heard elsewhere, or a block a provider told us of.

    An erasure comes in the same way: it blocks like any stop, then the record becomes unreadable.

    `event_id` makes it happen once; the caller's idempotency key or a fresh id. `evidence` is
    required for an opt-in. `confirm` asks for the one confirmation to be sent to the address.
    `undoes` is the entry that an undo takes back. `lang` is the person's language, empty: as known.
    """

    act: Act
    address: Address
    scope: Scope
    actor: Actor
    source: str  # slack, api, cli, twilio ...
    event_id: str
    received_at: datetime
    occurred_at: datetime | None = None  # when it was heard
    words: str = ""
    evidence: str = ""
    recipient: str = ""
    confirm: bool = False
    undoes: str = ""
    of_sender: bool = False  # it covers the marketing of `recipient` alone, whatever `scope` says
    batch: str = ""  # of an import: the run that brought it, to be taken back together
    also: Address | None = None  # another name of `address`, where both were told
    reason: Reason | None = None
    lang: str = ""


class Verdict(StrEnum):
    """What a person decides about a review."""

    OPT_OUT = "opt_out"
    NOT_OPT_OUT = "not_opt_out"
    ASK = "ask"  # ask the customer, once
    WRONG_NUMBER = "wrong_number"
    ERASURE = "erasure"  # an opt-out by somebody who also wants their record deleted
    DONE = "done"  # a follow-up (erasure, less) was seen to


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecision:
    """A person's decision, or the clock's: `actor.name` is `clock` at the end of a hold.

    `scope` is what an opt-out is to cover; None: what is held, else the channel.
    """

    review_id: str
    address_hash: bytes
    verdict: Verdict
    actor: Actor
    received_at: datetime
    version: int | None = None  # the version the person saw; None accepts any open one
    scope: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewUndo:
    """A person takes a decision back; `version` is the one that their card showed."""

    review_id: str
    address_hash: bytes
    actor: Actor
    received_at: datetime
    version: int | None = None


Inbound = InboundMessage | Recording | ReviewDecision | ReviewUndo


# --- what the ledger holds -----------------------------------------------------------------------


class EntryKind(StrEnum):
    HEARD = "heard"  # a message from which no change followed
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    HELD = "held"  # provisional suppression until a person decides
    HOLD_ENDED = "hold_ended"
    PAUSED = "paused"
    REASON_GIVEN = "reason_given"
    REVIEW_DECIDED = "review_decided"
    PROVIDER_BLOCK = "provider_block"
    ANSWERED = "answered"  # what became of an answer: sent, dropped, unknown, refused
    ERASED = "erased"
    IMPORTED = "imported"
    REVERTED = "reverted"
    UNDELIVERABLE = "undeliverable"  # bounced for good; nobody opted out
    TOLD = "told"  # another system took the block over
    LOOKED_UP = "looked_up"  # somebody of the company looked at this person's record


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A fact about to be recorded. `facts` holds neither the person's words nor an address."""

    kind: EntryKind
    effective_at: datetime
    scope: Scope | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A recorded fact, decrypted. `words` is None once they were made unreadable."""

    id: str
    number: int  # within its address, from 1
    kind: EntryKind
    message_id: str
    recorded_at: datetime
    effective_at: datetime
    scope: Scope | None
    facts: Mapping[str, Json]
    words: str | None


class Hold(StrEnum):
    """How firmly an address is suppressed."""

    STOPPED = "stopped"
    HELD = "held"  # provisional
    PAUSED = "paused"
    UNDELIVERABLE = "undeliverable"  # no wish of the person; ends when they write


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """The current state that follows from the entries: this address must not get this scope."""

    scope: Scope
    hold: Hold
    since: datetime
    entry_id: str
    until: datetime | None = None  # paused: when it ends by itself
    flags: frozenset[str] = frozenset()  # complaint, erasure, provider: a START goes to a person
    recorded_at: datetime | None = None  # when it was committed; known to decisions alone


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message that the company told us it sent (`POST /v1/sends`): the context of a reply."""

    sender: str
    topic: str
    lang: str
    sent_at: datetime
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What stands between one address and one sender of ours. `version` grows with every change."""

    version: int = 0
    asked: Context = Context.NONE
    choices: tuple[str, ...] = ()
    asked_until: datetime | None = None  # the question is open until then
    lang: str = ""
    last_opt_in_at: datetime | None = None  # by the provider's clock where it told one
    clarified_at: datetime | None = None  # a person had us ask this customer, once
    stopped_again_at: datetime | None = None  # the commit of the last stop that added nothing
    heard_at: datetime | None = None  # on WhatsApp: the person's last message, which opens a window


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that a decision may depend on, read in the same transaction that records it."""

    suppressions: tuple[Suppression, ...] = ()
    named: tuple[Suppression, ...] = ()  # those of the same address under another name
    conversation: Conversation = field(default_factory=Conversation)
    last_send: SentMessage | None = None
    last_opt_in_at: datetime | None = None  # to any sender, by the provider's clock if it told one
    stopped_again_at: datetime | None = None  # the commit of the last stop that added nothing
    linked_everything: bool = False  # another address of the same contact stopped everything
    answered_lately: bool = False  # by mail, by this sender of ours, within a week
    recent_answers: int = 0  # automatic answers to this address in the last 24 hours
    mail_ceiling: Over = Over.NO  # too many others were answered by mail within the hour


# --- what follows --------------------------------------------------------------------------------


class AnswerKind(StrEnum):
    """Each is a text in `bot/data/answers/<lang>.toml`."""

    OPTED_OUT = "opted_out"
    OPTED_OUT_ALL = "opted_out_all"
    OPTED_OUT_SCOPE = "opted_out_scope"  # one topic or program, the rest goes on
    WRONG_NUMBER = "wrong_number"
    ERASURE = "erasure"
    OPTED_IN = "opted_in"
    NOT_SUBSCRIBED = "not_subscribed"  # START without an earlier stop
    HELP = "help"
    THANKS = "thanks"
    CLARIFY = "clarify"  # a person had us ask


class Question(StrEnum):
    NONE = "none"
    SCOPE = "scope"
    REASON = "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One message to a person. Never repeated when its outcome is unknown (promise 3)."""

    kind: AnswerKind
    text: str
    lang: str
    template: str  # name and version of the text, for the ledger
    confirmation: bool  # it confirms an opt-out: five minutes on sms (47 CFR 64.1200(a)(12))
    subject: str = ""  # of a mail that answers no mail
    question: Question = Question.NONE  # the one that the text really asks
    choices: tuple[str, ...] = ()  # what it offers, as numbered in the text
    expires_at: datetime | None = None


class NoticeKind(StrEnum):
    """Messages to our own side; at least once."""

    FORWARD = "forward"  # the message, unaltered, to the people
    REVIEW_CARD = "review_card"
    REVIEW_UPDATE = "review_update"
    REVIEW_REMINDER = "review_reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    kind: NoticeKind
    facts: Mapping[str, Json] = field(default_factory=dict)
    raw: bytes | None = field(default=None, repr=False)


class ReviewCause(StrEnum):
    UNCLEAR = "unclear"
    MAY_BE_STOP = "may_be_stop"
    LESS = "less"
    WRONG_NUMBER = "wrong_number"
    ERASURE = "erasure"
    PRIVACY = "privacy"  # a question about one's own data
    BLOCKED_THERE = "blocked_there"  # START in free words; the provider blocks until its own word
    LATE_STOP = "late_stop"  # arrived after a START that was sent later
    RESTART = "restart"  # START after a complaint or an erasure, or from an unproved address
    UNREADABLE = "unreadable"
    TOO_LONG = "too_long"
    MEDIA = "media"
    FLOOD = "flood"  # one of too many unproved stops from one source


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """`holds` is the scope suppressed provisionally while it is open.

    `told` False: no card of its own, because another one speaks for many.
    """

    cause: ReviewCause
    due_at: datetime
    holds: Scope | None = None
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of suppressions: `hold` None lifts the scope."""

    scope: Scope
    hold: Hold | None
    until: datetime | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one inbound message leads to; applied in one transaction or not at all.

    `entries` is never empty: every message that was heard is in the ledger. Suppression changes
    and a review refer to the first entry.
    """

    outcome: str
    entries: tuple[NewEntry, ...]
    changes: tuple[Change, ...] = ()
    answer: Answer | None = None
    notices: tuple[Notice, ...] = ()
    review: NewReview | None = None
    stops_again: bool = False  # a stop that adds nothing; no START that came before it lifts
    settles: Verdict | None = None  # the person's own clear word decides what was still open
    erased_by: str = ""  # who has the record destroyed, once all this is written; empty: nobody
    conversation: Conversation | None = None
