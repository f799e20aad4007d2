"""A desk moved to PostgreSQL: copied and compared, examined over there, and only then the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.backups import Examined, examine, park
from handlers.settings import Settings
from storage import Session, open_store
from storage.move import Progress, moving


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """`examined` and `parked` are None where an earlier run had done all but the last step."""

    examined: Examined | None = None
    parked: int | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        if self.examined is None:
            return ()
        lost = self.examined.lost
        return self.examined.faults + (
            (f"the keys of {lost} addresses are missing",) if lost else ()
        )


def move(settings: Settings, to: str, *, now: datetime, progress: Progress) -> Moved:
    """Move the desk of the settings into the database of `to`. It must not run meanwhile.

    With faults nothing is moved: what was copied stays where it is, and so does the desk.

    Raises:
        StoreError: see `storage.move.moving`.
    """
    with moving(settings.store_url, to, progress) as moved:
        if moved.arrived_before:
            moved.leave(now)
            return Moved()
        store = open_store(to, secret_keys=settings.secret_key, moving=True)
        try:
            examined = examine(store, lambda what, done: progress(f"checked, {what}", done, 0))
            found = Moved(examined=examined)
            if found.faults:
                return found

            def arrive(session: Session) -> int:
                parked = park(session, now, why="moved")
                moved.arrive(session)
                return parked

            parked = store.write(arrive)
        finally:
            store.close()
        moved.leave(now)
        return Moved(examined=examined, parked=parked)
