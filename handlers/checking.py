"""May this be sent? The store's suppressions under the company's policy; used by every door.

Whoever cannot get an answer here must not send: every error means "blocked".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model import Address, Suppression
from bot.policy import DEFAULT_PROGRAM, Policy, Topic
from bot.verdict import Ruling, verdict
from storage import Session, Store


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
    own = session.suppressions(addr, now)
    linked = [one for other in session.linked(addr) for one in session.suppressions(other, now)]
    return _verdict(policy, address, own, linked, question, now)


def _rule_many(
    session: Session,
    policy: Policy,
    addresses: Sequence[Address],
    question: Question,
    now: datetime,
) -> list[Ruling]:
    addrs = [session.hash_of(address) for address in addresses]
    links = {addr: session.linked(addr) for addr in {*addrs}}
    everybody = {*addrs}.union(*links.values())
    standing = session.suppressions_of(sorted(everybody), now)
    return [
        _verdict(
            policy,
            address,
            standing.get(addr, ()),
            [one for other in links[addr] for one in standing.get(other, ())],
            question,
            now,
        )
        for addr, address in zip(addrs, addresses, strict=True)
    ]


def _verdict(
    policy: Policy,
    address: Address,
    own: Sequence[Suppression],
    linked: Sequence[Suppression],
    question: Question,
    now: datetime,
) -> Ruling:
    return verdict(
        own,
        linked,
        topic_of(policy, question.topic),
        program_of(policy, question.program),
        now,
        channel=address.channel,
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
