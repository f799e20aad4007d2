"""Links and mailboxes that stand for a person and a list, made and opened.

A list is a topic or program of heed.toml, or empty for all marketing on the channel. Whoever holds
a link may stop what it names and nothing else; it neither shows nor tells the address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import tokens
from bot.decide.recording import DOUBTED
from bot.model import CHANNEL_SCOPE, Address, Channel, LedgerEntry, Scope, ScopeKind
from bot.policy import Policy
from bot.tokens import Purpose
from storage import Store

IN_MAIL = (Purpose.MAILTO, Purpose.VERP, Purpose.MESSAGE_ID)


class UnknownListError(ValueError):
    """heed.toml has no topic or program of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Whom and what a link stands for."""

    address: Address
    scope: Scope


class Links:
    def __init__(self, store: Store, policy: Policy) -> None:
        self._store = store
        self._policy = policy

    def make(self, purpose: Purpose, address: Address, list_name: str, now: datetime) -> str:
        """A token for the address, which becomes known to the store.

        Raises:
            UnknownListError: there is none of this name.
        """
        if list_name and list_name not in self._names():
            raise UnknownListError(list_name)
        addr = self._store.address_hash(address)
        self._store.write(lambda session: session.touch(address, now))
        return tokens.make(self._store.token_key, purpose, addr, list_name, now)

    def open(self, token: str, purposes: Sequence[Purpose], now: datetime) -> Linked | None:
        """Whom and what the token stands for; None where it is none of ours, or erased."""
        read = tokens.read([self._store.token_key], token, purposes, now)
        if read is None:
            return None
        address = self._store.read(lambda session: session.address(read.addr))
        if address is None:
            return None
        name = tokens.list_named(read.list_mark, ["", *self._names()])
        return Linked(address=address, scope=self._scope(name))

    def undo(self, address: Address, entry_id: str, now: datetime) -> str:
        """A token that takes back the entry, for a day; empty where that would lift a doubt too."""
        addr = self._store.address_hash(address)
        found = self._store.read(lambda session: session.suppressions(addr, now))
        if any(one.entry_id == entry_id and DOUBTED in one.flags for one in found):
            return ""
        return tokens.make(self._store.token_key, Purpose.UNDO, addr, entry_id, now)

    def reason(self, address: Address, entry_id: str, now: datetime) -> str:
        """A token by which the person may say why, once, within a month of the stop."""
        addr = self._store.address_hash(address)
        return tokens.make(self._store.token_key, Purpose.REASON, addr, entry_id, now)

    def reasoned(self, token: str, now: datetime) -> tuple[Address, LedgerEntry] | None:
        """Whose and which stop a token of `reason` is about; None where there is none."""
        read = tokens.read([self._store.token_key], token, [Purpose.REASON], now)
        if read is None:
            return None
        address, history = self._store.read(
            lambda session: (session.address(read.addr), session.history(read.addr))
        )
        stops = [one for one in history if tokens.list_mark(one.id) == read.list_mark]
        return (address, stops[0]) if address is not None and stops else None

    def undone(self, token: str, now: datetime) -> tuple[Address, str, Scope] | None:
        """Whose and which entry an undo token takes back, and what it covered."""
        read = tokens.read([self._store.token_key], token, [Purpose.UNDO], now)
        if read is None:
            return None
        address, found = self._store.read(
            lambda session: (session.address(read.addr), session.suppressions(read.addr, now))
        )
        if address is None:
            return None
        for one in found:
            if tokens.list_mark(one.entry_id) == read.list_mark:
                return address, one.entry_id, one.scope
        return address, "", CHANNEL_SCOPE

    def _names(self) -> Iterable[str]:
        return [*self._policy.topics, *self._policy.programs]

    def _scope(self, name: str | None) -> Scope:
        if not name:  # a list that no longer exists: all of the channel, in doubt
            return CHANNEL_SCOPE
        kind = ScopeKind.TOPIC if name in self._policy.topics else ScopeKind.PROGRAM
        return Scope(kind, name)


def in_mail(recipients: Iterable[str], ids: Iterable[str]) -> Iterable[str]:
    """Where a mail may carry a token, most telling first: `name+TOKEN@...`, then `<h.TOKEN@...>`.

    `ids` are those of References and In-Reply-To, newest last (RFC 5322 3.6.4).
    """
    for recipient in recipients:
        yield recipient.rpartition("@")[0].partition("+")[2]
    for one in reversed([*ids]):
        local = one.strip("<>").partition("@")[0]
        if local.startswith("h."):
            yield local[2:]


def headers(
    links: Links,
    address: Address,
    list_name: str,
    *,
    mailbox: str,
    public_url: str,
    now: datetime,
) -> Mapping[str, str]:
    """What a marketing mail to the address should carry (RFC 2369, RFC 8058 3.1).

    `mailbox` is a sender of ours of channel email; its tokens come back to Heed's listener.

    Raises:
        UnknownListError: there is no list of this name.
        ValueError: the address is none of channel email.
    """
    if address.channel is not Channel.EMAIL:
        raise ValueError("headers are for mail addresses")
    local, _, domain = mailbox.rpartition("@")

    def made(purpose: Purpose) -> str:
        return links.make(purpose, address, list_name, now)

    return {
        "List-Unsubscribe": (
            f"<{public_url}/u/{made(Purpose.HTTPS)}>, "
            f"<mailto:{local}+{made(Purpose.MAILTO)}@{domain}>"
        ),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Reply-To": f"{local}+{made(Purpose.MAILTO)}@{domain}",
        "Return-Path": f"{local}+{made(Purpose.VERP)}@{domain}",
        "Message-ID": f"<h.{made(Purpose.MESSAGE_ID)}@{domain}>",
    }
