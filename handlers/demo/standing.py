"""May this address be written to? Asked three times, as a marketer's system would ask."""

from __future__ import annotations

from datetime import datetime

from bot.model import Address, Channel, Json, Suppression
from bot.policy import DEFAULT_PROGRAM, Topic, TopicKind
from bot.verdict import verdict
from handlers.demo.words import scope_in_words
from storage import Session

ASKED = (
    ("marketing", "Marketing", None),
    (
        "transactional",
        "Transactional, by consent",
        Topic(name="", title="transactional", kind=TopicKind.TRANSACTIONAL),
    ),
    (
        "required",
        "Notices a law requires",
        Topic(name="", title="required", kind=TopicKind.TRANSACTIONAL, required_notice=True),
    ),
)


def standing(session: Session, address: Address, now: datetime) -> dict[str, Json]:
    """A ruling for each kind of message, and what stands behind it."""
    addr = session.hash_of(address)
    own, kin = session.suppressions(addr, now), session.kin(addr)
    named, linked = (
        [one for who in group for one in session.suppressions(who, now)] for group in kin
    )
    rulings: list[Json] = []
    for key, title, topic in ASKED:
        ruling = verdict(
            own,
            linked,
            topic,
            DEFAULT_PROGRAM.name,
            now,
            channel=address.channel,
            named=named,
        )
        rulings.append(
            {
                "key": key,
                "title": title,
                "allowed": ruling.allowed,
                "hold": str(ruling.because[0].hold) if ruling.because else "",
            }
        )
    return {
        "rulings": rulings,
        "blocks": [_block(one, address.channel) for one in own],
        "command": f".venv/bin/heed check {address.value}",  # as `make run` left it
    }


def _block(one: Suppression, channel: Channel) -> dict[str, Json]:
    return {
        "scope": scope_in_words(one.scope, channel),
        "hold": str(one.hold),
        "since": one.since.isoformat(),
        "until": one.until.isoformat() if one.until else "",
        "entry": one.entry_id,
    }
