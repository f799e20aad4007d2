"""What a person at the human mailbox should know of a message that is handed to them."""

from __future__ import annotations

from datetime import datetime

from bot.less import of_facts
from bot.less import spelled as told
from bot.model import Intent, LedgerEntry
from handlers.decision_links import token_for
from handlers.slack.words import CAUSES, INTENTS
from storage import OutboxItem, Review, ReviewState, Session, Store

UNREAD = "unread"


class Notes:
    """Writes the note above a forwarded message; `public_url` empty: without links."""

    def __init__(self, store: Store, *, public_url: str) -> None:
        self._store = store
        self._public_url = public_url

    def of(self, item: OutboxItem, now: datetime) -> str:
        """The reading, and where there is something to decide, by when and where. Plain text."""

        def find(session: Session) -> tuple[LedgerEntry | None, Review | None]:
            review = session.review(str(item.payload.get("review", "")))
            return session.entry(item.addr, item.entry_id), review

        entry, review = self._store.read(find)
        parts = [_reading(entry)] if entry is not None else []
        if review is not None and review.state is ReviewState.OPEN:
            parts.append(self._asked(review, now))
        return "\n\n".join(filter(None, parts))

    def _asked(self, review: Review, now: datetime) -> str:
        held = (
            "Nothing more is sent to this person until somebody decides; undecided by then it is "
            "an opt-out."
            if review.holds is not None
            else "Nothing is blocked by it meanwhile."
        )
        due = f"Please decide by {review.due_at:%Y-%m-%d %H:%M} UTC. {held}"
        ways = [f"Review {review.id}: {CAUSES[review.cause]}", due]
        if self._public_url:
            ways.append(f"{self._public_url}/d/{token_for(self._store, review, now)}")
        else:
            ways.append(f"heed reviews decide {review.id} opt_out|not_opt_out")
        return "\n".join(ways)


def _reading(entry: LedgerEntry) -> str:
    """How it was read; empty where nothing was, as for a robot's mail."""
    rule = str(entry.facts.get("rule", UNREAD))
    spelled = str(entry.facts.get("intent", ""))
    if rule == UNREAD or spelled not in set(Intent):
        return ""
    confidence = entry.facts.get("confidence")
    sure = f", {confidence:.0%} sure" if isinstance(confidence, float) else ""
    less = of_facts(entry.facts.get("less"))
    wish = f" Asks for: {told(less)}." if less is not None else ""
    return f"Heed read it as: {INTENTS[Intent(spelled)]}{sure}.{wish}"
