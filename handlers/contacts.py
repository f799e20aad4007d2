"""Which addresses are one person's: said by the company, or without anybody saying so.

Every unit of work here touches one shard. Cut short, whoever brought the message or the request
comes again, and all of it is said again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.model import Address, Channel
from storage import Session, Store


def link_same_number(store: Store, address: Address) -> None:
    """One number's WhatsApp and texts are two addresses of one contact.

    Said after the message of WhatsApp was recorded and before it is acknowledged: a message itself
    touches its own address alone, and texts pay nothing for it. The last unit marks it as done.

    Raises:
        StoreUnavailable: said again with the next message.
    """
    if address.channel is not Channel.WHATSAPP or not address.value.startswith("+"):
        return
    whatsapp = store.address_hash(address)
    texts = store.address_hash(replace(address, channel=Channel.SMS))
    if texts in store.read(lambda session: session.linked(whatsapp)):
        return
    contact = f"tel:{address.value}"

    def both(session: Session) -> None:
        for addr in (whatsapp, texts):
            session.add_member(addr, contact)

    store.write(both)
    for addr in (texts, whatsapp):
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
