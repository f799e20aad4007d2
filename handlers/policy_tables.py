"""The tables of `heed.toml`: what each entry may be, and what holds where it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from bot import regimes
from bot.model import Channel
from bot.policy import (
    AskReason,
    Clocks,
    ConfirmedBy,
    DeadlineRules,
    NumberType,
    Policy,
    Retention,
    TopicKind,
)

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    """`90s`, `5m`, `24h`, `30d`."""
    if isinstance(value, str) and value[-1:] in UNITS and value[:-1].isdigit():
        return timedelta(**{UNITS[value[-1]]: int(value[:-1])})
    raise ValueError("is not a duration such as 90s, 5m, 24h or 30d")


def _regime(name: str) -> str:
    if name not in regimes.BY_NAME:
        raise ValueError(f"is none of {', '.join(sorted(regimes.BY_NAME))}")
    return name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone such as Europe/Berlin") from None
    return name


Duration = Annotated[timedelta, BeforeValidator(_duration)]
LongTime = Annotated[Duration, Field(ge=timedelta(days=1), le=timedelta(days=36_525))]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Title = Annotated[str, Field(min_length=1, max_length=100)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Ceiling = Annotated[int, Field(ge=0, le=1_000_000)]
Regime = Annotated[str, AfterValidator(_regime)]
Zone = Annotated[str, AfterValidator(_zone)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
List = Annotated[str, Field(pattern=r"^[a-z]+:.{1,200}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Program(_Table):
    name: Name
    title: Title
    help_contact: str = ""
    preferences_url: str = ""
    words: tuple[Word, ...] = ()


class _Topic(_Table):
    name: Name
    title: Title
    kind: TopicKind = TopicKind.MARKETING
    needs_consent: bool = True
    required_notice: bool = False
    words: tuple[Word, ...] = ()
    lists: tuple[List, ...] = ()


class _Sender(_Table):
    id: Annotated[str, Field(min_length=1, max_length=254)]
    channel: Channel
    program: Name = "default"
    provider: str = ""
    lang: str = ""
    confirmed_by: ConfirmedBy | None = None
    number_type: NumberType | None = None
    ask_reason: AskReason = AskReason.WHERE_ALLOWED
    ask_scope: bool = False
    topics: tuple[Name, ...] = ()
    zone: Zone | Literal[""] = ""


class _Account(_Table):
    """A further account at a provider; its secrets are HEED_<PROVIDER>_<NAME>_... variables."""

    provider: Name
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,31}$")]


class _Clocks(_Table):
    hold: Duration = Clocks().hold
    review: Duration = Clocks().review
    erasure: Duration = Clocks().erasure
    question: Duration = Clocks().question


class _Deadlines(_Table):
    """Which legal deadlines bind; empty lists mean every one that can."""

    regimes: frozenset[Regime] = frozenset()
    countries: frozenset[Country] = frozenset()
    at_once: Duration = DeadlineRules().at_once


class _Retention(_Table):
    """How long words stay readable."""

    words_kept: LongTime = Retention().words_kept
    proof_kept: LongTime = Retention().proof_kept

    @model_validator(mode="after")
    def _proof_lasts(self) -> _Retention:
        if self.proof_kept < self.words_kept:
            raise ValueError("proof_kept is shorter than words_kept")
        return self


class _Lists(_Table):
    """Further whole messages, and phrases that are never part of a wish."""

    stop: tuple[Word, ...] = ()
    start: tuple[Word, ...] = ()
    help: tuple[Word, ...] = ()
    innocent: tuple[Word, ...] = ()


class _Narrower(_Lists):
    sender: str = ""
    lang: Annotated[str, Field(pattern="^([a-z]{2})?$")] = ""


class WordLists(_Lists):
    narrower: Annotated[tuple[_Narrower, ...], Field(alias="for")] = ()


class File(_Table):
    company: Title = Policy().company
    help_contact: str = ""
    lang: str = "en"
    region: Country = "US"
    zone: Zone = Policy().zone
    answers_a_day: Annotated[int, Field(ge=1, le=1000)] = Policy().answers_a_day
    mail_answers_an_hour: Ceiling = Policy().mail_answers_an_hour
    mail_answers_to_a_domain: Ceiling = Policy().mail_answers_to_a_domain
    programs: tuple[_Program, ...] = ()
    topics: tuple[_Topic, ...] = ()
    senders: tuple[_Sender, ...] = ()
    accounts: tuple[_Account, ...] = ()
    clocks: _Clocks = _Clocks()
    deadlines: _Deadlines = _Deadlines()
    retention: _Retention = _Retention()
    words: WordLists = WordLists()
    answers: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    version: Literal[1] = 1
