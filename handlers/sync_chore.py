"""The worker's chore that compares with every provider's list four times a day."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from handlers.parts import Parts
from handlers.ports import OutcomeUnknown, SendError
from handlers.syncing import has_list, sync
from storage import Session

log = logging.getLogger("heed.sync")

EVERY = timedelta(hours=6)
LOOK = timedelta(minutes=5)


class Syncing:
    """One process at a time does it: the setting is taken before the work, by a compare."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._accounts = [name for name in parts.providers if has_list(parts, name)]
        self._busy = threading.Lock()
        self._looked_at: datetime | None = None

    def __call__(self, now: datetime) -> int:
        """Sync what is due; returns how many people were learnt of or told."""
        if not self._accounts or not self._busy.acquire(blocking=False):
            return 0
        try:
            last = self._looked_at
            if last is not None and last <= now < last + LOOK:
                return 0
            self._looked_at = now
            return sum(
                self._sync(account) for account in self._accounts if self._take(account, now)
            )
        finally:
            self._busy.release()

    def _take(self, account: str, now: datetime) -> bool:
        name = f"sync.{account}.begun"

        def take(session: Session) -> bool:
            said = session.setting(name)
            if said is not None and now < datetime.fromisoformat(said) + EVERY:
                return False
            session.save_setting(name, now.isoformat())
            return True

        return self._parts.store.write(take)

    def _sync(self, account: str) -> int:
        try:
            done = sync(self._parts, account, dry_run=False)
        except (SendError, OutcomeUnknown) as fault:
            log.warning("not synced account=%s: %s", account, fault.code)
            return 0
        log.info(
            "synced account=%s learnt=%s told=%s waiting=%s agreeing=%s",
            *(account, done.learnt, done.told, done.waiting, done.agreeing),
        )
        return done.learnt + done.told
