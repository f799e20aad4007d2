"""The worker: sends what the outbox promised, and lets the clocks run.

Claim with a lease and commit, send outside any transaction, settle in a second one. A message to a
person whose outcome is lost is never sent again; a notice to our own side is, until it arrived.
`handlers/crew.py` has the threads.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from bot.errors import HeedError
from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    Channel,
    EntryKind,
    Json,
    NewEntry,
    NoticeKind,
    Recording,
    ReviewDecision,
    Role,
    Verdict,
)
from bot.retry import next_attempt
from handlers.desk import Desk
from handlers.logs import whereabouts
from handlers.ports import OutcomeUnknown, SendError, Speaker
from handlers.recorder import new_id
from storage import OutboxItem, OutboxState, Session, Store, StoreUnavailable

T = TypeVar("T")
Chore: TypeAlias = Callable[[datetime], int]
"""Called again and again with the present instant; returns how much it did."""

log = logging.getLogger("heed.worker")

LEASE = timedelta(minutes=5)
"""Longer than the slowest send (a relay that takes its time at every step, about two minutes)."""
IDLE_S = 0.5
PATIENCE_S = 30.0
GOOD_ENDS = frozenset({OutboxState.SENT, OutboxState.KEPT})
CLOCK = Actor(name="clock", role=Role.ADMIN)


class Worker:
    """`speakers` send for one provider name each. With `keep`, nothing leaves: the demo.

    Each of the `chores` knows by itself when it is due. Once `stopping` is set, a store that is
    away is not waited for.
    """

    def __init__(
        self,
        *,
        store: Store,
        desk: Desk,
        speakers: Mapping[str, Speaker],
        clock: Callable[[], datetime],
        keep: bool = False,
        chores: Sequence[Chore] = (),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._desk = desk
        self._speakers = speakers
        self._clock = clock
        self._keep = keep
        self.chores = chores
        self._chance = chance
        self.stopping = threading.Event()

    def step(self) -> int:
        """One round in this thread; returns how much was done. Tests call it instead of waiting."""
        done = self.let_clocks_run()
        items = self.claim(1)
        for item in items:
            self.send(item)
        return done + len(items) + sum(self.do(chore) for chore in self.chores)

    def let_clocks_run(self) -> int:
        now = self._clock()
        self._store.write(lambda session: self._expire(session, now))
        return self._end_holds(now)

    def claim(self, limit: int) -> list[OutboxItem]:
        """What is to be sent at once: whoever dies must leave no answer in doubt but these."""
        now = self._clock()
        return self._store.write(lambda session: session.claim(now, limit, LEASE))

    def do(self, chore: Chore) -> int:
        return chore(self._clock())

    def _expire(self, session: Session, now: datetime) -> None:
        for item in session.expire(now):
            session.lock(item.addr)
            self._note(session, item, item.state, _why(item) or item.error, now)

    # --- sending ---------------------------------------------------------------------------------

    def send(self, item: OutboxItem) -> None:
        """Send one that was claimed, and keep what became of it."""
        if item.expires_at is not None and self._clock() >= item.expires_at:
            self._conclude(item, OutboxState.DROPPED, error=_why(item) or "expired")
            return
        if self._keep:
            self._conclude(item, OutboxState.KEPT)
            return
        speaker = self._speakers.get(item.provider)
        if speaker is None:
            self._conclude(item, OutboxState.PARKED, error="no_such_provider")
            return
        try:
            ref = speaker.send(item)
        except SendError as refusal:
            self._refused(item, refusal)
        except OutcomeUnknown as lost:
            self._lost(item, lost.code)
        except Exception as error:  # noqa: BLE001 - one bad item must not stop the others
            log.error(  # noqa: TRY400 - the exception may quote an address
                "sending failed item=%s provider=%s: %s", item.id, item.provider, whereabouts(error)
            )
            self._lost(item, type(error).__name__)
        else:
            self._conclude(item, OutboxState.SENT, ref=ref)

    def _refused(self, item: OutboxItem, refusal: SendError) -> None:
        if refusal.block and item.address is not None:
            self._desk.receive(
                Recording(
                    act=Act.PROVIDER_BLOCK,
                    address=item.address,
                    scope=CHANNEL_SCOPE,
                    actor=Actor(name=f"provider:{item.provider}", role=Role.RECORD),
                    source=item.provider,
                    event_id=f"{item.id}:{refusal.code}",
                    received_at=self._clock(),
                    recipient=item.sender,
                    of_sender=refusal.of_sender,
                )
            )
        due_at = None
        if not refusal.permanent:
            due_at = next_attempt(
                item.tries,
                now=self._clock(),
                jitter=self._chance(),
                retry_after=refusal.retry_after,
                expires_at=item.expires_at,
                until_delivered=item.kind == NoticeKind.FORWARD,
            )
        if due_at is not None:
            again = due_at
            self._put_down(
                lambda session: session.settle(
                    item.addr, item.id, OutboxState.PENDING, error=refusal.code, due_at=again
                )
            )
            return
        # An answer that found no time is dropped (47 CFR 64.1200(a)(12)); a refusal is parked.
        late = not refusal.permanent and not item.repeatable
        state = OutboxState.DROPPED if late else OutboxState.PARKED
        self._conclude(item, state, error=refusal.code)

    def _lost(self, item: OutboxItem, code: str) -> None:
        if item.repeatable:
            self._refused(item, SendError(code, permanent=False))
        else:
            self._conclude(item, OutboxState.UNKNOWN, error=code)

    def _conclude(
        self, item: OutboxItem, state: OutboxState, *, ref: str = "", error: str = ""
    ) -> None:
        """Settle, and put what became of an answer into the ledger, in one transaction."""
        now = self._clock()

        def work(session: Session) -> None:
            session.lock(item.addr)
            if session.settle(item.addr, item.id, state, ref=ref, error=error):
                self._note(session, item, state, error, now)

        self._put_down(work)
        level = logging.INFO if state in GOOD_ENDS else logging.WARNING
        log.log(level, "outbox item=%s kind=%s state=%s error=%s", item.id, item.kind, state, error)

    def _put_down(self, work: Callable[[Session], T]) -> T:
        """What became of a call is known only here: a store that is away is waited for."""
        patience_s = IDLE_S
        until = time.monotonic() + LEASE.total_seconds()
        while True:
            try:
                return self._store.write(work)
            except StoreUnavailable:
                if self.stopping.is_set() or time.monotonic() > until:
                    raise
            self.stopping.wait(patience_s)
            patience_s = min(patience_s * 2, PATIENCE_S)

    def _note(
        self, session: Session, item: OutboxItem, state: OutboxState, error: str, now: datetime
    ) -> None:
        # A notice to ourselves; a person who was erased, perhaps while this was being sent.
        if item.repeatable or session.address(item.addr) is None:
            return
        facts: dict[str, Json] = {
            "outcome": str(state),
            "answer": item.kind,
            "template": item.payload.get("template", ""),
            "provider": item.provider,
            "about": item.entry_id,
            "confirmation": item.confirmation,
            "seconds": round((now - item.created_at).total_seconds(), 3),
        }
        if error:
            facts["error"] = error
        session.append(
            item.addr,
            NewEntry(kind=EntryKind.ANSWERED, effective_at=now, facts=facts),
            id=new_id(now),
            message_id=item.message_id,
            recorded_at=now,
        )

    # --- clocks ----------------------------------------------------------------------------------

    def _end_holds(self, now: datetime) -> int:
        """An undecided hold becomes an opt-out at the end of its clock (docs/design.md)."""
        holding = self._store.read(lambda session: session.due_holds(now))
        ended = 0
        for review in holding:
            try:
                self._desk.receive(
                    ReviewDecision(
                        review_id=review.id,
                        address_hash=review.addr,
                        verdict=Verdict.OPT_OUT,
                        actor=CLOCK,
                        received_at=now,
                        version=review.version,
                    )
                )
            except HeedError as refusal:  # a person was faster, or the record was erased
                log.info("hold not ended review=%s: %s", review.id, type(refusal).__name__)
            else:
                ended += 1
        return ended


def _why(item: OutboxItem) -> str:
    """On WhatsApp what ran out is the window that the person's last message had opened."""
    return "window_closed" if item.channel is Channel.WHATSAPP and not item.repeatable else ""
