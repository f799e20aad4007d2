"""What came last from each provider: a request that verified, or one that did not, and why not.

For whoever connects a provider and for `heed doctor`. Kept in the settings table, each at most once
in two seconds for an account, so that nobody outside makes us write more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock

from storage import Store, StoreError

log = logging.getLogger("heed.webhooks")

PAUSE = timedelta(seconds=2)


class Call(StrEnum):
    VERIFIED = "verified"
    GREETED = "greeted"  # it asked, by GET, whether the address is ours
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCall:
    """`reason` is a code of `handlers.ports.Unverified`, empty for the good ends."""

    at: datetime
    reason: str = ""


class Callers:
    """Of one process; any number of threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: dict[str, datetime] = {}
        self._lock = Lock()

    def note(self, account: str, call: Call, now: datetime, reason: str = "") -> None:
        """Remember it, if the last is old enough. A store that is away is passed over."""
        name = _name(account, call)
        with self._lock:
            last = self._noted.get(name)
            if last is not None and now - last < PAUSE:
                return
            self._noted[name] = now
        try:
            self._store.write(
                lambda session: session.save_setting(name, f"{now.isoformat()} {reason}")
            )
        except StoreError as fault:
            log.warning("not noted provider=%s call=%s: %s", account, call, type(fault).__name__)


def last_call(store: Store, account: str, call: Call) -> LastCall | None:
    """When the account last called so; None if it never did."""
    said = store.read(lambda session: session.setting(_name(account, call)))
    if said is None:
        return None
    at, _, reason = said.partition(" ")
    return LastCall(at=datetime.fromisoformat(at), reason=reason)


def _name(account: str, call: Call) -> str:
    return f"webhook.{account}.{call}"
