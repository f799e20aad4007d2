"""Posts of ours that are about no customer: alerts and the daily digest."""

from __future__ import annotations

from datetime import datetime

from bot.model import Address, Channel
from handlers.recorder import new_id
from storage import OutboxItem, Session

OURSELVES = Address(channel=Channel.OTHER, value="heed:slack")
"""Under whose key they lie in the outbox."""
NOTICE = "slack_notice"


def promise_post(session: Session, channel: str, text: str, now: datetime) -> None:
    """Have `text`, in mrkdwn of ours, posted. A stranger's words in it must be escaped already."""
    session.promise(
        OutboxItem(
            id=new_id(now, session.chance),
            addr=session.touch(OURSELVES, now),
            kind=NOTICE,
            channel=Channel.SLACK,
            provider="slack",
            payload={"text": text, "place": channel, "markup": True},
            repeatable=True,
            created_at=now,
            due_at=now,
        )
    )
