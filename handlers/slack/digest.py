"""Once a day a few lines in the review channel, at its hour: what waits, and how yesterday went.

No address and no words. Silent where nothing waits and nothing happened.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, tzinfo

from handlers.parts import Parts
from handlers.slack import words as say
from handlers.slack.days import last_days
from handlers.slack.notices import promise_post
from handlers.slack.settings import digest_time
from storage import Session

POSTED_ON = "slack_digest_on"
"""The setting that holds the last local date of a digest."""
LOOK = timedelta(minutes=1)


class Digest:
    """A chore of the worker; of several workers one posts it."""

    def __init__(self, parts: Parts) -> None:
        slack = parts.slack
        self._store = parts.store
        self._channel = slack.review_channel if slack else ""
        self._at = digest_time(slack.digest_at) if slack and slack.digest_at else None
        self._looked_at: datetime | None = None

    def __call__(self, now: datetime) -> int:
        """How many were promised: one or none."""
        last, self._looked_at = self._looked_at, now
        if self._at is None or not self._channel:
            return 0
        if last is not None and last <= now < last + LOOK:
            self._looked_at = last
            return 0
        at, zone = self._at
        local = now.astimezone(zone)
        if local.time() < at:
            return 0
        today = local.date().isoformat()
        if self._store.read(lambda session: session.setting(POSTED_ON)) == today:
            return 0
        return self._store.write(lambda session: self._promise(session, now, today))

    def _promise(self, session: Session, now: datetime, today: str) -> int:
        session.lock_setting(POSTED_ON)
        if session.setting(POSTED_ON) == today:
            return 0
        session.save_setting(POSTED_ON, today)
        assert self._at is not None
        text = digest(session, now, self._at[1])
        if not text:
            return 0
        promise_post(session, self._channel, text, now)
        return 1


def digest(session: Session, now: datetime, zone: tzinfo) -> str:
    """In mrkdwn; empty where there is nothing to say."""
    yesterday, _ = last_days(session, 2, now, zone)
    waiting, overdue = session.open_count(), session.overdue_reviews(now)
    if not (waiting or yesterday.opened or yesterday.decided):
        return ""
    lines = ["*The review desk this morning*"]
    if overdue:
        lines.append(f"{_count(overdue)} overdue. Please look at those first.")
    lines.append(f"{_count(waiting)} waiting in all.")
    next_due = session.open_reviews(1)
    if next_due and next_due[0].due_at > now:
        lines.append(f"The next is to be decided by {say.date(next_due[0].due_at)}.")
    lines.append(f"Yesterday {yesterday.opened} came and {yesterday.decided} were decided.")
    since = now - timedelta(days=1)
    how = Counter(say.VERDICTS[one.verdict] for one in session.decided_since(since))
    if how:
        told = ", ".join(f"{name} {count}" for name, count in how.most_common())
        lines.append(f"In the last 24 hours: {told}.")
    return "\n".join(lines)


def _count(reviews: int) -> str:
    return "1 review is" if reviews == 1 else f"{reviews} reviews are"
