"""Compares our suppressions with a provider's own list, learns what is only there, tells the rest.

What is learnt becomes a `provider_block`; a sync never lifts anything, here or there. What we heard
in free words is told to the provider once its confirmation is settled: before, the block would
swallow it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    Act,
    Actor,
    Address,
    Channel,
    Hold,
    Recording,
    Role,
)
from bot.policy import Policy
from handlers.optout_lists import Blocked, ReadableList, ToBlock, WritableList
from handlers.parts import Parts
from handlers.recorder import ANY_SENDER
from handlers.telling import note_told
from storage import OutboxState, Session, Store

log = logging.getLogger("heed.sync")

PAGE = 500
MARGIN = timedelta(hours=1)
AT_ONCE = 25  # people told in one step
_UNSETTLED = frozenset({OutboxState.PENDING, OutboxState.SENDING})


class Drift(StrEnum):
    ONLY_HERE = "only here"
    ONLY_THERE = "only there"
    DISAGREEING = "disagreeing"  # blocked there, and opted in here later than that


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`here` is when it was stopped, or opted in again where the two disagree."""

    drift: Drift
    address: Address
    here: datetime | None
    there: datetime | None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """`waiting`: not told yet, because their confirmation is still on its way.

    `unreadable` are rows of theirs that name nobody one can write to.
    """

    differences: list[Difference] = field(default_factory=list)
    agreeing: int = 0
    learnt: int = 0
    told: int = 0
    waiting: int = 0
    unreadable: int = 0
    reads: bool = False
    writes: bool = False


def has_list(parts: Parts, account: str) -> bool:
    return isinstance(parts.providers.get(account), ReadableList | WritableList)


def sync(
    parts: Parts,
    account: str,
    *,
    dry_run: bool,
    progress: Callable[[Outcome], None] = lambda _outcome: None,
) -> Outcome:
    """One comparison with the list of this account; with `dry_run` nothing is written anywhere.

    Raises:
        SendError, OutcomeUnknown: the provider; what was learnt before stays.
        StoreError: ours.
    """
    outcome = Outcome()
    for outcome in steps(parts, account, dry_run=dry_run):
        progress(outcome)
    return outcome


def steps(parts: Parts, account: str, *, dry_run: bool) -> Iterator[Outcome]:
    """The same in small steps, each with what came of it so far; a worker goes on between."""
    provider = parts.providers[account]
    outcome = Outcome(
        reads=isinstance(provider, ReadableList), writes=isinstance(provider, WritableList)
    )
    yield outcome
    there: set[bytes] = set()
    if isinstance(provider, ReadableList):
        for blocked in provider.opted_out():
            if blocked.address is None:
                outcome.unreadable += 1
            else:
                there.add(parts.store.address_hash(blocked.address))
                _compare(parts, account, blocked, blocked.address, outcome, dry_run=dry_run)
            yield outcome
    told_key = f"sync.{account}.told"
    mark = None if outcome.reads else parts.store.read(lambda session: session.setting(told_key))
    begun = parts.clock()
    after = datetime.fromisoformat(mark) if mark else None
    news = []
    for one in _only_here(parts, account, there, outcome, after):
        if one is not None:
            news.append(one)
        yield outcome
    if not isinstance(provider, WritableList) or dry_run:
        return
    for start in range(0, len(news), AT_ONCE):
        chunk = news[start : start + AT_ONCE]
        begun_at = parts.clock()
        provider.block([one.to_block for one in chunk])
        for addr, entry_id in {one.addr: one.entry_id for one in chunk}.items():
            note_told(parts, account, addr, entry_id, begun_at)
        outcome.told += len(chunk)
        yield outcome
    if not outcome.reads and not outcome.waiting:
        parts.store.write(lambda session: session.save_setting(told_key, begun.isoformat()))


