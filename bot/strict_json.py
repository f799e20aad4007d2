"""Reads a JSON object field by field: each must be there and be what it should, and no other."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.model import Json

MOST = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Malformed(ValueError):  # noqa: N818 - it names what the document is
    """The document is not of this form. The message names the place and repeats no value."""


class Fields:
    """One object; `where` names it in errors. Call `done` when all was read."""

    def __init__(self, value: Json, where: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(f"{where} is not an object")
        self._left = dict(value)
        self._where = where

    def take(self, name: str) -> Json:
        if name not in self._left:
            raise Malformed(f"{self._where} lacks {name}")
        return self._left.pop(name)

    def done(self) -> None:
        for name in self._left:
            raise Malformed(f"{self._where} has an unknown field {name[:40]!r}")

    def text(self, name: str) -> str:
        value = self.any_text(name)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self._wrong(name, "text in Unicode") from None
        return value

    def any_text(self, name: str) -> str:
        """Text as somebody sent it: it may hold half a surrogate pair."""
        value = self.take(name)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def whole(self, name: str) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST:
            raise self._wrong(name, "a whole number")
        return value

    def octets(self, name: str, *sizes: int) -> bytes:
        """Hexadecimal digits for as many bytes as one of `sizes`."""
        return _octets(self.take(name), sizes, f"{self._where}.{name}")

    def octets_list(self, name: str, size: int) -> tuple[bytes, ...]:
        return tuple(_octets(one, (size,), where) for one, where in self._elements(name))

    def sealed(self, name: str) -> bytes:
        """Base64."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError):
            raise self._wrong(name, "base64") from None

    def moment(self, name: str) -> int:
        """An instant in UTC, in microseconds since 1970."""
        value = self.text(name)
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise self._wrong(name, "a time") from None
        if found.tzinfo is None:
            raise self._wrong(name, "a time in UTC")
        return (found - _EPOCH) // _MICROSECOND

    def object(self, name: str) -> dict[str, Json]:
        value = self.take(name)
        if not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return value

    def part(self, name: str) -> Fields | None:
        """An object of its own, or null."""
        value = self.take(name)
        return None if value is None else Fields(value, f"{self._where}.{name}")

    def parts(self, name: str) -> Iterator[Fields]:
        for one, where in self._elements(name):
            yield Fields(one, where)

    def _elements(self, name: str) -> Iterator[tuple[Json, str]]:
        value = self.take(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        for number, one in enumerate(value):
            yield one, f"{self._where}.{name}[{number}]"

    def _wrong(self, name: str, what: str) -> Malformed:
        return Malformed(f"{self._where}.{name} is not {what}")


def spelt_moment(micros: int) -> str:
    """The instant as `Fields.moment` reads it."""
    moment = _EPOCH + timedelta(microseconds=micros)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _octets(value: Json, sizes: tuple[int, ...], where: str) -> bytes:
    try:
        found = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        raise Malformed(f"{where} is not hexadecimal") from None
    if not isinstance(value, str) or len(found) not in sizes:
        raise Malformed(f"{where} is not {sizes[-1]} bytes in hexadecimal")
    return found
