"""The rules that set a clock, as a table. State of knowledge: `RULES_VERSION`.

No legal advice: counsel decides which of them bind a company, and `[deadlines]` in `heed.toml`
says so. Without that every rule that can apply does. `mark` tells how well a row was checked, and
`volatile` what to look at again before relying on it.

Not here: a sale or sharing opt-out (11 CCR 7026) is no opt-out from messages, and Heed takes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot import working_days
from bot.model import Channel
from bot.working_days import Calendar

RULES_VERSION = "2026-11-22"


class Duty(StrEnum):
    STOP = "stop"  # no further message after it
    TELL = "tell"  # the person is told by then
    CONFIRM = "confirm"  # a confirmation goes out by then, or none does


class From(StrEnum):
    """What the clock counts from; they differ where a message was long under way."""

    SENT = "sent"
    RECEIVED = "received"


class Mark(StrEnum):
    TEXT = "text"  # the rule's own text was read
    SECONDARY = "secondary"  # a summary of it was
    UNVERIFIED = "unverified"


class Length(StrEnum):
    """Lengths that are no number of hours."""

    AT_ONCE = "at_once"  # `[deadlines] at_once` says how long that may be
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    days: int
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One rule with a clock.

    `countries` are ISO 3166, empty for everywhere; `domains` the mail domains it is about, where
    a name that ends in a dot stands for all its endings.
    """

    name: str
    source: str
    channels: frozenset[Channel]
    within: timedelta | WorkingDays | Length
    countries: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()
    duty: Duty = Duty.STOP
    counts_from: From = From.RECEIVED
    mark: Mark = Mark.TEXT
    volatile: str = ""


_TEXTS = frozenset({Channel.SMS})
_MAIL = frozenset({Channel.EMAIL})
_CALLS = frozenset({Channel.SMS, Channel.OTHER})
_ELECTRONIC = frozenset({Channel.SMS, Channel.EMAIL, Channel.WHATSAPP})
_ANY = frozenset(Channel)

_US = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
_UK = frozenset({"GB", "GG", "JE", "IM"})
_EEA = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    "AX", "GF", "GP", "MF", "MQ", "RE", "YT",
})  # fmt: skip