def _compare(
    parts: Parts,
    account: str,
    blocked: Blocked,
    address: Address,
    outcome: Outcome,
    *,
    dry_run: bool,
) -> None:
    addr, now = parts.store.address_hash(address), parts.clock()

    def read(session: Session) -> tuple[bool, datetime | None]:
        stopped = any(
            one.hold is Hold.STOPPED and one.scope in (CHANNEL_SCOPE, EVERYTHING)
            for one in session.suppressions(addr, now)
        )
        return stopped, session.conversation(addr, ANY_SENDER).last_opt_in_at

    stopped, opted_in_at = parts.store.read(read)
    if stopped:
        outcome.agreeing += 1
        return
    later = opted_in_at is not None and (blocked.since is None or opted_in_at > blocked.since)
    outcome.differences.append(
        Difference(
            drift=Drift.DISAGREEING if later else Drift.ONLY_THERE,
            address=address,
            here=opted_in_at if later else None,
            there=blocked.since,
        )
    )
    if not dry_run:
        parts.desk.receive(_learnt(account, blocked, address, now))
        outcome.learnt += 1


def _learnt(account: str, blocked: Blocked, address: Address, now: datetime) -> Recording:
    """A block told by the provider's list. Lifted here and found there again, it is news."""
    said = f"{address.value}\0{blocked.since or ''}\0{now:%Y-%m-%dT%H:%M}"
    return Recording(
        act=Act.PROVIDER_BLOCK,
        address=address,
        scope=CHANNEL_SCOPE,
        actor=Actor(name=f"provider:{account}", role=Role.RECORD),
        source=account,
        event_id=f"sync:{hashlib.sha256(said.encode()).hexdigest()}",
        received_at=now,
        occurred_at=min(blocked.since, now) if blocked.since else None,
        recipient=blocked.sender,
        evidence=blocked.evidence,
    )


def _only_here(
    parts: Parts, account: str, there: set[bytes], outcome: Outcome, after: datetime | None
) -> Iterator[_Untold | None]:
    """Whom we have stopped and the provider has not, as far as it concerns this account.

    None stands for somebody who needs nothing.

    Where its list cannot be read, those recorded since the last time (`after`), with a margin for
    what was being written then.
    """
    senders = _senders(parts.policy, account)
    for one in _stopped(parts.store):
        if one.addr in there or (after is not None and one.recorded_at < after - MARGIN):
            yield None
            continue
        if one.by_provider and not outcome.reads:  # it told us itself
            yield None
            continue
        outcome.differences.append(
            Difference(drift=Drift.ONLY_HERE, address=one.address, here=one.since, there=None)
        )
        if outcome.writes and _confirmation_waits(parts.store, one.addr):
            outcome.waiting += 1
            yield None
            continue
        for sender in senders:
            to_block = ToBlock(address=one.address, since=one.since, sender=sender)
            yield _Untold(to_block=to_block, addr=one.addr, entry_id=one.entry_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Untold:
    """Somebody whom the provider is to be told of, and the entry that stopped them."""

    to_block: ToBlock
    addr: bytes
    entry_id: str


def _senders(policy: Policy, account: str) -> list[str]:
    found = [
        one.id
        for one in policy.senders.values()
        if one.provider == account and one.channel is Channel.SMS
    ]
    return found or [""]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stopped:
    """A text address with a firm stop of its whole channel."""

    addr: bytes
    address: Address
    since: datetime
    recorded_at: datetime
    entry_id: str
    by_provider: bool


def _stopped(store: Store) -> Iterator[_Stopped]:
    cursor = ""
    last = b""
    while True:
        page, cursor = store.read(lambda session, after=cursor: _page(session, after))  # type: ignore[misc]
        for one in page:
            if one.addr != last:  # one address has two wide scopes side by side
                yield one
            last = one.addr
        if not cursor:
            return


def _page(session: Session, after: str) -> tuple[list[_Stopped], str]:
    rows = session.all_suppressions(after, PAGE)
    found = []
    for one in rows:
        what, address = one.suppression, one.address
        whole = what.scope in (CHANNEL_SCOPE, EVERYTHING) and what.hold is Hold.STOPPED
        if address is None or address.channel is not Channel.SMS or not whole:
            continue
        entry = session.entry(one.addr, what.entry_id)
        found.append(
            _Stopped(
                addr=one.addr,
                address=address,
                since=what.since,
                recorded_at=entry.recorded_at if entry else what.since,
                entry_id=what.entry_id,
                by_provider="provider" in what.flags,
            )
        )
    return found, rows[-1].cursor if rows else ""


def _confirmation_waits(store: Store, addr: bytes) -> bool:
    promised = store.read(lambda session: session.outbox(addr))
    return any(one.confirmation and one.state in _UNSETTLED for one in promised)
