"""How many opt-outs came and how many messages went out, by the hour, sender and topic.

Kept as a few settings of the store: sums of our own senders and topics, nothing of any person.
(`storage.hourly` counts by keyed hash, for ceilings, and forgets after a day.) Sends are counted
where they are told (`POST /v1/sends`), opt-outs from the ledger, hour by hour.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.model import EntryKind, ScopeKind
from bot.spikes import KEPT, Hour, Series
from storage import Session, Store
from storage.reported import ReportedEntry

COUNTED = "pace"
"""The setting that holds the closed hours."""
RING = 1024
"""Hours that sends are kept for; more than are looked at."""
STRIPES = 4
"""So that callers of POST /v1/sends seldom wait for each other."""
PAGE = 500
MOST = 20_000
"""Opt-outs of an hour beyond these are not counted: they are a spike anyway."""

SERIES = 1_000
"""Senders and topics that are followed: whoever gives every message a sender of its own is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Closed hours by series (`sender:...`, `topic:...`); `until` is the next one to be closed.

    `since`: the first opt-out that was counted, at the latest when counting began; a new desk has
    no earlier weeks to compare with.
    """

    since: int
    until: int
    hours: Mapping[str, Mapping[int, Hour]] = field(default_factory=dict)

    def series(self, name: str, running: int, sends: int) -> Series:
        """One series, with what was sent in the running hour."""
        hours = dict(self.hours.get(name, {}))
        hours[running] = Hour(sends=sends)
        return Series(since=self.since, hours=hours)


def hour_of(moment: datetime) -> int:
    """Hours since 1970."""
    return int(moment.timestamp()) // 3600


def begin_of(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)


def note_sends(session: Session, sent: Iterable[tuple[str, str, datetime]], stripe: int) -> None:
    """Count sends of one unit of work: sender, topic (may be empty) and when each went out."""
    by_hour: dict[int, Counter[str]] = {}
    for sender, topic, at in sent:
        by_hour.setdefault(hour_of(at), Counter()).update(_names(sender, topic))
    stripe %= STRIPES
    if by_hour:
        session.lock_setting(f"sent:{stripe}")
    for hour, counts in by_hour.items():
        name = _ring(hour, stripe)
        there, before = _kept(session.setting(name))
        if there > hour:  # told so late that its place is taken
            continue
        total = Counter(before if there == hour else {})
        for series, count in counts.items():
            if series in total or len(total) < SERIES:
                total[series] += count
        session.save_setting(name, json.dumps({"hour": hour, "counts": total}))


def sends_in(session: Session, hour: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for stripe in range(STRIPES):
        there, counts = _kept(session.setting(_ring(hour, stripe)))
        if there == hour:
            found.update(counts)
    return found


def stops_between(store: Store, begin: datetime, end: datetime) -> Counter[tuple[int, str]]:
    """Opt-outs that people said to a sender of ours and that changed something, by hour."""
    found: Counter[tuple[int, str]] = Counter()
    cursor, seen = "", 0
    while seen < MOST and (
        page := store.read(lambda session, at=cursor: session.stops(begin, end, at, PAGE))  # type: ignore[misc]
    ):
        for one in page:
            hour = hour_of(one.entry.recorded_at)
            found.update((hour, name) for name in _said(one))
        cursor, seen = page[-1].cursor, seen + len(page)
    return found


def pace(session: Session, now: datetime) -> Pace:
    """What was counted so far; before the first count everything is still to be counted."""
    said = session.setting(COUNTED)
    if said is None:
        return Pace(since=hour_of(now), until=hour_of(now) - KEPT)
    kept = json.loads(said)
    hours = {
        name: {int(at): Hour(stops=one[0], sends=one[1]) for at, one in of.items()}
        for name, of in kept["hours"].items()
    }
    return Pace(since=kept["since"], until=kept["until"], hours=hours)


def close_hours(store: Store, now: datetime, most: int) -> Pace:
    """Count up to `most` hours that are over and not counted yet."""
    before = store.read(lambda session: pace(session, now))
    running = hour_of(now)
    first, after = max(before.until, running - KEPT), min(running, before.until + most)
    if first >= after:
        return before
    stops = stops_between(store, begin_of(first), begin_of(after))

    def work(session: Session) -> Pace:
        again = pace(session, now)
        if again.until != before.until:  # another worker was faster
            return again
        hours = {name: dict(of) for name, of in again.hours.items()}
        for hour in range(first, after):
            sends = sends_in(session, hour)
            names = {name for at, name in stops if at == hour} | set(sends)
            for name in sorted(names, key=lambda one, at=hour: -stops[at, one]):  # type: ignore[misc]
                if name in hours or len(hours) < SERIES:
                    one = Hour(stops=stops[hour, name], sends=sends[name])
                    hours.setdefault(name, {})[hour] = one
        since = min([again.since, *(hour for hour, _ in stops)])
        found = Pace(since=since, until=after, hours=_pruned(hours, running - KEPT))
        session.save_setting(COUNTED, _json(found))
        return found

    return store.write(work)


def _pruned(hours: Mapping[str, dict[int, Hour]], oldest: int) -> dict[str, dict[int, Hour]]:
    kept = {name: {at: one for at, one in of.items() if at >= oldest} for name, of in hours.items()}
    return {name: of for name, of in kept.items() if of}


def _said(one: ReportedEntry) -> list[str]:
    heard = one.origin or one.entry  # a person decided about what was heard before
    recipient = str(heard.facts.get("recipient") or "")
    if one.entry.kind is not EntryKind.OPTED_OUT or one.entry.facts.get("repeats") or not recipient:
        return []
    scope = one.entry.scope
    return _names(recipient, scope.value if scope and scope.kind is ScopeKind.TOPIC else "")


def _names(sender: str, topic: str) -> list[str]:
    return [f"sender:{sender.casefold()}", *([f"topic:{topic}"] if topic else [])]


def _ring(hour: int, stripe: int) -> str:
    return f"sent:{hour % RING}:{stripe}"


def _kept(said: str | None) -> tuple[int, Mapping[str, int]]:
    if said is None:
        return -1, {}
    kept = json.loads(said)
    return kept["hour"], kept["counts"]


def _json(found: Pace) -> str:
    hours = {
        name: {at: [one.stops, one.sends] for at, one in of.items()}
        for name, of in found.hours.items()
    }
    return json.dumps({"since": found.since, "until": found.until, "hours": hours})
