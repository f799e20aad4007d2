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
PAGE = 5000
OVERLAP = timedelta(minutes=15)
"""Longer than a transaction may take and clocks of our machines differ."""
ROUND = timedelta(days=1)


class Sealer:
    """Used by one thread; any number may work on one database."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._next_round: datetime | None = None
        self._kept: tuple[bytes, Register] | None = None  # as of the seal of this hash

    def step(self, keep_on: Callable[[], bool] = lambda: True) -> int:
        """Seal all that waits, or until `keep_on` says no; returns how many entries.

        Where another sealer is faster, it is left to do it.
        """
        done = 0
        try:
            for items in self._waiting():
                self._seal(items)
                done += len(items)
                if not keep_on():
                    break
        except Conflict:
            pass
        except StoreError:
            self._next_round = None  # what is left is no longer of the recent past
            raise
        return done

    def _waiting(self) -> Iterator[Sequence[Item]]:
        """Batches of what no seal holds, each looked up after the one before was sealed."""
        now = self._clock()
        if self._next_round is None or now >= self._next_round:
            yield from self._whole_ledger()
            self._next_round = now + ROUND
        latest = self._store.read(lambda session: session.latest_seal())
        since = min(now, instant(latest.sealed_at)) - OVERLAP if latest else instant(0)
        while batch := self._store.read(lambda session: session.unsealed_since(since, BATCH)):
            yield batch

    def _whole_ledger(self) -> Iterator[Sequence[Item]]:
        after: Item | None = None
        held: list[Item] = []
        while True:
            found, after = self._store.read(
                lambda session, at=after: session.unsealed_of_page(at, PAGE)  # type: ignore[misc]
            )
            held += found
            while len(held) >= BATCH or (held and after is None):
                yield held[:BATCH]
                del held[:BATCH]
            if after is None:
                return

    def _seal(self, found: Sequence[Item]) -> None:
        """One seal over these entries, in the order of addresses and numbers."""
        items = sorted(found, key=lambda item: (item.addr, item.number))
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
