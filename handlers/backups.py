"""What a backup is worth, and what has to be done to a desk that was put back.

Nobody knows what was sent after the backup was made. So unsent answers are parked, with an entry
that says so, and what was erased or forgotten meanwhile is erased and forgotten again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.model import Actor, EntryKind, NewEntry, Role
from bot.seal import public_key
from handlers.erasing import erase
from handlers.parts import Parts
from handlers.recorder import new_id
from storage import OutboxItem, Session, Store, Unreadable
from storage.audit import Audit
from storage.custody import Known

PROVED_AT = "backup_proved_at"
"""The setting that holds when a backup was last proved, in ISO 8601."""
RESTORED_AT = "restored_at"
UNPACKED = ".heed-restore-"
"""How the folder begins in which a backup is tried."""
RESTORE = Actor(name="restore", role=Role.ADMIN)
SAMPLES = 2000
FAULTS = 20
PAGE = 500
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`lost` addresses have no key although nobody erased them in this data."""

    entries: int
    addresses: int
    seals: int
    samples: int
    lost: int
    faults: tuple[str, ...]


def examine(store: Store, progress: Progress) -> Examined:
    """Check every chain and seal, open every address key, and decrypt samples.

    Raises:
        StoreError: a key does not open.
    """
    audit = Audit(store, key=public_key(store.seal_key), progress=progress)
    faults = [str(fault) for fault in islice(audit.faults(), FAULTS)]
    every = max(1, audit.addresses // SAMPLES)
    looked = lost = samples = 0
    for page in _known(store):
        lost += sum(not one.erased and not one.readable for one in page)
        chosen = [one.addr for n, one in enumerate(page, looked) if n % every == 0]
        faults += _content_faults(store, chosen)
        samples += len(chosen)
        looked += len(page)
        progress("addresses", looked)
    return Examined(
        entries=audit.entries,
        addresses=looked,
        seals=audit.seals,
        samples=samples,
        lost=lost,
        faults=tuple(dict.fromkeys(faults)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """`parked` answers wait for an operator; `erased` addresses were made unreadable again."""

    parked: int
    erased: int


def settle_after_restore(parts: Parts, erased_since: Iterable[bytes] = ()) -> Settled:
    """Park what was not sent, say so in the ledger, and redo what must not come back.

    `erased_since` are the addresses that were erased after the backup was made, as far as known.
    """
    store, now = parts.store, parts.clock()
    erased = 0
    for page in _known(store):
        undone = [one.addr for one in page if one.erased and one.readable]
        store.write(lambda session, addrs=undone: [session.erase(addr) for addr in addrs])  # type: ignore[misc]
        erased += len(undone)
    for addr in sorted(set(erased_since)):
        address = store.read(lambda session, addr=addr: session.address(addr))  # type: ignore[misc]
        if address is not None:
            erase(parts, address, actor=RESTORE, source="restore", event_id=new_id(now))
            erased += 1
    parked = store.write(lambda session: park(session, now, why="restored"))
    store.shred_if_due()
    return Settled(parked=parked, erased=erased)


def erased_in(store: Store) -> list[bytes]:
    """The hashes of all addresses that are erased."""
    return [one.addr for page in _known(store) for one in page if one.erased]


def park(session: Session, now: datetime, *, why: str) -> int:
    """Park every answer that was not sent, with an entry that says why; how many there were."""
    before = {item.id for item in session.parked()}
    session.park_unsent()
    parked = [item for item in session.parked() if item.id not in before]
    for item in parked:
        session.lock(item.addr)
        if session.address(item.addr) is not None:
            session.append(
                item.addr,
                _parked_entry(item, now, why),
                id=new_id(now),
                message_id=item.message_id,
                recorded_at=now,
            )
    session.sweep_from_the_start()
    session.save_setting(RESTORED_AT, now.isoformat())
    return len(parked)


def _parked_entry(item: OutboxItem, now: datetime, why: str) -> NewEntry:
    return NewEntry(
        kind=EntryKind.ANSWERED,
        effective_at=now,
        facts={
            "outcome": "parked",
            "answer": item.kind,
            "about": item.entry_id,
            "confirmation": item.confirmation,
            "error": why,
        },
    )


def _known(store: Store) -> Iterator[list[Known]]:
    after = b""
    while page := store.read(lambda session, at=after: session.known_after(at, PAGE)):  # type: ignore[misc]
        yield page
        after = page[-1].addr


def _content_faults(store: Store, addrs: list[bytes]) -> list[str]:
    """Everything of these addresses that can be read, decrypted and compared with the ledger."""

    def look(session: Session) -> list[str]:
        found = []
        for addr in addrs:
            try:
                faults = session.faults(addr)
                session.outbox(addr)
            except Unreadable as altered:
                faults = [str(altered)]
            found += [f"address {addr.hex()[:12]}: {fault}" for fault in faults]
        return found

    return store.read(look)
