"""Makes the monthly proof sheet: reads the store page by page, counts, and shows how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from bot.confirming import confirmed_by
from bot.deadlines import Act, deadlines
from bot.model import Channel, EntryKind, Intent, LedgerEntry, ReviewCause
from bot.policy import ConfirmedBy, Policy
from bot.sheet import Month, Sheet, Waiting, sheet
from bot.tally import Figure, ReviewStep, Stop, Tally
from storage import OutboxState, Review, Store
from storage.reported import ReportedAnswer, ReportedEntry, ReportedReview, SendsAfterStop

PAGE = 200
Progress = Callable[[str, int], None]
"""Called with what is being read and how much of it was."""

_BY_OTHERS = frozenset(ConfirmedBy) - {
    *(ConfirmedBy.HEED, ConfirmedBy.ADVANCED, ConfirmedBy.NOBODY)
}
_UNSETTLED = frozenset({OutboxState.PENDING, OutboxState.SENDING})


def silent(_what: str, _count: int) -> None:
    """Shows nothing."""


def report(
    store: Store, policy: Policy, month: Month, now: datetime, progress: Progress = silent
) -> Sheet:
    """The sheet of one month as it stands `now`.

    Raises:
        StoreUnavailable: the database went away; there is no half a sheet.
    """
    return sheet(
        tally(store, policy, month, now, progress),
        month,
        waiting=_waiting(store, now),
        rules=policy.deadlines,
        heed=version("heed"),
        holidays=version("holidays"),
        now=now,
    )


def tally(
    store: Store,
    policy: Policy,
    month: Month,
    now: datetime,
    progress: Progress = silent,
    *,
    page: int = PAGE,
) -> Tally:
    """Count the month, `page` rows in each unit of work."""
    counting = Counting(policy=policy, month=month, now=now)
    done = 0
    for entries in _stops(store, month, page):
        for entry in entries:
            counting.entry(entry)
        progress("requests", done := done + len(entries))
    done = 0
    for answers in _answers(store, month, page):
        for answer in answers:
            counting.answer(answer)
        progress("answers", done := done + len(answers))
    imported = store.read(lambda session: session.imported(month.begin, month.end))
    for channel, count in imported.items():
        counting.tally.count(channel, Figure.IMPORTED, count)
    for send in store.read(lambda session: session.sends_after_stop(month.begin, month.end)):
        counting.send(send)
    reviews = store.read(lambda session: list(session.reviewed(month.begin, month.end)))
    for review in reviews:
        counting.review(review)
    progress("reviews", len(reviews))
    return counting.tally


def _stops(store: Store, month: Month, page: int) -> Iterator[list[ReportedEntry]]:
    cursor = ""
    while entries := store.read(
        lambda session, after=cursor: session.stops(month.begin, month.end, after, page)  # type: ignore[misc]
    ):
        yield entries
        cursor = entries[-1].cursor


def _answers(store: Store, month: Month, page: int) -> Iterator[list[ReportedAnswer]]:
    cursor = ""
    while answers := store.read(
        lambda session, after=cursor: session.answers(month.begin, month.end, after, page)  # type: ignore[misc]
    ):
        yield answers
        cursor = answers[-1].cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """Puts what the store gives into a tally."""

    policy: Policy
    month: Month
    now: datetime
    tally: Tally = field(default_factory=Tally)

    def entry(self, one: ReportedEntry) -> None:
        facts, kind = one.entry.facts, one.entry.kind
        if kind is EntryKind.ERASED:
            self.tally.count(one.channel, Figure.ERASURES_DONE)
        elif facts.get("repeats"):
            self.tally.count(one.channel, Figure.REPEATS)
        elif kind is EntryKind.PROVIDER_BLOCK:
            self.tally.count(one.channel, Figure.PROVIDER_BLOCKS)
        else:
            self.tally.stop(self._stop(one), self.now)
            self.tally.count(one.channel, Figure.UNREADABLE, int(not facts))
            asked = facts.get("intent") == Intent.ERASURE
            self.tally.count(one.channel, Figure.ERASURES_ASKED, int(asked))

    def _stop(self, one: ReportedEntry) -> Stop:
        heard = one.origin or one.entry  # a person decided about what was heard before
        held = heard.kind is EntryKind.HELD
        act = Act.of(heard)
        return Stop(
            channel=one.channel,
            act=act,
            suppressed=heard.recorded_at if held else one.entry.recorded_at,
            told=one.told_at if one.promised else self._told_by_provider(one.channel, heard, act),
            sends_between=one.sends_between,
            reading=str(heard.facts.get("version") or ""),
            deadlines=deadlines(act, one.channel, one.address, self.policy.deadlines),
        )

    def _told_by_provider(self, channel: Channel, heard: LedgerEntry, act: Act) -> datetime | None:
        """The provider answers at once. Where it answers its own words, our silence says so."""
        sender = self.policy.sender(channel, str(heard.facts.get("recipient", "")))
        by = confirmed_by(sender, str(heard.facts.get("provider", "")), self.policy)
        theirs = heard.facts.get("provider_replied") or by in _BY_OTHERS
        return act.received if theirs else None

    def answer(self, one: ReportedAnswer) -> None:
        if one.gone and one.earlier:
            self.tally.count(one.channel, Figure.REPLIES_OVER_ONE)
        if not one.confirmation:
            return
        inline = one.state is OutboxState.INLINE
        if one.told_at is not None and (inline or one.state is OutboxState.SENT):
            self.tally.confirmed(one.channel, one.acted_at, one.told_at, inline=inline)
        elif one.state in _UNSETTLED:
            self.tally.count(one.channel, Figure.CONFIRMATIONS_WAITING)
        elif one.state is OutboxState.UNKNOWN:
            self.tally.count(one.channel, Figure.CONFIRMATIONS_UNKNOWN)
        else:
            self.tally.count(one.channel, Figure.CONFIRMATIONS_UNSENT)

    def send(self, one: SendsAfterStop) -> None:
        channel = one.channel or self._channel_of(one.sender)
        self.tally.count(channel, Figure.SENDS_AFTER_STOP, one.count)

    def _channel_of(self, sender: str) -> Channel:
        """Of one of our ends, where the address itself is unknown."""
        for known in self.policy.senders.values():
            if known.id.casefold() == sender.casefold():
                return known.channel
        if "@" in sender:
            return Channel.EMAIL
        return Channel.SMS if sender.removeprefix("+").isdecimal() else Channel.OTHER

    def review(self, one: ReportedReview) -> None:
        begin, end = self.month.begin, self.month.end
        steps = []
        if begin <= one.opened_at < end:
            steps.append(ReviewStep.OPENED)
            steps += [ReviewStep.HELD] if one.held else []
        took = None
        if one.decided_at is not None and begin <= one.decided_at < end:
            steps.append(ReviewStep.DECIDED)
            took = one.decided_at - one.opened_at
        self.tally.review(one.channel, one.cause, steps, took)


def _waiting(store: Store, now: datetime) -> Iterator[Waiting]:
    """What is open now, by channel and cause."""
    found: dict[tuple[Channel, ReviewCause], Waiting] = {}
    cursor = ""
    while page := store.read(
        lambda session, after=cursor: session.open_reviews(PAGE, after)  # type: ignore[misc]
    ):
        for review in page:
            key = review.channel, review.cause
            found[key] = _one_more(found.get(key), review, now)
        cursor = page[-1].cursor
    yield from found.values()


def _one_more(before: Waiting | None, review: Review, now: datetime) -> Waiting:
    age = (now - review.opened_at).total_seconds()
    return Waiting(
        channel=review.channel,
        cause=review.cause,
        open=(before.open if before else 0) + 1,
        overdue=(before.overdue if before else 0) + (review.due_at <= now),
        oldest_seconds=max(age, before.oldest_seconds if before else 0.0),
        next_due=min(review.due_at, before.next_due) if before else review.due_at,
    )
