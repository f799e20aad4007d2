"""May this be sent? The store's suppressions under the company's policy; used by every door.

Whoever cannot get an answer here must not send: every error means "blocked".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from bot.model import Address, Suppression
from bot.policy import DEFAULT_PROGRAM, Policy, Topic
from bot.verdict import Ruling, verdict
from storage import Kin, Session, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be sent: about which topic, on behalf of which program. Empty: nobody said."""

    topic: str = ""
    program: str = ""


def check(
    store: Store, policy: Policy, address: Address, question: Question, now: datetime
) -> Ruling:
    """Whether it may go to the address now.

    Raises:
        StoreUnavailable: nobody can tell, so it may not.
    """
    return store.read(lambda session: rule(session, policy, address, question, now))


def check_many(
    store: Store, policy: Policy, addresses: Sequence[Address], question: Question, now: datetime
) -> list[Ruling]:
    """The same for each of the addresses, in order, on one snapshot.

    Raises:
        StoreUnavailable: nobody can tell, so none may.
    """
    return store.read(lambda session: _rule_many(session, policy, addresses, question, now))


def rule(
    session: Session, policy: Policy, address: Address, question: Question, now: datetime
) -> Ruling:
    """The same inside a unit of work: two look-ups by key, and one for each linked address."""
    addr = session.hash_of(address)
    kin = session.kin(addr)
    standing = {one: session.suppressions(one, now) for one in (addr, *kin.names, *kin.others)}
    return _verdict(policy, address, Standings(addr, kin, standing), question, now)


def _rule_many(
    session: Session,
    policy: Policy,
    addresses: Sequence[Address],
    question: Question,
    now: datetime,
) -> list[Ruling]:
    addrs = [session.hash_of(address) for address in addresses]
    kin = {addr: session.kin(addr) for addr in {*addrs}}
    everybody = {*addrs}.union(*chain(*kin.values()))
    standing = session.suppressions_of(sorted(everybody), now)
    return [
        _verdict(policy, address, Standings(addr, kin[addr], standing), question, now)
        for addr, address in zip(addrs, addresses, strict=True)
    ]


class Standings(NamedTuple):
    """What stands at an address and at those of its kin; who has nothing may be left out."""

    addr: bytes
    kin: Kin
    found: Mapping[bytes, Sequence[Suppression]]

    def of(self, addrs: Iterable[bytes]) -> list[Suppression]:
        return [one for addr in addrs for one in self.found.get(addr, ())]


def _verdict(
    policy: Policy, address: Address, standing: Standings, question: Question, now: datetime
) -> Ruling:
    return verdict(
        standing.of([standing.addr]),
        standing.of(standing.kin.others),
        topic_of(policy, question.topic),
        program_of(policy, question.program),
        now,
        channel=address.channel,
        named=standing.of(standing.kin.names),
    )


def unknown(policy: Policy, *, topic: str = "", program: str = "") -> str:
    """What `heed.toml` does not name, `topic` or `program`; empty where all is known.

    A misspelt name must not find the way round a stop. Where none are configured any will do.
    """
    for kind, name, known in (
        ("topic", topic, policy.topics),
        ("program", program, policy.programs),
    ):
        plain = name.strip().casefold()
        if plain and known and plain not in known and plain != DEFAULT_PROGRAM.name:
            return kind
    return ""


def topic_of(policy: Policy, name: str) -> Topic | None:
    """An unknown topic is marketing, and still the topic of its name."""
    plain = name.strip().casefold()
    return policy.topic(plain) if plain else None


def program_of(policy: Policy, name: str) -> str | None:
    """None for a program that nobody set up: whose message it is then remains unknown."""
    plain = name.strip().casefold()
    known = plain in policy.programs or plain == DEFAULT_PROGRAM.name
    return plain if known else None
