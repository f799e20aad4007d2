"""Remembers: the ledger, the suppressions, the conversations, the outbox, the reviews.

May import `bot`'s plain types, never `handlers` (`tests/test_layering.py` holds that).

    migrate(url)                                        # once, and after every upgrade
    store = open_store(url, secret_keys=[key])          # sqlite:///heed.db or postgresql://...
    addr = store.write(lambda session: session.touch(address, now))
    blocked = store.read(lambda session: session.suppressions(addr, now))
    store.close()

`Store.write(work)` runs `work(session)` in one transaction, returns what it returned after the
commit is on disk, and raises what it raised after rolling all of it back. Work may run more than
once (PostgreSQL retries) and waits together with other units (SQLite), so it does nothing but
remember: no network, no sleep, no side effects. `addr` is the 16-byte keyed hash of an address.

    store.address_hash(address) -> addr      store.ping()      store.close()
    store.token_key, store.seal_key          32 random bytes each; they do not change
    store.shred() -> bool                    empties SQLite's logs; False: try again
    store.shred_if_due() -> bool             the same where an erasure or a sweep asked for it
    store.rewrap_keys(progress) -> int       after a new first HEED_SECRET_KEY
    store.wrapped_by() -> list[WrappedBy]    which master key wraps how many

A session (each method's docstring says the rest; `id`s are the caller's own, random and unique):

    addresses       touch(address, now) -> addr             locks; creates the row and its data key
                    lock(*addrs)    hash_of(address) -> addr    address(addr) -> Address | None
                    is_erased(addr) -> bool
                    link_contact(addr, contact): its halves are add_member and name_contact
                    linked(addr) -> list[addr]   kin(addr) -> Kin   erase(addr)
    once            event(addr, (provider, account, event_id)) -> EventRow | None
                    remember_event(addr, parts, message_id, outcome, outbox_id, received_at)
    long texts      keep_part(message, due_at) -> list[InboundMessage]      parts(addr, whole)
                    parts_beside(message) -> list[InboundMessage]
                    due_parts(now, limit) -> list[(addr, whole)]   drop_parts(addr, message)
    ledger          append(addr, NewEntry, *, id, message_id, recorded_at) -> LedgerEntry
                    history(addr) -> list[LedgerEntry]
                    entry(addr, entry_id) -> LedgerEntry | None
                    entries_after(cursor="", limit=500) -> list[AddressEntry]
                    forget_words(addr, entry_id) -> bool
    proof           records(addr) -> list[LedgerRecord]     disclose(record) -> Disclosure | None
                    faults(addr) -> list[str]               (`bot.leaf` says what a leaf is)
                    records_after(addr, number, limit)      heads(first, last, limit)
    seals           latest_seal()   seal(number)   seals_after(number, limit) -> list[Seal]
                    members(seal)   places(addr)   shelf(number, up_to)   shelves()
                    unsealed_since(moment, limit)           unsealed_of_page(after, limit)
                    add_seal(seal, items, changed)  or Conflict      lock_seals()
                    (`storage.sealer` seals, `storage.audit` checks, `storage.proving` proves)
    suppressions    suppressions(addr, now) -> tuple[Suppression, ...]
                    suppressions_of(addrs, now) -> dict[addr, tuple[Suppression, ...]]
                    apply(addr, Change, since, entry_id)
                    all_suppressions(cursor="", limit=500) -> list[AddressSuppression]
    conversations   conversation(addr, sender) -> Conversation
                    save_conversation(addr, sender, conversation) -> Conversation   or Conflict
                    record_send(addr, SentMessage, *, id, message_ref="", after_stop=False)
                    last_send(addr, sender) -> SentMessage | None
                    send_by_reference(addr, message_ref) -> SentMessage | None
                    sends_around(addr, acted, blocked) -> SendsAround
    outbox          promise(OutboxItem)                     expire(now) -> list[OutboxItem]
                    claim(now, limit, lease) -> list[OutboxItem]
                    settle(addr, id, state, *, ref="", error="", due_at=None) -> bool
                    item(addr, id)   outbox(addr)   recent_outbox(limit)   parked()
                    park_unsent() -> int                    recent_answers(addr, since) -> int
                    answered_since(addr, sender, since) -> bool
    reviews         open_review(addr, NewReview, *, id, sender, channel, entry_id, opened_at)
                    review(id)   open_reviews(limit=100, cursor="")   due_reviews(now, limit=100)
                    due_holds(now, limit=100)               those that suppress provisionally
                    decide_review(addr, id, version | None, verdict, by, at) -> bool
                    move_on(addr, id, version | None) -> bool   stays open, next version
                    set_card(addr, id, team, channel, ts, state)
                    reviews_of(addr)                        count_reviews(addr) -> int (open ones)
    reporting       stops(begin, end, cursor="", limit=200) -> list[ReportedEntry]
                    answers(begin, end, cursor="", limit=500) -> list[ReportedAnswer]
                    sends_after_stop(begin, end)            reviewed(begin, end)
                    imported(begin, end) -> {Channel: int}
    retention       sweep(Pass, before, limit) -> Swept     sweep_from_the_start()
    custody         known_after(addr, limit) -> list[Known]
                    outbox_since(moment) -> dict[OutboxState, int]   overdue_reviews(now) -> int
                    (`storage.backup` copies a SQLite desk and puts it back)
    slack people    slack_person(who)   learn_slack_person(who, ...)   want_slack_person(who, ...)
                    slack_people_due(...)   save_slack_wishes(who, ...)
                    forget_slack_people(before)
    settings        setting(name) -> str | None             save_setting(name, value)
                    lock_setting(name)
    secrets         secret(name) -> str | None              save_secret(name, value, now)
                    forget_secret(name)                     sealed; `rewrap_keys` rotates them

Errors: `StoreUnavailable` (come back later), `Conflict` (read again), `Unreadable` (an alarm),
`StoreError` (their parent: will not get better by itself).
"""

from storage.addresses import Kin, OneAddress
from storage.errors import Conflict, StoreError, StoreUnavailable, Unreadable
from storage.migrate import migrate, schema_is_current
from storage.proof import LedgerRecord, chain_faults
from storage.rows import (
    AddressEntry,
    AddressSuppression,
    EventRow,
    OutboxItem,
    OutboxState,
    Review,
    ReviewState,
)
from storage.session import Session
from storage.slack_people import SlackPerson
from storage.store import Store, open_store

__all__ = [
    "AddressEntry",
    "AddressSuppression",
    "Conflict",
    "EventRow",
    "Kin",
    "LedgerRecord",
    "OneAddress",
    "OutboxItem",
    "OutboxState",
    "Review",
    "ReviewState",
    "Session",
    "SlackPerson",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Unreadable",
    "chain_faults",
    "migrate",
    "open_store",
    "schema_is_current",
]
