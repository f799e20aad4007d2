"""Counting what happened. Tallies add up: those of the pages are that of the whole.

No address and no word enters a tally. Lengths of time are whole milliseconds; a median is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.deadlines import Act, Deadline
from bot.model import Channel, ReviewCause
from bot.regimes import Duty

LATE = timedelta(minutes=5)  # a confirmation, on any channel (47 CFR 64.1200(a)(12))
_MILLISECOND = timedelta(milliseconds=1)


class Figure(StrEnum):
    REQUESTS = "requests"
    REPEATS = "repeats"
    PROVIDER_BLOCKS = "provider_blocks"
    IMPORTED = "imported"  # out of another system's list
    UNREADABLE = "unreadable"  # counted as requests; what told more was erased
    SENDS_BEFORE_EFFECT = "sends_before_effect"
    SENDS_AFTER_STOP = "sends_after_stop"
    CONFIRMED_AT_ONCE = "confirmed_at_once"
    CONFIRMED_LATER = "confirmed_later"
    CONFIRMED_LATE = "confirmed_late"  # more than five minutes after the person acted
    CONFIRMATIONS_WAITING = "confirmations_waiting"
    CONFIRMATIONS_UNKNOWN = "confirmations_unknown"
    CONFIRMATIONS_UNSENT = "confirmations_unsent"
    REPLIES_OVER_ONE = "replies_over_one"
    ERASURES_ASKED = "erasures_asked"
    ERASURES_DONE = "erasures_done"


class Span(StrEnum):
    """A length of time whose distribution the sheet shows."""

    TO_SUPPRESSION = "to_suppression"  # from receipt
    SINCE_ACTED = "since_acted"  # the same, from when the person acted
    TO_CONFIRMATION = "to_confirmation"  # from when the person acted


class Fate(StrEnum):
    """What became of one deadline."""

    WITHIN = "within"
    LATE = "late"
    WAITING = "waiting"  # not done, not yet due
    OVERDUE = "overdue"


class ReviewStep(StrEnum):
    OPENED = "opened"
    HELD = "held"  # of the opened ones: blocked until decided
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One opt-out. `suppressed` is when the block stood, `told` when the person was told."""

    channel: Channel
    act: Act
    suppressed: datetime
    told: datetime | None
    sends_between: int
    reading: str
    deadlines: tuple[Deadline, ...]


@dataclass(slots=True)
class Tally:
    """Every key begins with the channel."""

    figures: Counter[tuple[Channel, Figure]] = field(default_factory=Counter)
    spans: Counter[tuple[Channel, Span | ReviewCause, int]] = field(default_factory=Counter)
    fates: Counter[tuple[Channel, str, Fate]] = field(default_factory=Counter)
    reviews: Counter[tuple[Channel, ReviewCause, ReviewStep]] = field(default_factory=Counter)
    readings: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Take in what `other` counted."""
        self.figures.update(other.figures)
        self.spans.update(other.spans)
        self.fates.update(other.fates)
        self.reviews.update(other.reviews)
        self.readings.update(other.readings)

    def count(self, channel: Channel, figure: Figure, number: int = 1) -> None:
        if number:
            self.figures[channel, figure] += number

    def stop(self, one: Stop, now: datetime) -> None:
        """A request that changed something, with the fate of each of its deadlines at `now`."""
        self.count(one.channel, Figure.REQUESTS)
        self.count(one.channel, Figure.SENDS_BEFORE_EFFECT, one.sends_between)
        self.span(one.channel, Span.TO_SUPPRESSION, one.suppressed - one.act.received)
        self.span(one.channel, Span.SINCE_ACTED, one.suppressed - one.act.sent)
        if one.reading:
            self.readings[one.reading] += 1
        for deadline in one.deadlines:
            fate = _fate(deadline, one, now)
            if fate is not None:
                self.fates[one.channel, deadline.regime.name, fate] += 1

    def confirmed(self, channel: Channel, acted: datetime, told: datetime, *, inline: bool) -> None:
        self.count(channel, Figure.CONFIRMED_AT_ONCE if inline else Figure.CONFIRMED_LATER)
        self.count(channel, Figure.CONFIRMED_LATE, int(told - acted > LATE))
        self.span(channel, Span.TO_CONFIRMATION, told - acted)

    def review(
        self,
        channel: Channel,
        cause: ReviewCause,
        steps: Iterable[ReviewStep],
        took: timedelta | None,
    ) -> None:
        """What a review did in the month; `took` is how long it was open, once decided."""
        for step in steps:
            self.reviews[channel, cause, step] += 1
        if took is not None:
            self.span(channel, cause, took)

    def span(self, channel: Channel, what: Span | ReviewCause, length: timedelta) -> None:
        """A length; one below nothing is a clock that was set back."""
        self.spans[channel, what, max(0, length // _MILLISECOND)] += 1


def _fate(deadline: Deadline, stop: Stop, now: datetime) -> Fate | None:
    done = stop.suppressed if deadline.regime.duty is Duty.STOP else stop.told
    if done is not None:
        return Fate.WITHIN if done <= deadline.due else Fate.LATE
    if deadline.regime.duty is Duty.CONFIRM:  # silence is allowed
        return None
    return Fate.WAITING if now <= deadline.due else Fate.OVERDUE
