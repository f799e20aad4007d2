"""What staff type after the command: an address, then perhaps words."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

from bot import addresses
from bot.addresses import AddressError
from bot.model import Address
from handlers.slack.text import unescaped

_QUOTED = re.compile(r'(?:"([^"]{1,500})"|“([^”]{1,500})”|\'([^\']{1,500})\')(?=[\s:;,]|$)')
_TOKEN = re.compile(r"<[^<>]*>|\S+")
MAILBOX_OR_NUMBER = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|\+?\d(?:[ ()./-]{0,2}\d){6,14}"
)
_BETWEEN = " \t\r\n:;,-–—"
_PHONE_SIGNS = frozenset("+()./-＋（）／．")
FOLLOWED = "the number is followed by more digits; put it in quotes, then say the rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """`words` is what follows the address, as typed; empty where nothing does."""

    address: Address
    words: str


def typed(text: str, *, region: str, team: str) -> Typed:
    """Part an address from the words behind it.

    A number may hold spaces. Where it is not clear where it ends, nothing is guessed: an opt-out
    for a stranger's number would be worse than to ask again.

    Raises:
        AddressError: no address, or one whose end nobody can tell. Never repeats the text.
    """
    text = text.strip()
    quoted = _QUOTED.match(text)
    if quoted:
        inside = next(group for group in quoted.groups() if group is not None)
        return _typed(inside, text[quoted.end() :], region, team)
    tokens = list(_TOKEN.finditer(text))
    if not tokens:
        raise AddressError("there is no address")
    run = 0
    while run < len(tokens) and _of_number(tokens[run][0]):
        run += 1
    if run == 0:
        first = tokens[0]
        return _typed(first[0].rstrip(":;,"), text[first.end() :], region, team)
    return _number(text, tokens[:run], region, team)


def found_in(text: str, *, region: str, team: str) -> tuple[Address, ...]:
    """The mail addresses and phone numbers that a text names, each once."""
    found: dict[Address, None] = {}
    for candidate in MAILBOX_OR_NUMBER.finditer(text):
        with suppress(AddressError):
            found[addresses.parse(candidate[0], region=region, team=team)] = None
    return tuple(found)


def _number(text: str, tokens: list[re.Match[str]], region: str, team: str) -> Typed:
    found: list[tuple[int, Address]] = []
    for token in tokens:
        try:
            address = addresses.parse(
                text[tokens[0].start() : token.end()].rstrip(":;,.-"), region=region, team=team
            )
        except AddressError:
            continue
        found.append((token.end(), address))
    whole = tokens[-1].end()
    long = {address for _, address in found if address.value.startswith("+")}
    if len(long) > 1:
        raise AddressError(FOLLOWED)
    for end, address in reversed(found):
        if address.value.startswith("+") or end == whole:
            return Typed(address=address, words=_words(text[end:]))
    if found:
        raise AddressError(FOLLOWED)
    return _typed(text[tokens[0].start() : whole], text[whole:], region, team)


def _typed(address: str, rest: str, region: str, team: str) -> Typed:
    return Typed(
        address=addresses.parse(unescaped(address), region=region, team=team), words=_words(rest)
    )


def _words(rest: str) -> str:
    return unescaped(rest.strip(_BETWEEN))


def _of_number(token: str) -> bool:
    """Digits, with what people put between them."""
    bare = token.rstrip(":;,")
    return any(char.isdecimal() for char in bare) and all(
        char.isdecimal() or char in _PHONE_SIGNS or unicodedata.category(char) == "Pd"
        for char in bare
    )
