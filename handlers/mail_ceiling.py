"""How many automatic answers may go out by mail within an hour, to one domain and in all.

Whatever goes wrong elsewhere, nobody's mail server is flooded by us (docs/email.md). A stop above
the ceiling counts like any other; only our answer stays away.
"""

from __future__ import annotations

from datetime import datetime

from bot.model import Address, Channel, Over
from bot.policy import Policy
from storage import Session
from storage.hourly import Counted


def ceiling(session: Session, address: Address, policy: Policy, now: datetime) -> Over:
    """Whether this address may get no automatic answer now, because too many others had one."""
    if address.channel is not Channel.EMAIL:
        return Over.NO
    domain = _domain(address)
    to_domain, to_all = session.times(Counted.MAIL_ANSWER, domain, now)
    by_domain = 0 < policy.mail_answers_to_a_domain <= to_domain
    if not by_domain and not 0 < policy.mail_answers_an_hour <= to_all:
        return Over.NO
    told = session.times(Counted.CEILING_TOLD, domain if by_domain else "", now).one
    return Over.TOLD if told else Over.NEWS


def note_answer(session: Session, address: Address, now: datetime) -> None:
    """One more goes out."""
    if address.channel is Channel.EMAIL:
        session.count(Counted.MAIL_ANSWER, _domain(address), now)


def note_ceiling_told(session: Session, address: Address, policy: Policy, now: datetime) -> None:
    """The people are told of this ceiling, once in its hour."""
    domain = _domain(address)
    to_domain = session.times(Counted.MAIL_ANSWER, domain, now).one
    by_domain = 0 < policy.mail_answers_to_a_domain <= to_domain
    session.count(Counted.CEILING_TOLD, domain if by_domain else "", now)


def _domain(address: Address) -> str:
    return address.value.rpartition("@")[2]
