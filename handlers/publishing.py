"""Publishing: the newest seal goes where the company cannot take it back, daily by default.

Whoever holds a copy of one seal can tell whether anything before it was changed since. It leaves
through the outbox like any notice to our own side: at least once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Address, Channel, Json, NoticeKind
from bot.proof_json import seal_document
from bot.seal import Seal
from handlers.parts import Parts
from handlers.recorder import new_id
from storage import OutboxItem, Session

DAILY = timedelta(days=1)
PUBLISHED = "seal_published"
"""The setting that holds the number of the seal published last, and when, in ISO 8601."""
OURSELVES = Address(channel=Channel.OTHER, value="heed:seals")
"""Under whose key the notices lie in the outbox: they are about nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """`mail` to HEED_HUMAN_MAILBOX; `slack` is a channel id. False or empty: not there."""

    mail: bool = False
    slack: str = ""


def destinations(parts: Parts) -> Destinations:
    """All that is configured."""
    slack = parts.slack.review_channel if parts.slack else ""
    return Destinations(mail=bool(parts.settings.human_mailbox), slack=slack)


def spelt(seal: Seal) -> str:
    """The seal as a small file: JSON, ending in a line break."""
    return json.dumps(seal_document(seal), indent=1) + "\n"


def promise(session: Session, seal: Seal, to: Destinations, now: datetime) -> int:
    """Put the seal into the outbox for each destination; how many there were."""
    addr = session.touch(OURSELVES, now)
    cause = f"seal {seal.number} of the ledger, {seal.total} entries. Keep this message."
    if to.mail:
        session.promise(
            _notice(addr, now, "smtp", NoticeKind.FORWARD, {"cause": cause, "text": spelt(seal)})
        )
    if to.slack:
        text = f"{cause}\n```\n{spelt(seal)}```"
        session.promise(_notice(addr, now, "slack", "seal", {"text": text, "place": to.slack}))
    session.save_setting(PUBLISHED, f"{seal.number} {now.isoformat()}")
    return bool(to.mail) + bool(to.slack)


def promise_daily(session: Session, to: Destinations, now: datetime) -> int:
    """Promise the newest seal if it is new and a day has passed since the last."""
    if not is_due(session, now):
        return 0
    session.lock_seals()  # of several workers one; the others see what it has set
    seal = session.latest_seal()
    if seal is None or not is_due(session, now):
        return 0
    return promise(session, seal, to, now)


def is_due(session: Session, now: datetime) -> bool:
    """Whether there is a seal to publish that was not, and a day has passed."""
    latest = session.latest_seal()
    if latest is None:
        return False
    number, _, when = (session.setting(PUBLISHED) or "0 ").partition(" ")
    if int(number) >= latest.number:
        return False
    return not when or not (since := datetime.fromisoformat(when)) <= now < since + DAILY


def _notice(
    addr: bytes, now: datetime, provider: str, kind: str, payload: dict[str, Json]
) -> OutboxItem:
    return OutboxItem(
        id=new_id(now),
        addr=addr,
        kind=str(kind),
        channel=Channel.EMAIL if provider == "smtp" else Channel.SLACK,
        provider=provider,
        payload=payload,
        repeatable=True,
        created_at=now,
        due_at=now,
    )
