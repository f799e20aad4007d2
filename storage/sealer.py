"""The sealer: takes what no seal holds yet and seals it, batch after batch.

It looks at the recent past each time, by time and with a wide overlap, and at the whole ledger when
it begins and once a day: entries that were committed late, or whose clock was wrong, are found by
what they lack, not by where they stand. The tree is made outside the writing transaction; there
the sealer only compares that nobody else has sealed, so two of them never fork the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from bot import merkle
from bot.register import Register
from bot.seal import NOTHING, Item, Seal, back_of, signed
from storage.errors import Conflict, StoreError
from storage.session import Session
from storage.sql import instant, micros
from storage.store import Store

BATCH = 1024
"""Entries in one seal at most: writing them holds up the desk's own writer for milliseconds."""
PAGE = 20_000
OVERLAP = timedelta(minutes=5)
"""Longer than a transaction may take, and than clocks of our machines may differ."""
ROUND = timedelta(days=1)


class Sealer:
    """Used by one thread; any number may work on one database."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._next_round: datetime | None = None
        self._kept: tuple[bytes, Register] | None = None  # as of the seal of this hash

    def step(self) -> int:
        """Seal all that waits; returns how many entries.

        Where another sealer is faster, it is left to do it.
        """
        done = 0
        try:
            for items in self._batches():
                self._seal(items)
                done += len(items)
        except Conflict:
            pass
        except StoreError:
            self._next_round = None  # what is left is no longer of the recent past
            raise
        return done

    def _batches(self) -> Iterator[Sequence[Item]]:
        """What no seal holds; each batch is sealed before the next is asked for."""
        now = self._clock()
        if self._next_round is None or now >= self._next_round:
            for page in self._whole_ledger():
                yield from _split(page)
            self._next_round = now + ROUND
        for page in self._recent_past(now):
            yield from _split(page)

    def _whole_ledger(self) -> Iterator[list[Item]]:
        after: Item | None = None
        held: list[Item] = []
        while True:
            found, after = self._store.read(
                lambda session, at=after: session.unsealed_of_page(at, PAGE)  # type: ignore[misc]
            )
            held += found
            if len(held) >= PAGE or after is None:
                yield held
                held = []
            if after is None:
                return

    def _recent_past(self, now: datetime) -> Iterator[list[Item]]:
        latest = self._store.read(lambda session: session.latest_seal())
        since = min(now, instant(latest.sealed_at)) - OVERLAP if latest else instant(0)
        full = True
        while full:
            items, since = self._store.read(
                lambda session, at=since: session.unsealed_since(at, PAGE)  # type: ignore[misc]
            )
            yield items
            full = len(items) == PAGE

    def _seal(self, found: Sequence[Item]) -> None:
        """One seal over these entries, in the order of addresses and numbers."""
        items = sorted(found)
        before, back, register = self._store.read(self._past)
        self._kept = None
        changed = register.add(items)
        seal = signed(
            Seal(
                number=before.number + 1 if before else 1,
                sealed_at=micros(self._clock()),
                size=len(items),
                total=(before.total if before else 0) + len(items),
                root=merkle.root([item.data for item in items]),
                register=register.root,
                prev=before.hash if before else NOTHING,
                back=back.hash if back else NOTHING,
                key=b"",
            ),
            self._store.seal_key,
        )
        self._store.write(lambda session: session.add_seal(seal, items, changed))
        self._kept = (seal.hash, register)

    def _past(self, session: Session) -> tuple[Seal | None, Seal | None, Register]:
        before = session.latest_seal()
        if before is None:
            return None, None, Register({})
        back = session.seal(back_of(before.number + 1))
        if self._kept is not None and self._kept[0] == before.hash:
            return before, back, self._kept[1]
        return before, back, Register(session.shelves())


def _split(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), BATCH):
        yield items[first : first + BATCH]
