"""`heed.toml`: what the company decides and need not hide. Its example is `heed.example.toml`.

Everything has a careful default, so that Heed runs without the file. Words in it are literals,
never patterns.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from bot.policy import (
    Clocks,
    DeadlineRules,
    Policy,
    Program,
    Retention,
    Sender,
    Topic,
    sender_key,
)
from bot.reading import Narrower, Words
from handlers import providers
from handlers.account import Account
from handlers.guide import confirmers
from handlers.policy_tables import File, WordLists
from handlers.settings import SettingsError


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
        return _policy_file(File(), demo=demo)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from None
    try:
        file = File.model_validate(tomllib.loads(text))
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


def _check_names(file: File, path: Path) -> None:
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


def _policy_file(file: File, *, demo: bool) -> PolicyFile:
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


def _words(lists: WordLists) -> Words:
    return Words(
        stop=lists.stop,
        start=lists.start,
        help=lists.help,
        innocent=lists.innocent,
        narrower=tuple(Narrower(**one.model_dump()) for one in lists.narrower),
    )
