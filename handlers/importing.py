"""Takes a list of people who opted out elsewhere into the ledger, record by record.

Every record is a recording of its own at the desk, many at once. What was taken already has no
second effect, so that a list may be brought again, after a kill or next month.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import HeedError
from handlers.desk import Desk
from handlers.lists.lines import Record
from handlers.lists.rows import NotAStop, Reading, RowError
from handlers.receipt import Receipt
from handlers.recording_desk import FORGOTTEN

AT_ONCE = 32  # twice what the pool of PostgreSQL holds; SQLite commits them together
_AHEAD = 4 * AT_ONCE


class Fate(StrEnum):
    """What became of a record."""

    NEW = "opted_out"  # blocked now
    KNOWN = "already_opted_out"  # was blocked before; recorded beside it
    BACK = "opted_in_since"  # the person came back after that stop; recorded, blocks nothing
    SAME = "same"  # this very record was taken before; nothing was written
    FORGOTTEN = FORGOTTEN  # erased here and blocked; nothing was written
    NOT_OUT = "not_out"  # the list says that they did not opt out
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a record was not taken."""

    record: Record
    why: str


@dataclass(slots=True)
class Outcome:
    counts: Counter[Fate] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        return self.counts.total()


def take_in(
    desk: Desk,
    records: Iterator[Record],
    reading: Reading,
    *,
    dry_run: bool,
    on_fault: Callable[[Fault], None],
    progress: Callable[[Outcome], None] = lambda _outcome: None,
) -> Outcome:
    """Record what the list says, or with `dry_run` only say what would come of it.

    Raises:
        StoreUnavailable: the database went away; what `progress` told stands, begin again.
        ListError: the file ends to be a list.
    """
    receive = desk.weigh if dry_run else desk.receive
    outcome = Outcome()
    under_way: deque[tuple[Record, Future[Receipt]]] = deque()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="import") as threads:
        for record in records:
            try:
                recording = reading.recording(record)
            except NotAStop:
                outcome.counts[Fate.NOT_OUT] += 1
            except RowError as fault:
                outcome.counts[Fate.REJECTED] += 1
                on_fault(Fault(record=record, why=str(fault)))
            else:
                under_way.append((record, threads.submit(receive, recording)))
            while len(under_way) > _AHEAD:
                _settle(*under_way.popleft(), outcome, on_fault)
            progress(outcome)
        while under_way:
            _settle(*under_way.popleft(), outcome, on_fault)
            progress(outcome)
    return outcome


def _settle(
    record: Record,
    receipt: Future[Receipt],
    outcome: Outcome,
    on_fault: Callable[[Fault], None],
) -> None:
    try:
        done = receipt.result()
    except HeedError as fault:
        outcome.counts[Fate.REJECTED] += 1
        on_fault(Fault(record=record, why=str(fault)))
    else:
        outcome.counts[Fate.SAME if done.duplicate else Fate(done.outcome)] += 1
