"""By when an opt-out must be heeded: every deadline that may apply, from the act itself.

    of_entry(entry, channel, address, policy.deadlines)       # of a ledger entry
    deadlines(Act(sent=..., received=...), channel, address, policy.deadlines)

They follow from what the ledger holds (the instants, the address) and from the table of rules; so
they are worked out when they are asked for and stored nowhere
(`docs/decisions/0014-deadlines-are-derived.md`).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import addresses, working_days
from bot.model import Address, Channel, EntryKind, Json, LedgerEntry, utc
from bot.policy import DeadlineRules
from bot.regimes import HOUSE, REGIMES, Duty, From, Length, Regime, WorkingDays

_NANP_SENDERS = frozenset({"US", "CA"})  # whose rules a +1 of unknown country may fall under


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """When a person sent their stop, and when it was received. Clocks count from one of them."""

    sent: datetime
    received: datetime

    @classmethod
    def of(cls, entry: LedgerEntry) -> Act:
        """As the entry tells.

        What the company heard elsewhere was received when it was heard, not when it was recorded.
        What was erased tells only when the person acted.
        """
        received = None if "source" in entry.facts else _instant(entry.facts.get("received_at"))
        sent = _instant(entry.facts.get("occurred_at"))
        received = received or entry.effective_at
        return cls(sent=min(sent or received, received), received=received)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One clock: it began at `since` and is kept until `due`, that instant included."""

    regime: Regime
    since: datetime
    due: datetime

    def as_json(self) -> list[Json]:
        """`[regime, due]`, for a proof or a display."""
        return [self.regime.name, self.due.isoformat()]


def of_entry(
    entry: LedgerEntry, channel: Channel, address: Address | None, rules: DeadlineRules
) -> tuple[Deadline, ...]:
    """Those of an opt-out or of a provisional hold, from when the person acted; else none."""
    if entry.kind not in (EntryKind.OPTED_OUT, EntryKind.HELD):
        return ()
    return deadlines(Act.of(entry), channel, address, rules)


def deadlines(
    act: Act, channel: Channel, address: Address | None, rules: DeadlineRules
) -> tuple[Deadline, ...]:
    """Every deadline that may apply, the earliest first; at least one says by when to stop.

    `address` is None once it was erased; then nothing narrows the rules but its channel.
    """
    applying = _applying(channel, address, rules)
    if not any(one.duty is Duty.STOP for one in applying):
        applying = (*applying, HOUSE)
    found = (_deadline(one, act, rules.at_once) for one in applying)
    return tuple(sorted(found, key=lambda one: (one.due, one.regime.name)))


def _applying(
    channel: Channel, address: Address | None, rules: DeadlineRules
) -> tuple[Regime, ...]:
    where = _countries(address) or rules.countries
    domain = address.value.rpartition("@")[2] if address is not None else ""
    return tuple(
        one
        for one in REGIMES
        if channel in one.channels
        and (not rules.regimes or one.name in rules.regimes)
        and (not one.countries or not where or not one.countries.isdisjoint(where))
        and (not one.domains or not domain or _is_of(domain, one.domains))
    )


def _countries(address: Address | None) -> frozenset[str]:
    """Where the address is, as far as its number plan tells; empty where it does not."""
    if address is None:
        return frozenset()
    country = addresses.country(address)
    if country is None and addresses.is_nanp(address):
        return _NANP_SENDERS
    return frozenset({country} if country else ())


def _is_of(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == one or (one[-1] == "." and domain.startswith(one)) for one in domains)


def _deadline(regime: Regime, act: Act, at_once: timedelta) -> Deadline:
    since = act.sent if regime.counts_from is From.SENT else act.received
    return Deadline(regime=regime, since=since, due=_due(regime, since, at_once))


def _due(regime: Regime, since: datetime, at_once: timedelta) -> datetime:
    match regime.within:
        case WorkingDays(days=days, calendar=where):
            return working_days.after(where, since, days)
        case Length.AT_ONCE:
            return since + at_once
        case Length.MONTH:
            return _a_month_after(since)
        case span:
            return since + span


def _a_month_after(since: datetime) -> datetime:
    """The same day of the next month, or its last day (Regulation 1182/71 art. 3(2)(c))."""
    year, month = since.year + since.month // 12, since.month % 12 + 1
    day = min(since.day, calendar.monthrange(year, month)[1])
    return since.replace(year=year, month=month, day=day)


def _instant(value: Json) -> datetime | None:
    return utc(datetime.fromisoformat(value)) if isinstance(value, str) else None
