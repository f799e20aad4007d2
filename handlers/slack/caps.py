"""How many opt-outs one person may record by hand in one hour; beyond it somebody should know.

A mistaken paste, or somebody who leaves in anger, could block every customer. What is refused here
is only recording by hand: what customers say is never counted, and never refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import NotAllowed
from bot.model import Actor
from handlers.parts import Parts
from handlers.slack import words as say
from handlers.slack.notices import promise_post
from storage import Session

HOUR = timedelta(hours=1)


class Caps:
    def __init__(self, parts: Parts) -> None:
        assert parts.slack is not None
        self._store = parts.store
        self._most = parts.slack.recordings_an_hour
        self._channel = parts.slack.review_channel

    def take(self, actor: Actor, count: int, now: datetime) -> None:
        """Count so many more. The review channel is told once an hour that somebody is at the end.

        Raises:
            NotAllowed: they are too many; nothing was counted.
        """
        if not self._store.write(lambda session: self._take(session, actor, count, now)):
            raise NotAllowed(
                f"you have recorded {self._most} opt-outs in this hour, which is the most one "
                "person may; the review channel was told. For lists there is heed import"
            )

    def _take(self, session: Session, actor: Actor, count: int, now: datetime) -> bool:
        name = f"slack_recorded:{actor.name}"
        session.lock_setting(name)
        since, used, told = _parsed(session.setting(name), now)
        fits = used + count <= self._most
        if not fits and not told and self._channel:
            who = say.who(actor.name)
            text = f"{who} has reached the cap of {self._most} recorded opt-outs in one hour."
            promise_post(session, self._channel, text, now)
        state = f"{since.isoformat()} {used + count if fits else used} {int(told or not fits)}"
        session.save_setting(name, state)
        return fits


def _parsed(stored: str | None, now: datetime) -> tuple[datetime, int, bool]:
    """When the hour began, how many since, and whether the channel was told."""
    since, used, told = (stored or f"{now.isoformat()} 0 0").split()
    began = datetime.fromisoformat(since)
    if not began <= now < began + HOUR:
        return now, 0, False
    return began, int(used), told == "1"
