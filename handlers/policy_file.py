"""`heed.toml`: what the company decides and need not hide. Its example is `heed.example.toml`.

Everything has a careful default, so that Heed runs without the file. Words in it are literals,
never patterns.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.model import Channel
from bot.policy import (
    AskReason,
    Clocks,
    ConfirmedBy,
    Policy,
    Program,
    Sender,
    Topic,
    TopicKind,
    sender_key,
)
from handlers.settings import Environment, SettingsError, environment_of

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    """`90s`, `5m`, `24h`, `30d`."""
    if isinstance(value, str) and value[-1:] in UNITS and value[:-1].isdigit():
        return timedelta(**{UNITS[value[-1]]: int(value[:-1])})
    raise ValueError("is not a duration such as 90s, 5m, 24h or 30d")


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Title = Annotated[str, Field(min_length=1, max_length=100)]
Word = Annotated[str, Field(min_length=1, max_length=100)]


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


class _Sender(_Table):
    id: Annotated[str, Field(min_length=1, max_length=254)]
    channel: Channel
    program: Name = "default"
    provider: str = ""
    lang: str = ""
    confirmed_by: ConfirmedBy = ConfirmedBy.HEED
    ask_reason: AskReason = AskReason.WHERE_ALLOWED
    ask_scope: bool = False
    topics: tuple[Name, ...] = ()


class _Clocks(_Table):
    hold: Duration = Clocks().hold
    review: Duration = Clocks().review
    erasure: Duration = Clocks().erasure
    question: Duration = Clocks().question


class _Words(_Table):
    """Further whole words and phrases, for every sender."""

    stop: tuple[Word, ...] = ()
    start: tuple[Word, ...] = ()
    help: tuple[Word, ...] = ()


class _File(_Table):
    company: Title = Policy().company
    help_contact: str = ""
    lang: str = "en"
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "US"
    answers_a_day: Annotated[int, Field(ge=1, le=1000)] = Policy().answers_a_day
    programs: tuple[_Program, ...] = ()
    topics: tuple[_Topic, ...] = ()
    senders: tuple[_Sender, ...] = ()
    clocks: _Clocks = _Clocks()
    words: _Words = _Words()
    answers: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    version: Literal[1] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """The file's three concerns: the policy, further words, and texts that replace ours."""

    policy: Policy = field(default_factory=Policy)
    stop_words: tuple[str, ...] = ()
    start_words: tuple[str, ...] = ()
    help_words: tuple[str, ...] = ()
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


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
        return PolicyFile()
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
    return _policy_file(file)


def policy_of(env: Mapping[str, str]) -> PolicyFile:
    """The policy alone, for commands that need neither keys nor a database.

    Raises:
        SettingsError: as `load_policy`, or HEED_ENV is wrong.
    """
    path = Path(env.get("HEED_CONFIG") or "heed.toml")
    return load_policy(path, demo=environment_of(env) is Environment.DEMO)


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
    named = {
        "program": [program.name for program in file.programs],
        "topic": [topic.name for topic in file.topics],
        "sender": [sender_key(sender.channel, sender.id) for sender in file.senders],
    }
    for kind, names in named.items():
        faults += [
            f"{path}: {kind} {name!r} stands twice" for name in {*names} if names.count(name) > 1
        ]
    if faults:
        raise SettingsError("\n".join(faults))


def _policy_file(file: _File) -> PolicyFile:
    policy = Policy(
        company=file.company,
        help_contact=file.help_contact,
        lang=file.lang,
        region=file.region,
        answers_a_day=file.answers_a_day,
        programs={one.name: Program(**one.model_dump()) for one in file.programs},
        topics={one.name: Topic(**one.model_dump()) for one in file.topics},
        senders={
            sender_key(one.channel, one.id): Sender(**one.model_dump()) for one in file.senders
        },
        clocks=Clocks(**file.clocks.model_dump()),
    )
    return PolicyFile(
        policy=policy,
        stop_words=file.words.stop,
        start_words=file.words.start,
        help_words=file.words.help,
        answers=file.answers,
    )
