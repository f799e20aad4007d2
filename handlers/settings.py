"""Settings from the environment: read once, all faults reported together, each naming its variable.

A channel or provider declares its own part as a pydantic model in its own file and reads it with
`part()`, so that adding a provider needs no change here. In the demo the same variables are filled
with made-up credentials (`handlers/demo_keys.py`), so that the real paths run unchanged.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot import addresses
from handlers.api_keys import ApiKeys
from handlers.variables import PREFIX, Variables

MAKE_A_KEY = "make one: openssl rand -base64 32"
# Any of these means that somebody wants the real thing.
REAL_CREDENTIAL_ENDINGS = (
    "_AUTH_TOKEN",
    "_SIGNING_SECRET",
    "_BOT_TOKEN",
    "_APP_TOKEN",
    "_APP_SECRET",
    "_API_KEY",
    "_PRIVATE_KEY",
    "_SECRET_KEY",
    "_SIGNING_KEY",
    "_PUBLIC_KEY",
    "_WEBHOOK_KEY",
    "_WEBHOOK_PASSWORD",
    "_WEBHOOK_SECRET",
    "_TOPIC_ARNS",
    "_DATABASE_URL",
    "_RELAY_URL",
)


class SettingsError(Exception):
    """One line for each missing or wrong setting, naming the variable. The process exits with 2."""


class Faults:
    """Gathers what is wrong with several parts, so that all of it is told and mended at once."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Note a SettingsError raised inside, and go on."""
        try:
            yield
        except SettingsError as fault:
            self._lines.append(str(fault))

    def tell(self) -> None:
        """Raises SettingsError with all that was noted."""
        if self._lines:
            raise SettingsError("\n".join(self._lines))


