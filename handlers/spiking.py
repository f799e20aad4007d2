"""Opt-outs that rise far beyond what is usual: looked for every five minutes, told once.

What is usual is `bot.spikes`' to say. Told in the review channel where there is one, in the log,
and by `heed doctor` as long as it goes on.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bot.spikes import CALM_HOURS, Finding, Spike, follow, look
from handlers.pace import begin_of, close_hours, hour_of, sends_in, stops_between
from handlers.parts import Parts
from handlers.slack.notices import promise_post
from handlers.slack.text import escaped
from storage import Session, Store

log = logging.getLogger("heed.spikes")

SPIKES = "spikes"
"""The setting that holds the spikes that go on."""
LOOK = timedelta(minutes=5)
AT_ONCE = 1
"""Hours counted in one call: other chores go between while a month is caught up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A spike as it was told: `count` opt-outs in an hour where `usual` were to be expected."""

    began: int
    seen: int
    count: int
    usual: float


class Spikes:
    """A chore of the worker; of several workers one tells."""

    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._channel = parts.slack.review_channel if parts.slack else ""
        self._looked_at: datetime | None = None

    def __call__(self, now: datetime) -> int:
        """How many spikes were told, or 1 while earlier hours are still being counted."""
        last = self._looked_at
        if last is not None and last <= now < last + LOOK:
            return 0
        running = hour_of(now)
        counted = close_hours(self._store, now, AT_ONCE)
        if counted.until < running:
            return 1
        self._looked_at = now
        lately = Counter[str]()
        for (_, name), count in stops_between(self._store, now - timedelta(hours=1), now).items():
            lately[name] += count
        sends = self._store.read(lambda session: sends_in(session, running))
        findings = {
            name: look(counted.series(name, running, sends[name]), running, lately[name])
            for name in lately
        }
        return self._store.write(lambda session: self._tell(session, findings, now))

    def _tell(self, session: Session, findings: Mapping[str, Finding], now: datetime) -> int:
        session.lock_setting(SPIKES)
        before = told_of(session)
        standing: dict[str, Told] = {}
        fresh = 0
        for name in {*before, *findings}:
            known = before.get(name)
            finding = findings.get(name, Finding(count=0, usual=0.0, spike=False))
            spike = Spike(began=known.began, seen=known.seen) if known else None
            stands, tell = follow(spike, finding, hour_of(now))
            if stands is None:
                continue
            shown = known if known and not tell else None
            standing[name] = Told(
                began=stands.began,
                seen=stands.seen,
                count=max(finding.count, shown.count if shown else 0),
                usual=shown.usual if shown else finding.usual,
            )
            if tell:
                fresh += 1
                log.warning("opt-outs have risen: %s", in_words(name, standing[name]))
                if self._channel:
                    promise_post(session, self._channel, _post(name, standing[name]), now)
        if standing != before:
            kept = {name: asdict(one) for name, one in standing.items()}
            session.save_setting(SPIKES, json.dumps(kept))
        return fresh


def told_of(session: Session) -> dict[str, Told]:
    """The spikes that go on, by series."""
    said = session.setting(SPIKES)
    return {name: Told(**one) for name, one in json.loads(said).items()} if said else {}


def going_on(store: Store, now: datetime) -> list[str]:
    """Each spike that is not over, in plain words."""
    told = store.read(told_of)
    return [
        in_words(name, one)
        for name, one in sorted(told.items())
        if hour_of(now) - one.seen < CALM_HOURS
    ]


def in_words(name: str, told: Told) -> str:
    kind, _, value = name.partition(":")
    whom = f"to {value}" if kind == "sender" else f"of the topic {value}"
    usual = "fewer than one" if told.usual < 1 else f"about {round(told.usual)}"
    since = begin_of(told.began)
    return (
        f"{told.count} opt-outs {whom} in an hour, usually {usual} (since {since:%d %b %H:%M} UTC)"
    )


def _post(name: str, told: Told) -> str:
    return (
        f"*Opt-outs have risen.* {escaped(in_words(name, told))}. Please look at what was sent "
        "and to whom. This is said once; `heed doctor` shows whether it goes on."
    )
