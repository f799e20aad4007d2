"""Reads all that a decision may depend on, in the transaction that records it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import EVERYTHING, Conversation, Over, Standing
from handlers.recorder import ANY_SENDER
from storage import Session

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def standing_of(
    session: Session,
    addr: bytes,
    recipient: str,
    conversation: Conversation,
    now: datetime,
    *,
    mail_ceiling: Over = Over.NO,
) -> Standing:
    """What stands between the address and this sender of ours. The address is locked."""
    kin = session.kin(addr)
    anywhere = [session.conversation(one, ANY_SENDER) for one in (addr, *kin.names)]
    stopped_again = (one.stopped_again_at for one in anywhere if one.stopped_again_at)
    return Standing(
        suppressions=tuple(
            replace(one, recorded_at=entry.recorded_at if entry else None)
            for one in session.suppressions(addr, now)
            for entry in (session.entry(addr, one.entry_id),)
        ),
        named=tuple(one for name in kin.names for one in session.suppressions(name, now)),
        conversation=conversation,
        last_opt_in_at=anywhere[0].last_opt_in_at,
        stopped_again_at=max(stopped_again, default=None),
        last_send=session.last_send(addr, recipient),
        linked_everything=any(
            one.scope == EVERYTHING
            for other in kin.others
            for one in session.suppressions(other, now)
        ),
        answered_lately="@" in recipient and session.answered_since(addr, recipient, now - WEEK),
        recent_answers=session.recent_answers(addr, now - DAY),
        mail_ceiling=mail_ceiling,
    )