class Environment(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


def _listen(value: object) -> object:
    """`host:port`; an IPv6 host stands in brackets."""
    if not isinstance(value, str):
        return value
    host, separator, port = value.rpartition(":")
    if not separator or not port.isdigit() or not 0 <= int(port) < 1 << 16:
        raise ValueError("is not host:port, for example 127.0.0.1:8000")
    return host.strip("[]") or "127.0.0.1", int(port)


def _listen_or_path(value: object) -> object:
    """The same, or the path of a Unix socket."""
    if isinstance(value, str) and value.startswith("/"):
        return value, 0
    return _listen(value)


def _list(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _master_keys(value: object) -> object:
    keys = []
    for part in value.split(",") if isinstance(value, str) else []:
        try:
            key = base64.b64decode(part.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != 32:  # noqa: PLR2004 - AES-256
            raise ValueError(f"is not 32 bytes in base64 ({MAKE_A_KEY})")
        keys.append(key)
    return tuple(keys)


def _public_url(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    url = urlsplit(value)
    plain = value.isascii() and value.isprintable() and " " not in value
    if url.scheme not in ("https", "http") or not url.hostname or not plain:
        raise ValueError("is not a URL such as https://optout.example.com")
    if url.query or url.fragment or url.username:
        raise ValueError("has more than scheme, host, port and path")
    return value.rstrip("/")


def _mailbox(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    try:
        addresses.email(value)
    except addresses.AddressError:
        raise ValueError("is not a mail address such as people@example.com") from None
    return value


def _level(value: object) -> object:
    if isinstance(value, str) and value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("is none of DEBUG, INFO, WARNING, ERROR")
    return value


Listen = Annotated[tuple[str, int], BeforeValidator(_listen)]
List = Annotated[tuple[str, ...], BeforeValidator(_list)]
MasterKeys = Annotated[tuple[bytes, ...], BeforeValidator(_master_keys)]
PublicUrl = Annotated[str, BeforeValidator(_public_url)]


class Part(BaseModel):
    """A part of the settings; `part()` fills it from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


P = TypeVar("P", bound=Part)


def part(model: type[P], prefix: str, env: Mapping[str, str]) -> P:
    """Read `prefix` + FIELD for every field of the model.

    Raises:
        SettingsError: a value is missing or wrong; one line each. Values are never quoted.
    """
    take = env.take if isinstance(env, Variables) else env.get
    given = {name: value for name in model.model_fields if (value := take(prefix + name.upper()))}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_url=False, include_input=False):
            variable = prefix + str(fault["loc"][0] if fault["loc"] else "").upper()
            what = _plain(str(fault["msg"]))
            if fault["type"] == "missing":
                how = model.model_fields[str(fault["loc"][0])].description
                what = f"is missing ({how})" if how else "is missing"
            lines.append(f"{variable} {what}")
        raise SettingsError("\n".join(lines)) from None


def is_set_up(given: Part, prefix: str, *needed: str) -> bool:
    """Whether a part is set at all; its `api_url` alone does not count.

    Raises:
        SettingsError: some of what it needs is set and some is not; one line for each that is not.
    """
    if not given.model_fields_set - {"api_url"}:
        return False
    missing = [f"{prefix}{name.upper()}" for name in needed if not getattr(given, name)]
    if missing:
        told = sorted(f"{prefix}{name.upper()}" for name in given.model_fields_set - {"api_url"})
        raise SettingsError("\n".join(f"{one} is missing; {told[0]} is set" for one in missing))
    return True


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


class Settings(Part):
    """What every process needs. `env` is the environment with the demo's credentials filled in."""

    env: Mapping[str, str] = Field(default_factory=dict, exclude=True, repr=False)
    environment: Environment = Environment.PRODUCTION
    var: Path = Path("var")
    config: Path = Path("heed.toml")
    database_url: str = ""
    secret_key: MasterKeys = Field(repr=False, description=MAKE_A_KEY)
    http_listen: Listen = ("127.0.0.1", 8000)
    smtp_listen: Listen = ("127.0.0.1", 8025)
    lmtp_listen: Annotated[tuple[str, int] | None, BeforeValidator(_listen_or_path)] = None
    public_url: PublicUrl = ""
    api_keys: ApiKeys = Field(default=(), repr=False)
    human_mailbox: Annotated[str, BeforeValidator(_mailbox)] = ""
    log_level: Annotated[str, BeforeValidator(_level)] = "INFO"

    @property
    def demo(self) -> bool:
        return self.environment is Environment.DEMO

    def mentions(self, prefix: str) -> bool:
        """Whether any variable of this prefix is set; else whatever reads it need not be loaded."""
        return any(name.startswith(prefix) and value for name, value in self.env.items())

    @property
    def store_url(self) -> str:
        return self.database_url or f"sqlite:///{self.var / 'heed.db'}"

    @property
    def http_url(self) -> str:
        """Where this process itself can reach its web server."""
        host, port = self.http_listen
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def signed_origin(self) -> str:
        """The origin that providers signed: configured, never taken from a request's headers."""
        return self.public_url or self.http_url


def environment_of(env: Mapping[str, str]) -> Environment:
    """Demo only where nobody asked for anything real.

    Raises:
        SettingsError: HEED_ENV is something else than demo or production.
    """
    said = env.get("HEED_ENV", "")
    if said:
        try:
            return Environment(said)
        except ValueError:
            raise SettingsError("HEED_ENV is neither demo nor production") from None
    return Environment.PRODUCTION if _real_credential(env) else Environment.DEMO


def _real_credential(env: Mapping[str, str]) -> str:
    """The first variable that means that somebody wants the real thing; empty without one."""
    real = (
        name
        for name, value in env.items()
        if name.startswith(PREFIX) and name.endswith(REAL_CREDENTIAL_ENDINGS) and value
    )
    return min(real, default="")


def load_settings(env: Mapping[str, str]) -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: something is missing or wrong.
    """
    environment = environment_of(env)
    filled = dict(env)
    if environment is Environment.DEMO:
        from handlers.demo_keys import demo_keys

        filled = {**demo_keys(Path(env.get("HEED_VAR") or "var")), **env}
    if filled.get("PORT") and not filled.get("HEED_HTTP_LISTEN"):
        filled["HEED_HTTP_LISTEN"] = f"0.0.0.0:{filled['PORT']}"
    try:
        settings = part(
            Settings, PREFIX, {**filled, "HEED_ENV": "", "HEED_ENVIRONMENT": environment}
        )
    except SettingsError as fault:
        real = "" if env.get("HEED_ENV") else _real_credential(env)
        why = f"\n{real} is set: this is no demo (HEED_ENV=demo keeps it one)" if real else ""
        raise SettingsError(f"{fault}{why}") from None
    noted = Variables(filled)
    for name in Settings.model_fields.keys() - {"environment"}:
        noted.take(PREFIX + name.upper())
    return settings.model_copy(update={"env": noted})
