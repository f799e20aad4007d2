"""Which addresses are one person's without anybody saying so."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Address, Channel
from storage import Store


def link_same_number(store: Store, address: Address) -> None:
    """One number's WhatsApp and texts are two addresses of one contact.

    Said when the person has written on WhatsApp, a unit of work for each of the two: a message
    itself touches its own address alone, and texts pay nothing for it.

    Raises:
        StoreUnavailable: said again with the next message.
    """
    if address.channel is not Channel.WHATSAPP or not address.value.startswith("+"):
        return
    whatsapp = store.address_hash(address)
    texts = store.address_hash(replace(address, channel=Channel.SMS))
    if texts in store.read(lambda session: session.linked(whatsapp)):
        return
    for addr in (whatsapp, texts):
        store.write(
            lambda session, addr=addr: session.link_contact(addr, f"tel:{address.value}"),  # type: ignore[misc]
            about=addr,
        )
