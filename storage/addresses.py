"""Addresses: created on first touch, locked, linked to contacts, erased."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple, TypeAlias

from sqlalchemy import delete, func, null, select, update

from bot.model import Address, Channel, NoticeKind
from storage.db import Db
from storage.errors import StoreError
from storage.schema import (
    address_keys,
    addresses,
    contact_members,
    contacts,
    conversations,
    outbox,
    sends,
    settings,
    text_parts,
    word_keys,
)
from storage.sql import FORESEEN_AT_ONCE, Insertion, Statement, among, micros, param, upsert
from storage.unit import FIND_KEY, FIND_KEYS, AddressRow, Unit

_ADDR = param("addr")
_ROW = [addresses.c[name] for name in AddressRow._fields]
_FIND = Statement(select(*_ROW).where(addresses.c.addr == _ADDR), of_one=True)
_FIND_MANY = Statement(
    select(addresses.c.addr, *_ROW).where(among(addresses.c.addr, FORESEEN_AT_ONCE))
)
_KEEP = Insertion(addresses, "value_ct", "entries", "last_leaf")
_CLEAR_VALUE = Statement(update(addresses).where(addresses.c.addr == _ADDR).values(value_ct=null()))
_LOCK = Statement(select(func.pg_advisory_xact_lock(param("number"))))
_NAME_CONTACT, _ADD_MEMBER = upsert(contacts), upsert(contact_members)
_CONTACTS = Statement(select(contacts.c.contact).where(contacts.c.addr == _ADDR), of_one=True)
_LINKED = Statement(
    select(contacts.c.contact).where(contacts.c.addr == _ADDR).limit(1), of_one=True
)
_LINKED_MANY = Statement(
    select(contacts.c.addr, contacts.c.contact).where(among(contacts.c.addr, FORESEEN_AT_ONCE))
)
_MEMBERS = Statement(
    select(contact_members.c.addr).where(contact_members.c.contact == param("contact"))
)
# What takes the person's words off a review's card is still to be sent: it holds none.
_DROP_UNSENT = Statement(
    update(outbox)
    .where(
        outbox.c.addr == _ADDR,
        outbox.c.state.in_(["pending", "parked"]),
        outbox.c.kind != NoticeKind.REVIEW_UPDATE.value,
    )
    .values(state="dropped", error="erased")
)
# By its id the provider still knows whom a message went to.
_FORGET_REFERENCES = Statement(
    update(outbox).where(outbox.c.addr == _ADDR).values(provider_ref="", raw_ct=null())
)
# Links to contacts stay: through them a stop for everything still covers the other addresses.
_FORGET = [
    Statement(delete(table).where(table.c.addr == _ADDR))
    for table in (conversations, sends, text_parts)
]
_FORGET_KEYS = [
    Statement(delete(table).where(table.c.addr == _ADDR)) for table in (word_keys, address_keys)
]
_ONE_ADDRESS = b"\x01one address "  # begins a contact that is one address by two names
SHRED_DUE = "shred_due"  # the setting that says so; its value differs each time
_SHRED_DUE = upsert(settings, "value")


def foresee(main: Db, keys: Db, addrs: Sequence[bytes]) -> None:
    """Look up at once what `touch` is about to ask for each of these addresses."""
    main.foresee(_FIND, _FIND_MANY, addrs)
    main.foresee(_LINKED, _LINKED_MANY, addrs)
    keys.foresee(FIND_KEY, FIND_KEYS, addrs)


class OneAddress(NamedTuple):
    """What a number and another name of the same address are linked by.

    Unlike the addresses of a contact they share every suppression (`kin`).
    """

    number: str
    name: str


Contact: TypeAlias = str | OneAddress
"""What the company calls a person; or what is no person, but one address by two names."""


class Kin(NamedTuple):
    """Other addresses of one person: other names of the same one, and really other ones."""

    names: tuple[bytes, ...]
    others: tuple[bytes, ...]


class Addresses(Unit):
    def hash_of(self, address: Address) -> bytes:
        """What stands for the address in every table; touches nothing."""
        return self._vault.address_hash(address)

    def lock(self, *addrs: bytes) -> None:
        """Let no other unit decide about these addresses until this one ended.

        On SQLite there is one writer anyway. Several addresses are locked in one fixed order.
        """
        if self._main.dialect == "postgresql":
            for addr in sorted(addrs):
                self._main.run(_LOCK, number=int.from_bytes(addr[:8], "big", signed=True))

    def touch(self, address: Address, now: datetime) -> bytes:
        """The hash of the address, locked; its row and data key are made when missing."""
        addr = self._vault.address_hash(address)
        self.lock(addr)
        self._addresses[addr] = address
        row = self._main.one(_FIND, addr=addr)
        key = self._data_key(addr)
        known = None if row is None else AddressRow(*row)
        if known is not None and key is not None and known.value_ct is not None:
            self._heads[addr] = known
            return addr
        # Also the way back after an erasure, or after a crash between the two files of SQLite.
        if key is None:
            self._mint_data_key(addr)
        value = self.seal_for(addr, _utf8(address.value), "addresses", "value")
        if known is None:
            self._new.add(addr)
            if self._main.one(_LINKED, addr=addr) is None:  # asked while no row of it waits
                self._alone.add(addr)
            known = AddressRow(
                channel=address.channel.value,
                value_ct=value,
                created_at=micros(now),
                entries=0,
                last_leaf=b"",
            )
        self._keep_head(addr, known._replace(value_ct=value))
        return addr

    def address(self, addr: bytes) -> Address | None:
        """Who that is; None for a stranger and for an erased address."""
        if addr not in self._addresses:
            row = self._main.one(_FIND, addr=addr)
            value = None
            if row is not None and row[1] is not None:
                value = self.open_for(addr, row[1], "addresses", "value")
            self._addresses[addr] = (
                None
                if row is None or value is None
                else Address(channel=Channel(row[0]), value=value.decode("utf-8", "surrogatepass"))
            )
        return self._addresses[addr]

    def is_erased(self, addr: bytes) -> bool:
        """Whether who it was has been made unreadable, and they have not come back since."""
        row = self._main.one(_FIND, addr=addr)
        return row is not None and AddressRow(*row).value_ct is None

    def _keep_head(self, addr: bytes, head: AddressRow) -> None:
        self._heads[addr] = head
        self._main.add(_KEEP, addr=addr, **head._asdict())

    def _head(self, addr: bytes) -> AddressRow:
        """The row of the address, which is locked."""
        head = self._heads.get(addr)
        if head is None:
            self.lock(addr)
            row = self._main.one(_FIND, addr=addr)
            if row is None:
                raise StoreError("this address is unknown: touch() comes first")
            head = self._heads[addr] = AddressRow(*row)
        return head

    def link_contact(self, addr: bytes, contact: str) -> None:
        """Say that the address belongs to the person whom the company calls `contact`.

        Its two halves lie in two shards; on its own each is a unit of one.
        """
        self.add_member(addr, contact)
        self.name_contact(addr, contact)

    def add_member(self, addr: bytes, contact: Contact) -> None:
        """The half of a link that others of the contact look for, in the contact's shard."""
        self._main.run(_ADD_MEMBER, addr=addr, contact=self._contact_key(contact))

    def name_contact(self, addr: bytes, contact: Contact) -> None:
        """The half of a link by which the address finds its contact, in its own shard."""
        self._alone.discard(addr)
        self._main.run(_NAME_CONTACT, addr=addr, contact=self._contact_key(contact))

    def _contact_key(self, contact: Contact) -> bytes:
        if isinstance(contact, OneAddress):
            return _ONE_ADDRESS + self._vault.contact_hash(" ".join(contact))
        return self._vault.contact_hash(contact)

    def kin(self, addr: bytes) -> Kin:
        """Who else is the same person; told perhaps before the address itself was ever heard of."""
        if addr in self._alone:
            return Kin((), ())
        names, others = set[bytes](), set[bytes]()
        for (contact,) in self._main.all(_CONTACTS, addr=addr):
            members = {other for (other,) in self._main.all(_MEMBERS, contact=contact)}
            (names if contact.startswith(_ONE_ADDRESS) else others).update(members - {addr})
        return Kin(tuple(sorted(names)), tuple(sorted(others - names)))

    def linked(self, addr: bytes) -> list[bytes]:
        """The other addresses of the same contacts, other names of this one among them."""
        return sorted(chain(*self.kin(addr)))

    def erase(self, addr: bytes) -> None:
        """Make everything about the person unreadable, for ever; hash and suppressions stay.

        What was not sent is dropped, except what brings a review's card up to date. Afterwards
        `Store.shred_if_due()` clears what the files still hold.
        """
        self.lock(addr)
        self._main.run(_DROP_UNSENT, addr=addr)
        self._main.run(_FORGET_REFERENCES, addr=addr)
        self._main.run(_CLEAR_VALUE, addr=addr)
        for statement in _FORGET:
            self._main.run(statement, addr=addr)
        for statement in _FORGET_KEYS:
            self._keys.run(statement, addr=addr)
        self._data_keys[addr] = None
        self._addresses[addr] = None
        self._heads.pop(addr, None)
        self.ask_to_shred()

    def ask_to_shred(self) -> None:
        """Note that deleted bytes still lie in the logs, until `shred_if_due` cleared them."""
        self._main.run(_SHRED_DUE, name=SHRED_DUE, value=os.urandom(8).hex())


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
