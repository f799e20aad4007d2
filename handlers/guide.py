"""What an operator pastes where, and how a provider spells a message: the `.toml` beside its file.

In `steps`, `{webhook}` is this desk's address for the account. In a message, `${text}` and the like
are filled in as the content type wants them; names in capitals are the account's own variables.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from string import Template
from types import ModuleType
from urllib.parse import quote_plus

from pydantic import BaseModel, ConfigDict

from bot.policy import ConfirmedBy, NumberType
from handlers import mailservices, providers
from handlers.account import Account
from handlers.ports import RawRequest
from handlers.settings import Settings

_OF_THE_DESK = {
    "HEED_SECRET_KEY": "32 random bytes in base64: openssl rand -base64 32; keep it safe",
    "HEED_PUBLIC_URL": "the https address of this desk, as the provider is to call it",
}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Connect(_Table):
    """`variables`: the end of each variable's name, and where its value is found."""

    steps: tuple[str, ...]
    variables: Mapping[str, str]


class _Simulate(_Table):
    """`signed_with` names the variables that make the key; empty where the provider keeps it.

    `wordless` says why a text cannot be brought, where it cannot.
    """

    content_type: str
    body: str
    signed_with: str = ""
    wordless: str = ""


class _Confirms(_Table):
    """Who answers a stop by default, by the kind of our number; `note` says what may change it."""

    long_code: ConfirmedBy
    toll_free: ConfirmedBy
    short_code: ConfirmedBy
    note: str


class Guide(_Table):
    title: str
    connect: _Connect
    confirms: _Confirms | None = None  # None: a mail service, which never answers
    simulate: _Simulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message to be made up. `ours` is the sender of ours, as the provider spells it."""

    text: str
    person: str
    ours: str
    id: str
    at: datetime


def names() -> list[str]:
    """Every provider and mail service."""
    return sorted([*providers.names(), *mailservices.names()])


def module_of(name: str) -> ModuleType:
    """The file of a provider or mail service that `names()` lists."""
    if is_mail_service(name):
        return mailservices.module_of(name)
    return providers.module_of(name)


def is_mail_service(name: str) -> bool:
    return name in mailservices.names()


@lru_cache
def guide_of(provider: str) -> Guide:
    """The guide of a provider or mail service that is there."""
    package = "handlers.mailservices" if is_mail_service(provider) else "handlers.providers"
    file = files(package) / f"{provider.replace('-', '_')}.toml"
    return Guide.model_validate(tomllib.loads(file.read_text("utf-8")))


@lru_cache
def confirmers() -> Mapping[tuple[str, NumberType], ConfirmedBy]:
    """Who answers by default, as every provider documents it."""
    return {
        (name, kind): getattr(confirms, kind)
        for name in providers.names()
        for kind in NumberType
        if (confirms := guide_of(name).confirms) is not None
    }


def missing(account: Account, settings: Settings) -> list[str]:
    """The account's variables that are not set."""
    needed = guide_of(account.provider).connect.variables
    return [account.prefix + name for name in needed if not settings.env.get(account.prefix + name)]


def instructions(
    account: Account, settings: Settings, given: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Lines that say what to set here and what to paste there.

    `given` is the environment as it was, without what the demo made up; None: nothing is made up.
    """
    guide = guide_of(account.provider)
    webhook = account.webhook(settings)
    yield f"{guide.title}: two things to do"
    yield ""
    yield "1. Here, in the environment of heed serve:"
    for name, where in guide.connect.variables.items():
        mark = _mark(account.prefix + name, settings, given)
        yield f"   {mark} {account.prefix}{name:<20} {where}"
    if given is not None and settings.demo and given.get("HEED_ENV") != "demo":
        yield "   With these it is no longer the demo, and needs settings of its own:"
        for name, where in _OF_THE_DESK.items():
            yield f"   {_mark(name, settings, given)} {name:<{len(account.prefix) + 20}} {where}"
    yield ""
    yield "2. There:"
    for step in guide.connect.steps:
        yield f"   - {step.replace('{webhook}', webhook)}"
    if not webhook.startswith("https://"):
        yield ""
        yield (
            "HEED_PUBLIC_URL is no https address: the provider could not reach this desk. Set it "
            "to the address under which a reverse proxy or a tunnel brings requests here."
        )


def _mark(variable: str, settings: Settings, given: Mapping[str, str] | None) -> str:
    """Whether it is set, also by the demo alone: that is no credential of anybody."""
    if not settings.env.get(variable):
        return "MISSING"
    made_up = given is not None and settings.demo and not given.get(variable)
    return "demo   " if made_up else "set    "


def message(account: Account, settings: Settings, said: Said) -> RawRequest:
    """The unsigned request with which the provider would bring this message."""
    how = guide_of(account.provider).simulate
    kind = how.content_type.partition(";")[0]
    escape = quote_plus if kind == FORM else str if kind == MULTIPART else _in_json
    mail = _mail(said)
    values = {
        "text": said.text,
        "mail": mail,
        "nested_mail": _in_json(mail),
        "nested_text": _in_json(said.text),
        "person": said.person,
        "person_digits": said.person.removeprefix("+"),
        "ours": said.ours,
        "ours_digits": said.ours.removeprefix("+"),
        "id": said.id,
        "time": f"{said.at:%Y-%m-%dT%H:%M:%S}.000Z",
        "seconds": str(int(said.at.timestamp())),
        **_variables(account, settings),
    }
    filled = Template(how.body).substitute({name: escape(one) for name, one in values.items()})
    return RawRequest(
        method="POST",
        url=account.webhook(settings),
        headers={"content-type": how.content_type},
        body=filled.encode(),
        content_type=kind,
        received_at=said.at,
    )


def _mail(said: Said) -> str:
    return "\r\n".join(
        [
            f"From: {said.person}",
            f"To: {said.ours}",
            "Subject: Re: your mail",
            f"Message-ID: <{said.id}@simulated.example>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            "",
            said.text,
            "",
        ]
    )


def secret(account: Account, settings: Settings) -> str:
    """What the provider would sign with; empty where it keeps a private key of its own."""
    signed_with = guide_of(account.provider).simulate.signed_with
    return signed_with.format_map(_variables(account, settings))


def _variables(account: Account, settings: Settings) -> dict[str, str]:
    """Of a list (a rotated secret, several topics) the first."""
    named = guide_of(account.provider).connect.variables
    env = settings.env
    return {name: env.get(account.prefix + name, "").partition(",")[0].strip() for name in named}


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
