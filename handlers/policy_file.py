"""`heed.toml`: what the company decides and need not hide. Its example is `heed.example.toml`.

Everything has a careful default, so that Heed runs without the file. Words in it are literals,
never patterns.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
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
    Program,
    Retention,
    Sender,
    Topic,
    TopicKind,
    sender_key,
)
from bot.reading import Narrower, Words
from handlers import providers
from handlers.account import Account
from handlers.guide import confirmers
from handlers.settings import SettingsError

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


class _Words(_Lists):
    narrower: Annotated[tuple[_Narrower, ...], Field(alias="for")] = ()


class _File(_Table):
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
    words: _Words = _Words()
    answers: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    version: Literal[1] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """The file's three concerns: the policy, further words, and texts that replace ours.

    `text` is the file itself, empty without one.
    """

    policy: Policy = field(default_factory=Policy)
    words: Words = field(default_factory=Words)
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    text: str = ""


DEMO = Path(__file__).parent / "demo" / "heed.toml"


def load_policy(path: Path, *, demo: bool = False) -> PolicyFile:
    """Read the file; without one, the careful defaults, or the made-up company of the demo.

    Raises:
        SettingsError: it is no TOML, or an entry is wrong; one line each, naming the entry.
    """
    if demo and not path.exists():
        path = DEMO
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return _policy_file(_File(), demo=demo)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from None
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise SettingsError("\n".join(lines)) from None
    _check_names(file, path)
    read = _policy_file(file, demo=demo)
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    return replace(read, policy=replace(read.policy, version=version), text=text)


def policy_of(env: Mapping[str, str], *, demo: bool) -> PolicyFile:
    """The policy that the environment names.

    Raises:
        SettingsError: as `load_policy`, or HEED_CONFIG names a file that is not there.
    """
    named = env.get("HEED_CONFIG", "")
    if named and not demo and not Path(named).exists():
        raise SettingsError("HEED_CONFIG names a file that is not there")
    return load_policy(Path(named or "heed.toml"), demo=demo)


def _check_names(file: _File, path: Path) -> None:
    """Every name that is used is defined, and no name twice."""
    programs = {program.name for program in file.programs} | {"default"}
    topics = {topic.name for topic in file.topics}
    faults = [
        f"{path}: sender {number}: there is no program {sender.program!r}"
        for number, sender in enumerate(file.senders, 1)
        if sender.program not in programs
    ]
    faults += [
        f"{path}: sender {number}: there is no topic {topic!r}"
        for number, sender in enumerate(file.senders, 1)
        for topic in sender.topics
        if topic not in topics
    ]
    faults += [
        f"{path}: account {number}: there is no provider {account.provider!r}"
        for number, account in enumerate(file.accounts, 1)
        if account.provider not in providers.names()
    ]
    accounts = {f"{one.provider}/{one.name}" for one in file.accounts}
    faults += [
        f"{path}: sender {number}: there is no account {sender.provider!r}"
        for number, sender in enumerate(file.senders, 1)
        if "/" in sender.provider and sender.provider not in accounts
    ]
    known = {sender.id for sender in file.senders}
    faults += [
        f"{path}: words.for[{number}].sender: {one.sender!r} is no sender's id"
        for number, one in enumerate(file.words.narrower)
        if one.sender and one.sender not in known
    ]
    named = {
        "program": [program.name for program in file.programs],
        "topic": [topic.name for topic in file.topics],
        "sender": [sender_key(sender.channel, sender.id) for sender in file.senders],
        "account": [f"{one.provider}/{one.name}" for one in file.accounts],
    }
    for kind, names in named.items():
        faults += [
            f"{path}: {kind} {name!r} stands twice" for name in {*names} if names.count(name) > 1
        ]
    if faults:
        raise SettingsError("\n".join(faults))


def _policy_file(file: _File, *, demo: bool) -> PolicyFile:
    policy = Policy(
        company=file.company,
        help_contact=file.help_contact,
        lang=file.lang,
        region=file.region,
        zone=file.zone,
        answers_a_day=file.answers_a_day,
        mail_answers_an_hour=file.mail_answers_an_hour,
        mail_answers_to_a_domain=file.mail_answers_to_a_domain,
        programs={one.name: Program(**one.model_dump()) for one in file.programs},
        confirms={} if demo else confirmers(),  # behind a demo no provider answers
        topics={one.name: Topic(**one.model_dump()) for one in file.topics},
        senders={
            sender_key(one.channel, one.id): Sender(**one.model_dump()) for one in file.senders
        },
        clocks=Clocks(**file.clocks.model_dump()),
        deadlines=DeadlineRules(**file.deadlines.model_dump()),
        retention=Retention(**file.retention.model_dump()),
    )
    return PolicyFile(
        policy=policy,
        words=_words(file.words),
        answers=file.answers,
        accounts=tuple(Account(**one.model_dump()) for one in file.accounts),
    )


def _words(lists: _Words) -> Words:
    return Words(
        stop=lists.stop,
        start=lists.start,
        help=lists.help,
        innocent=lists.innocent,
        narrower=tuple(Narrower(**one.model_dump()) for one in lists.narrower),
    )
