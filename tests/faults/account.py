"""What is left when the dust settles: everybody's account, held against what arrived outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.addresses import parse
from bot.model import Channel, EntryKind, LedgerEntry
from storage import OutboxItem, OutboxState, Session, Store
from tests.faults.far_ends import Arrived
from tests.faults.people import Person

HELD = {EntryKind.OPTED_OUT, EntryKind.HELD, EntryKind.PROVIDER_BLOCK}
FAULTS = (
    "acknowledged lost",
    "entries doubled",
    "confirmations doubled",
    "confirmations missing",
    "suppressions not as the ledger says",
    "stopped and not blocked",
)
IN_DOUBT = "confirmations in doubt (killed in the call)"


def account(
    store: Store, people: Iterable[Person], arrived: Arrived, now: datetime
) -> Counter[str]:
    """How often each of `FAULTS` was found, and how many confirmations stayed in doubt."""
    found: Counter[str] = Counter()
    for person in people:
        one = store.read(lambda session, person=person: _Account(session, person, now))  # type: ignore[misc]
        one.settle(arrived.count(person.address), found)
    return found


class _Account:
    """One person's record as it stands."""

    def __init__(self, session: Session, person: Person, now: datetime) -> None:
        channel = Channel.EMAIL if person.carrier == "mail" else Channel.SMS
        addr = session.hash_of(parse(person.address, region="US", channel=channel))
        self._person = person
        self._history: list[LedgerEntry] = session.history(addr)
        self._outbox: list[OutboxItem] = session.outbox(addr)
        self._held = {str(one.scope) for one in session.suppressions(addr, now)}

    def settle(self, arrived: int, found: Counter[str]) -> None:
        messages = self._person.messages
        taken = [message for message in messages if message.taken]
        said = [entry for entry in self._history if entry.kind is not EntryKind.ANSWERED]
        ids = {entry.message_id for entry in said}
        told = Counter(
            (entry.message_id, entry.facts["outcome"])
            for entry in self._history
            if entry.kind is EntryKind.ANSWERED
        )
        found["acknowledged lost"] += max(0, len(taken) - len(ids))
        found["entries doubled"] += (
            len(said) - len(ids) + max(0, len(ids) - len(messages)) + told.total() - len(told)
        )
        held, news = replayed(self._history), _news(self._history)
        found["suppressions not as the ledger says"] += held != self._held
        stopped = bool(taken) and taken == messages and not messages[-1].is_start
        found["stopped and not blocked"] += stopped and not self._held
        if self._person.carrier == "SM":
            self._inline(news, found)
        else:
            self._sent(arrived, news, found)

    def _inline(self, news: int, found: Counter[str]) -> None:
        """Answers in the response: one for each new stop whose response came whole."""
        stops = [message for message in self._person.messages if not message.is_start]
        texts = sum(message.texts for message in stops)
        open_end = any(not message.taken for message in stops)
        found["confirmations doubled"] += max(0, texts - news)
        found["confirmations missing"] += max(0, news - texts - open_end)

    def _sent(self, arrived: int, news: int, found: Counter[str]) -> None:
        doubt = sum(item.state is OutboxState.UNKNOWN for item in self._outbox)
        found["confirmations doubled"] += max(0, arrived - news)
        missing = max(0, news - arrived)
        found[IN_DOUBT] += min(missing, doubt)
        found["confirmations missing"] += max(0, missing - doubt)


def replayed(history: Iterable[LedgerEntry]) -> set[str]:
    """The scopes that the entries alone say are suppressed, where all stops cover one channel."""
    held: set[str] = set()
    for entry in history:
        imported = entry.kind is EntryKind.IMPORTED and not entry.facts["overruled_by"]
        if entry.kind in HELD or imported:
            held.add(str(entry.scope))
        elif entry.kind is EntryKind.OPTED_IN:
            held.clear()
    return held


def _news(history: Sequence[LedgerEntry]) -> int:
    """How many of the stops found nothing suppressed."""
    return sum(
        entry.kind in HELD and not replayed(history[:index]) for index, entry in enumerate(history)
    )
