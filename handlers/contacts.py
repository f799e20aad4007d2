"""Which addresses are one person's: said by the company, or without anybody saying so.

Every unit of work here touches one shard. Cut short, whoever brought the message or the request
comes again, and all of it is said again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.model import Address, Channel
from storage import OneAddress, Session, Store


def link_told(store: Store, address: Address, also: Address | None) -> None:
    """Link what the provider told in one message of a person: their number and their id.

    One number's WhatsApp and texts are two addresses of one contact. A number and a
    business-scoped id are two names of one WhatsApp address, but only where one message carries
    both. Said after the message was recorded and before it is acknowledged: a message itself
    touches its own address alone, and texts pay nothing for it. The last unit marks it as done.

    Raises:
        StoreUnavailable: said again with the next message.
    """
    if address.channel is not Channel.WHATSAPP:
        return
    number = next((one for one in (address, also) if one and one.value.startswith("+")), None)
    if number is None:
        return
    texts = replace(number, channel=Channel.SMS)
    known = store.read(lambda session: session.kin(store.address_hash(address)))
    contact = f"tel:{number.value}"
    if store.address_hash(texts) not in known.others:
        _link(store, contact, texts, address)
    if also is not None and store.address_hash(also) not in known.names:
        other = also if number == address else address
        _link(store, contact, also)
        _link(store, OneAddress(number.value, other.value), also, address)


def _link(store: Store, contact: str | OneAddress, *those: Address) -> None:
    addrs = [store.address_hash(one) for one in those]

    def members(session: Session) -> None:
        for addr in addrs:
            session.add_member(addr, contact)

    store.write(members)
    for addr in addrs:
        store.write(
            lambda session, addr=addr: session.name_contact(addr, contact),  # type: ignore[misc]
            about=addr,
        )


def link(store: Store, address: Address, contact: str, now: datetime) -> None:
    """The company says that this address is the person's whom it calls `contact`.

    Raises:
        StoreUnavailable: not all of it was said; do it again.
    """
    store.write(lambda session: session.add_member(session.hash_of(address), contact))
    store.write(lambda session: session.name_contact(session.touch(address, now), contact))
