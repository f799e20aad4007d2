"""Posts of ours that are about no customer: alerts and the daily digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.model import Address, Channel, Json
from handlers.recorder import new_id
from storage import OutboxItem, Session

OURSELVES = Address(channel=Channel.OTHER, value="heed:slack")
"""Under whose key they lie in the outbox."""
NOTICE = "slack_notice"


def promise_post(session: Session, channel: str, text: str, now: datetime) -> None:
    """Have `text`, in mrkdwn of ours, posted. A stranger's words in it must be escaped already."""
    promise_own(session, NOTICE, {"text": text, "place": channel, "markup": True}, now)


def promise_own(session: Session, kind: str, payload: Mapping[str, Json], now: datetime) -> None:
    """Have the Slack speaker do something of ours, such as `kind` names; at least once."""
    session.promise(
        OutboxItem(
            id=new_id(now, session.chance),
            addr=session.touch(OURSELVES, now),
            kind=kind,
            channel=Channel.SLACK,
            provider="slack",
            payload=payload,
            repeatable=True,
            created_at=now,
            due_at=now,
        )
    )
