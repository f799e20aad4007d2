"""How providers spell numbers: some with `+`, some with digits alone."""

from __future__ import annotations

from bot import addresses
from bot.model import Address, Channel
from handlers.ports import Malformed

_NATIONAL = 10  # digits, in the North American plan
_SHORTEST, _LONGEST = 7, 15  # digits of an international number (E.164); fewer are a short code


def with_plus(number: str) -> str:
    """The number with its `+`; short codes and names stay as they are."""
    bare = number.strip()
    if bare.isascii() and bare.isdigit() and _SHORTEST <= len(bare) <= _LONGEST:
        return f"+{bare}"
    return bare


def digits(number: str) -> str:
    """The number without its `+`, as digits-only providers want it."""
    return number.removeprefix("+")


def listed(channel: Channel, number: str) -> Address | None:
    """Whom a provider's list names; None where it is nobody that one can write to."""
    try:
        return person(channel, number, "")
    except Malformed:
        return None


def person(channel: Channel, number: str, field: str) -> Address:
    """Whom a message came from.

    Raises:
        Malformed: `field`, which held it, holds no number.
    """
    try:
        if channel is Channel.WHATSAPP:
            return addresses.whatsapp(number)
        return _texter(number)
    except addresses.AddressError:
        raise Malformed(field) from None


def _texter(number: str) -> Address:
    """Ten digits alone may be a US number without its `1`, where no other country has them in use.

    Whatever is longer or shorter is international, as the providers document it.
    """
    bare = number.strip()
    if len(bare) == _NATIONAL and bare.isascii() and bare.isdigit():
        try:
            return addresses.sms(bare)
        except addresses.AddressError:  # of a country whose numbers nobody here knows yet
            pass
    return addresses.sms(with_plus(bare))
