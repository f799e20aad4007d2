"""A provider's own list of people who opted out: reading it, and adding to it.

A provider that has such a list has one or both of the methods below beside its others; nothing here
can take anybody off one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.model import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Somebody whom the provider blocks. `sender` is ours, empty for all of them.

    `address` is None where the list names nobody that one can read.
    """

    address: Address | None
    since: datetime | None = None
    sender: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBlock:
    """Somebody who is to be put on the list, for one sender of ours or, where empty, for all."""

    address: Address
    since: datetime
    sender: str = ""


@runtime_checkable
class ReadableList(Protocol):
    def opted_out(self) -> Iterator[Blocked]:
        """Everybody on the list, page by page.

        Raises:
            SendError: the provider said no, or not now.
            OutcomeUnknown: no answer came.
        """


@runtime_checkable
class WritableList(Protocol):
    def block(self, people: Sequence[ToBlock]) -> None:
        """Put them on the list; those who are there already stay there.

        Raises:
            SendError: the provider said no, or not now; some may be on it.
            OutcomeUnknown: no answer came; doing it again does no harm.
        """