REGIMES: tuple[Regime, ...] = (
    Regime(
        name="us_tcpa",
        source="47 CFR 64.1200(a)(10): a reasonable time, at most 10 business days",
        channels=_CALLS,
        countries=_US,
        within=WorkingDays(days=10, calendar=working_days.US),
        volatile="its reach to unrelated messages is suspended to 2027-01-31 (DA 26-12);"
        " FCC 25-76 considers changing it",
    ),
    Regime(
        name="us_do_not_call_list",
        source="47 CFR 64.1200(d)(3): at most 10 business days",
        channels=_CALLS,
        countries=_US,
        within=WorkingDays(days=10, calendar=working_days.US),
    ),
    Regime(
        name="us_confirmation",
        source="47 CFR 64.1200(a)(12): within 5 minutes, or the delay must be justified",
        channels=_TEXTS,
        countries=_US,
        within=timedelta(minutes=5),
        duty=Duty.CONFIRM,
    ),
    Regime(
        name="us_florida",
        source="Fla. Stat. 501.059: 15 days after the reply STOP",
        channels=_TEXTS,
        countries=_US,
        within=timedelta(days=15),
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="us_virginia",
        source="Va. Code 59.1-514: from the reply on, for 10 years",
        channels=_TEXTS,
        countries=_US,
        within=Length.AT_ONCE,
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="us_can_spam",
        source="15 USC 7704(a)(4): at most 10 business days",
        channels=_MAIL,
        countries=_US,
        within=WorkingDays(days=10, calendar=working_days.US),
    ),
    Regime(
        name="gmail",
        source="Gmail's rules for bulk senders: 48 hours",
        channels=_MAIL,
        domains=("gmail.com", "googlemail.com"),
        within=timedelta(hours=48),
    ),
    Regime(
        name="yahoo",
        source="Yahoo's rules for bulk senders: 2 days",
        channels=_MAIL,
        domains=("yahoo.", "ymail.com", "rocketmail.com", "aol.com"),
        within=timedelta(days=2),
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="ca_casl",
        source="CASL s. 11(3): without delay, at most 10 business days after it was sent",
        channels=_ELECTRONIC,
        countries=frozenset({"CA"}),
        within=WorkingDays(days=10, calendar=working_days.CA),
        counts_from=From.SENT,
    ),
    Regime(
        name="au_spam_act",
        source="Spam Act 2003 and Spam Regulations 2021: 5 working days",
        channels=_ELECTRONIC,
        countries=frozenset({"AU"}),
        within=WorkingDays(days=5, calendar=working_days.AU),
    ),
    Regime(
        name="sg_spam_control",
        source="Spam Control Act: 10 business days",
        channels=_ELECTRONIC,
        countries=frozenset({"SG"}),
        within=WorkingDays(days=10, calendar=working_days.SG),
        mark=Mark.SECONDARY,
        volatile="the period under the PDPA was not found in a current text",
    ),
    Regime(
        name="eu_objection",
        source="GDPR 21(3): no longer used for direct marketing",
        channels=_ANY,
        countries=_EEA,
        within=Length.AT_ONCE,
    ),
    Regime(
        name="eu_information",
        source="GDPR 12(3): told of the action within one month",
        channels=_ANY,
        countries=_EEA,
        within=Length.MONTH,
        duty=Duty.TELL,
    ),
    Regime(
        name="uk_objection",
        source="UK GDPR 21(3), as the EU's",
        channels=_ANY,
        countries=_UK,
        within=Length.AT_ONCE,
        mark=Mark.UNVERIFIED,
    ),
    Regime(
        name="uk_information",
        source="UK GDPR 12(3), as the EU's",
        channels=_ANY,
        countries=_UK,
        within=Length.MONTH,
        duty=Duty.TELL,
        mark=Mark.UNVERIFIED,
    ),
    Regime(
        name="kr_network_act",
        source="Network Act art. 50: at once",
        channels=_ELECTRONIC,
        countries=frozenset({"KR"}),
        within=Length.AT_ONCE,
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="kr_result_notice",
        source="Network Act art. 50: told of the result within 14 days",
        channels=_ELECTRONIC,
        countries=frozenset({"KR"}),
        within=timedelta(days=14),
        duty=Duty.TELL,
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="vn_decree_91",
        source="Decree 91/2020 art. 13-16: at once",
        channels=_ELECTRONIC,
        countries=frozenset({"VN"}),
        within=Length.AT_ONCE,
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="vn_confirmation",
        source="Decree 91/2020 art. 13-16: a confirmation at once",
        channels=_ELECTRONIC,
        countries=frozenset({"VN"}),
        within=Length.AT_ONCE,
        duty=Duty.TELL,
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="jp_specified_email",
        source="Specified email act 3(3): none after the notice",
        channels=_TEXTS | _MAIL,
        countries=frozenset({"JP"}),
        within=Length.AT_ONCE,
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="br_lgpd",
        source="LGPD: none after consent was revoked",
        channels=_ANY,
        countries=frozenset({"BR"}),
        within=Length.AT_ONCE,
        mark=Mark.SECONDARY,
    ),
    Regime(
        name="cn_short_messages",
        source="Short-message rules of 2015: none after the refusal",
        channels=_TEXTS,
        countries=frozenset({"CN"}),
        within=Length.AT_ONCE,
        mark=Mark.SECONDARY,
    ),
)

HOUSE = Regime(
    name="house",
    source="no rule known: at once, by our own promise",
    channels=_ANY,
    within=Length.AT_ONCE,
)
"""Where no other rule says by when to stop, so that every opt-out has a clock."""

BY_NAME = {one.name: one for one in (*REGIMES, HOUSE)}
