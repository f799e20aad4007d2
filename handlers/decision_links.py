"""Links by which a person decides one review, for teams without Slack.

A link is good for one review, three days and one decision. It alone may only stop; whatever else is
decided needs a key of HEED_API_KEYS.
"""

from __future__ import annotations

from datetime import datetime

from bot import tokens
from bot.tokens import Purpose
from handlers.waiting import Waiting, waiting
from storage import Review, Session, Store


def token_for(store: Store, review: Review, now: datetime) -> str:
    return tokens.make(store.token_key, Purpose.DECIDE, review.addr, _name(review), now)


def opened(store: Store, token: str, now: datetime) -> Waiting | None:
    """The review of a link, decided or not; None where the link ended or is none of ours."""
    read = tokens.read([store.token_key], token, [Purpose.DECIDE], now)
    if read is None:
        return None

    def find(session: Session) -> Waiting | None:
        for review in session.reviews_of(read.addr):
            if tokens.list_mark(_name(review)) == read.list_mark:
                return waiting(session, review)
        return None

    return store.read(find)


def _name(review: Review) -> str:
    """By when it was opened and not by its version: what was decided still says so."""
    return f"{review.id}:{review.opened_at.isoformat()}"
