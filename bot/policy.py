"""What the company decided beforehand: programs, senders, topics, and the clocks.

These are plain values; `handlers/policy_file.py` makes them from `heed.toml`. Without a file the
defaults here hold, and they are the careful ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.model import Channel


class TopicKind(StrEnum):
    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a message is about.

    `needs_consent`: a bare stop on sms covers it too (one-time codes and order updates that lean
    on consent). `required_notice`: it passes every block, because a law demands it; the
    confirmation then says so. `words` are what people call it, in any language. `lists` are what
    mail services call it: `sendgrid:7`.
    """

    name: str
    title: str
    kind: TopicKind = TopicKind.MARKETING
    needs_consent: bool = True
    required_notice: bool = False
    words: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The brand or campaign family that a sender speaks for (the carriers' term)."""

    name: str
    title: str
    help_contact: str = ""
    preferences_url: str = ""
    words: tuple[str, ...] = ()


class NumberType(StrEnum):
    """What kind of number ours is; carriers treat each in a way of its own."""

    LONG_CODE = "long_code"
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"


class ConfirmedBy(StrEnum):
    """Who answers a stop to this sender; whatever is left is ours (`bot.confirming`)."""

    HEED = "heed"
    PROVIDER_KEYWORDS = "provider_keywords"  # the provider's default: its own whole words
    ADVANCED = "advanced"  # what the provider says that it has answered, and nothing else
    NETWORK = "network"  # US and Canadian toll-free: STOP, START and UNSTOP, below the provider
    CARRIER = "carrier"  # the carrier or aggregator: the usual words of the trade
    PROVIDER = "provider"  # all of it, also free words
    NOBODY = "nobody"


class AskReason(StrEnum):
    WHERE_ALLOWED = "where_allowed"  # never in a text to +1 or to an undetermined number
    ALWAYS = "always"  # the operator's own risk; `heed doctor` says which
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Our end: a phone number, a mailbox, a Slack app. `id` as the provider spells it."""

    id: str
    channel: Channel
    program: str
    provider: str = ""
    lang: str = ""
    confirmed_by: ConfirmedBy | None = None  # None: as the provider documents it for such numbers
    number_type: NumberType | None = None  # None: as the number itself tells
    ask_reason: AskReason = AskReason.WHERE_ALLOWED
    ask_scope: bool = False  # the confirmation asks whether all is meant (47 CFR 64.1200(a)(12))
    topics: tuple[str, ...] = ()
    zone: str = ""  # IANA; by it "until Monday" is told where the person's own is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """How long things may take."""

    hold: timedelta = timedelta(days=1)  # a may-be-stop undecided this long becomes an opt-out
    review: timedelta = timedelta(days=3)  # other unclear messages
    erasure: timedelta = timedelta(days=30)  # GDPR 12(3): one month
    question: timedelta = timedelta(hours=24)  # an answer to our question is read as one
    sms_confirmation: timedelta = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)
    confirmation: timedelta = timedelta(hours=24)  # on the other channels
    inline_replay: timedelta = timedelta(minutes=5)
    parts: timedelta = timedelta(seconds=30)  # a long text in parts is read by then, whole or not


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRules:
    """Which legal deadlines may bind the company (`bot.regimes`); empty means any that can apply.

    `countries` (ISO 3166) are where people may be whose address does not tell.
    `at_once` is how long "at once" may take.
    """

    regimes: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    at_once: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what people wrote stays readable, counted from when it was recorded.

    `proof_kept` is for words that led to an opt-out, or ended one: five years with two leap days,
    as long as US lists are to be kept; Virginia asks for ten. Suppressions have no end.
    """

    words_kept: timedelta = timedelta(days=400)
    proof_kept: timedelta = timedelta(days=5 * 365 + 2)


DEFAULT_PROGRAM = Program(name="default", title="")


def sender_key(channel: Channel, sender_id: str) -> str:
    """One number may speak on sms and on whatsapp, so the channel is part of the key."""
    return f"{channel}:{sender_id}".casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`company` names us in every answer; `help_contact` is a phone number, mail or page.

    `senders` is keyed by `sender_key`; `confirms` says who answers by default, by provider and
    kind of number.
    `region` (ISO 3166) is the country of numbers written without one, `zone` (IANA) the clock that
    "until Monday" is told by where neither the person's nor the sender's is known.
    `version` tells one text of `heed.toml` from another in the ledger; empty without a file.
    """

    company: str = "this sender"
    help_contact: str = ""
    lang: str = "en"
    region: str = "US"
    zone: str = "UTC"
    programs: Mapping[str, Program] = field(default_factory=dict)
    senders: Mapping[str, Sender] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    clocks: Clocks = field(default_factory=Clocks)
    deadlines: DeadlineRules = field(default_factory=DeadlineRules)
    retention: Retention = field(default_factory=Retention)
    confirms: Mapping[tuple[str, NumberType], ConfirmedBy] = field(default_factory=dict)
    version: str = ""
    answers_a_day: int = 10  # automatic answers to one address in 24 hours, against loops
    mail_answers_an_hour: int = 600  # automatic answers by mail to anybody; 0: no limit
    mail_answers_to_a_domain: int = 60  # of those to one domain; 0: no limit

    def sender(self, channel: Channel, recipient: str) -> Sender:
        """The configured sender, else a careful default for its channel."""
        known = self.senders.get(sender_key(channel, recipient))
        if known is not None:
            return known
        return Sender(id=recipient, channel=channel, program=DEFAULT_PROGRAM.name)

    def known_as(self, channel: Channel, recipient: str) -> str:
        """The sender's id as heed.toml spells it, where a provider differs in the `+` alone.

        Digits-only providers name a long short code and a number in the same way.
        """
        for spelled in (recipient, recipient.removeprefix("+"), f"+{recipient}"):
            known = self.senders.get(sender_key(channel, spelled))
            if known is not None:
                return known.id
        return recipient

    def first_sender(self, channel: Channel) -> Sender | None:
        """Who writes on this channel where no message tells; None where none is configured."""
        return next((one for one in self.senders.values() if one.channel is channel), None)

    def program(self, name: str) -> Program:
        """The configured program; the company itself where none is named so."""
        known = self.programs.get(name)
        if known is not None:
            return known
        return Program(name=name, title=self.company, help_contact=self.help_contact)

    def topic(self, name: str) -> Topic:
        """The configured topic. An unknown one is marketing, so that it is blocked in doubt."""
        return self.topics.get(name) or Topic(name=name, title=name)
