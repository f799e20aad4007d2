"""Which addresses are one person's without anybody saying so."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Address, Channel
from storage import Session, Store


def link_same_number(session: Session, store: Store, address: Address) -> None:
    """One number's WhatsApp and texts are two addresses of one contact.

    Said when the person writes on WhatsApp, so that texts alone pay nothing for it.
    """
    if address.channel is Channel.WHATSAPP and address.value.startswith("+"):
        for channel in (Channel.WHATSAPP, Channel.SMS):
            addr = store.address_hash(replace(address, channel=channel))
            session.link_contact(addr, f"tel:{address.value}")
