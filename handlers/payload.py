"""Reads a provider's JSON leniently: what we need must be there, whatever else may be there too.

Providers add fields without notice, so nothing unknown is refused (`bot.strict_json` is for our
own documents). A fault names the field's path and never its value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from handlers.ports import Malformed

_LONGEST_NUMBER = 20  # digits
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 1 << 36  # seconds; beyond it a number is no time


@dataclass(frozen=True, slots=True)
class Payload:
    """One JSON object and where it stands in the document."""

    value: Mapping[str, Any]
    where: str = ""

    def text(self, name: str) -> str:
        """A text or a number, as text, that must be there and not be empty.

        Raises:
            Malformed: it is not.
        """
        found = self.optional(name)
        if not found:
            raise Malformed(self._path(name))
        return found

    def optional(self, name: str) -> str:
        """The same, empty where there is none."""
        value = self.value.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return ""
        return str(value)

    def object(self, name: str) -> Payload:
        """The object of this name; an empty one where there is none."""
        value = self.value.get(name)
        return Payload(value if isinstance(value, dict) else {}, self._path(name))

    def objects(self, name: str) -> list[Payload]:
        """The objects in the list of this name; other things in it are passed over."""
        value = self.value.get(name)
        return [
            Payload(item, f"{self._path(name)}.{number}")
            for number, item in enumerate(value if isinstance(value, list) else [])
            if isinstance(item, dict)
        ]

    def moment(self, name: str) -> datetime | None:
        """A time in ISO 8601 or in seconds since 1970; None where there is none.

        A time before 1970 is none: many systems write one, such as 0001-01-01, for "not known".
        """
        value = self.value.get(name)
        text = str(int(value)) if _is_seconds(value) else self.optional(name)
        if text.isascii() and text.isdigit():
            seconds = int(text) if len(text) < _LONGEST_NUMBER else _LATEST
            return datetime.fromtimestamp(seconds, UTC) if seconds < _LATEST else None
        try:
            told = datetime.fromisoformat(text)
            moment = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
        except (ValueError, OverflowError):  # no time, or one before the first or after the last
            return None
        return moment if moment >= _EARLIEST else None

    def _path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name


def read_json(body: bytes) -> Payload:
    """The JSON object of a request.

    Raises:
        Malformed: there is none.
    """
    value = _parsed(body)
    if not isinstance(value, dict):
        raise Malformed("body")
    return Payload(value)


def read_json_list(body: bytes) -> list[Payload]:
    """The JSON objects of a request that is a list of them.

    Raises:
        Malformed: it is no list.
    """
    value = _parsed(body)
    if not isinstance(value, list):
        raise Malformed("body")
    return Payload({"": value}).objects("")


def read_pairs(body: bytes) -> list[tuple[str, str]]:
    """The pairs of texts of a JSON list of pairs, as headers are told; what is none is left out.

    Raises:
        Malformed: it is no list.
    """
    value = _parsed(body)
    if not isinstance(value, list):
        raise Malformed("headers")
    pairs = [one for one in value if isinstance(one, list) and len(one) == 2]  # noqa: PLR2004
    return [(name, text) for name, text in pairs if isinstance(name, str) and isinstance(text, str)]


def _is_seconds(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and 0 <= value < _LATEST


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("body") from None
