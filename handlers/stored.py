"""What is stored, taken up again: every entry, what people decided, how it would be read today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from bot.model import STOPS, Address, Context, EntryKind, Intent, Json, LedgerEntry, Verdict
from handlers.desk import Reader
from storage import AddressEntry, Store

PAGE = 500
# What a person's decision says of the words that it was about; the others say nothing of them.
_LABELS = {
    Verdict.OPT_OUT: Intent.OPT_OUT,
    Verdict.WRONG_NUMBER: Intent.WRONG_NUMBER,
    Verdict.ERASURE: Intent.ERASURE,
    Verdict.NOT_OPT_OUT: Intent.OTHER,
}
_STOPS = frozenset(map(str, STOPS))
_CLOCK = "clock"
_ANSWERS = ("answer", "unread")  # readings that hung on a question of ours, or on no words


def every_entry(store: Store) -> Iterator[AddressEntry]:
    """The whole ledger, address by address, each in its order."""
    cursor = ""
    while page := store.read(
        lambda session, after=cursor: session.entries_after(after, PAGE)  # type: ignore[misc]
    ):
        yield from page
        cursor = page[-1].cursor


def labelled(entries: Iterable[AddressEntry]) -> Iterator[Mapping[str, Json]]:
    """Each message that a person decided about, as a line that `heed evaluate` and training take.

    Without address; words that were made unreadable are left out, and so is what the clock decided
    or what was taken back.
    """
    for _, of_one in groupby(entries, key=lambda one: one.addr):
        yield from _labels(of_one)


def _labels(entries: Iterable[AddressEntry]) -> Iterable[Mapping[str, Json]]:
    """Those of one address."""
    heard: dict[str, LedgerEntry] = {}
    labels: dict[Json, Mapping[str, Json]] = {}  # by review
    for one in entries:
        entry = one.entry
        review = entry.facts.get("review", "")
        if entry.kind is EntryKind.REVERTED:
            labels.pop(review, None)
        if entry.words:
            heard[entry.id] = entry
        if entry.kind is not EntryKind.REVIEW_DECIDED or entry.facts.get("actor") == _CLOCK:
            continue
        about = heard.get(str(entry.facts.get("about", "")))
        verdict = str(entry.facts.get("verdict", ""))
        label = _LABELS.get(Verdict(verdict)) if verdict in set(Verdict) else None
        if about is None or label is None:
            continue
        labels[review] = {
            "id": about.id,
            "lang": str(about.facts.get("lang") or ""),
            "channel": str(one.address.channel) if one.address else "",
            "context": "none",
            "text": about.words,
            "intent": str(label),
            "read_as": str(about.facts.get("intent", "")),
        }
    return labels.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A stored message that would be read otherwise today."""

    entry_id: str
    words: str
    before: str
    after: str
    stop_lost: bool  # it stopped messages and would no longer
    stop_won: bool  # it did not and would


def replayed(
    entries: Iterable[AddressEntry],
    read: Reader,
    since: datetime,
    *,
    rather_than: Reader | None = None,
    only: Callable[[str], bool] = lambda _: True,
) -> Iterator[Changed | None]:
    """Each stored message from `since` on, read anew: what changed, or None where nothing did.

    Compared with how it was read then, or with how `rather_than` reads it. Messages that are not
    among `only` are taken to be the same. Answers to a question of ours are passed over: what was
    asked is not stored with them.
    """
    for one in entries:
        entry = one.entry
        before = str(entry.facts.get("intent", ""))
        rule = str(entry.facts.get("rule", ""))
        if one.address is None or not entry.words or not before or entry.recorded_at < since:
            continue
        if rule.startswith(_ANSWERS) or before == Intent.REASON:
            continue
        if not only(entry.words):
            yield None
            continue
        after = _intent(one.address, entry, read)
        if rather_than is not None:
            before = _intent(one.address, entry, rather_than)
        if after == before:
            yield None
            continue
        was, now = before in _STOPS, after in _STOPS
        yield Changed(
            entry_id=entry.id,
            words=entry.words,
            before=before,
            after=after,
            stop_lost=was and not now,
            stop_won=now and not was,
        )


def _intent(address: Address, entry: LedgerEntry, read: Reader) -> str:
    lang = entry.facts.get("lang")
    reading = read(
        entry.words or "",
        channel=address.channel,
        context=Context.NONE,
        choices=(),
        lang=str(lang) if lang else None,
        sender=str(entry.facts.get("recipient") or ""),
    )
    return str(reading.intent)
