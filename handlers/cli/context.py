"""What commands share: the parts, and how a fault is told. Exit 2 means "cannot tell"."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from bot.addresses import AddressError, parse
from bot.model import Address, Channel
from handlers.parts import Parts, join
from handlers.settings import SettingsError, load_settings
from storage import StoreError

CANNOT_TELL = 2

CHANNELS = click.Choice([str(one) for one in Channel])


def fail(message: str, code: int = CANNOT_TELL) -> NoReturn:
    """Say why on standard error, a line for each fault, and leave."""
    for line in message.splitlines():
        click.echo(f"heed: {line}", err=True)
    raise click.exceptions.Exit(code)


@contextmanager
def joined() -> Iterator[Parts]:
    """The parts of this process, closed at the end. A store that is away ends the command."""
    try:
        parts = join(load_settings(os.environ))
    except (SettingsError, StoreError) as fault:
        fail(str(fault))
    except OSError as fault:
        fail(f"cannot open what HEED_VAR or HEED_DATABASE_URL names: {fault.strerror or fault}")
    try:
        yield parts
    except StoreError as fault:
        fail(str(fault))
    finally:
        parts.close()


def address_of(parts: Parts, text: str, channel: str | None) -> Address:
    """The address that was typed; the command ends where it is none."""
    try:
        return parse(
            text, region=parts.policy.region, channel=Channel(channel) if channel else None
        )
    except AddressError as fault:
        fail(str(fault))


def shown(text: str, limit: int = 0) -> str:
    """Foreign text, safe for a terminal: one line, nothing that could steer it, at most `limit`.

    An escape sequence in somebody's message must not reach the terminal of whoever reads it.
    """
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.split())
    return f"{line[: limit - 1]}…" if limit and len(line) > limit else line


def login() -> str:
    """Who is at this terminal, for the ledger."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in this container
        return "unknown"
