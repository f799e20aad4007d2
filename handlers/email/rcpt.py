"""Which mailboxes are ours."""

from __future__ import annotations

from bot.model import Channel
from bot.policy import Policy


class Mailboxes:
    """The configured senders of channel email, each with any `+token`.

    Where none is configured every mailbox is taken, as behind an MTA that has decided already;
    Heed never relays, so an open door leaks nothing.
    """

    def __init__(self, policy: Policy) -> None:
        self.ours = frozenset(
            sender.id.casefold()
            for sender in policy.senders.values()
            if sender.channel is Channel.EMAIL
        )

    def known(self, address: str) -> bool:
        return not self.ours or base_mailbox(address) in self.ours


def base_mailbox(address: str) -> str:
    """`Optout+abc@Example.com` -> `optout@example.com`: the sender, without the token."""
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
