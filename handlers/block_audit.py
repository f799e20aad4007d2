"""Checks that what is blocked is what the ledger says: nobody was let out behind its back.

The seals bind the entries; this binds the working table that checks read to the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.replay import replayed
from storage import Session, Store, Unreadable

PAGE = 500
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""As of then no pause has ended yet: all rows are seen."""


@dataclass(slots=True)
class BlockAudit:
    """`unknown` counts the addresses of which it cannot be told, once `faults` has ended."""

    store: Store
    progress: Callable[[str, int], None] = lambda _what, _done: None
    unknown: int = 0

    def faults(self) -> Iterator[str]:
        """A line for each address whose blocks differ, and for each block that no entry made.

        Raises:
            StoreUnavailable: the database went away; nothing is said about the rest.
        """
        done, after = 0, b""
        while page := self.store.read(lambda session, at=after: _page(session, at)):  # type: ignore[misc]
            for addr, agrees in page:
                if agrees is False:
                    yield f"address {addr.hex()[:12]}: what is blocked is not what its entries say"
                self.unknown += agrees is None
            done, after = done + len(page), page[-1][0]
            self.progress("addresses", done)
        yield from self._orphans()

    def _orphans(self) -> Iterator[str]:
        """Blocks that name an entry which does not exist."""
        cursor = ""
        while page := self.store.read(
            lambda session, after=cursor: [  # type: ignore[misc]
                (one, session.has_entry(one.addr, one.suppression.entry_id))
                for one in session.all_suppressions(after, PAGE)
            ]
        ):
            for one, made in page:
                if not made:
                    yield f"address {one.addr.hex()[:12]}: a block that no entry made"
            cursor = page[-1][0].cursor


def _page(session: Session, after: bytes) -> list[tuple[bytes, bool | None]]:
    return [(one.addr, _agrees(session, one.addr)) for one in session.known_after(after, PAGE)]


def _agrees(session: Session, addr: bytes) -> bool | None:
    """None where it cannot be told: erased, of an earlier version, or altered, which is told."""
    try:
        said = replayed(session.history(addr))
    except Unreadable:
        return None
    if said is None:
        return None
    return said == {str(one.scope): one.hold for one in session.suppressions(addr, ALWAYS)}
