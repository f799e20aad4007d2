"""One record of a list as the stop that it tells of, or what is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import addresses
from bot.addresses import AddressError
from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    Act,
    Actor,
    Address,
    Channel,
    Json,
    Recording,
    Scope,
    ScopeKind,
)
from bot.policy import Policy
from handlers.lists.columns import Columns, Part
from handlers.lists.dates import DateError, Order, instant
from handlers.lists.lines import Record

_SKEW = timedelta(minutes=5)
_TEXT_MAX = 10_000  # as POST /v1/opt-outs takes
_SENDER_MAX = 254
_FLOAT = re.compile(r"([0-9]{7,15})\.0+")  # a number that went through a spreadsheet or pandas
_WHOLE = {"": None, "all": CHANNEL_SCOPE, "*": CHANNEL_SCOPE, "marketing": CHANNEL_SCOPE}
_OUT = frozenset({
    "optedout", "optout", "out", "unsubscribed", "unsubscribe", "unsub", "stop", "stopped",
    "suppressed", "blocked", "blacklisted", "complained", "complaint", "spam", "spamreport",
    "spamcomplaint", "reported", "donotcontact", "dnc", "revoked", "withdrawn", "removed", "held",
    "globalunsubscribe", "groupunsubscribe",
})  # fmt: skip
_IN = frozenset({
    "optedin", "optin", "in", "subscribed", "subscribe", "active", "confirmed", "allowed",
    "consented", "granted", "paused", "undeliverable", "bounced", "bounce", "cleaned",
    "hardbounce", "softbounce", "invalid", "pending", "unconfirmed", "never", "none",
    "neversubscribed", "nonsubscribed",
})  # fmt: skip
_YES = frozenset({"1", "true", "yes", "y", "t", "x"})
_NO = frozenset({"0", "false", "no", "n", "f"})


class RowError(ValueError):
    """The record tells of no stop that could be taken; the message says why, without its text."""


class NotAStop(Exception):  # noqa: N818 - it names what the record is
    """The record is of somebody who has not opted out there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the records of one list are read; `as_of` is the time of those that tell none."""

    columns: Columns
    policy: Policy
    now: datetime
    actor: Actor
    batch: str
    region: str = "US"
    channel: Channel | None = None
    scope: Scope = CHANNEL_SCOPE
    order: Order | None = None
    as_of: datetime | None = None
    source: str = "import"
    names: Mapping[str, Scope] = field(default_factory=dict)

    def recording(self, record: Record) -> Recording:
        """The stop to record.

        Raises:
            RowError: it is none that could be taken.
            NotAStop: the list says that this person has not opted out.
        """
        if record.fault:
            raise RowError(record.fault)
        self._must_be_out(self._cell(record, Part.STATUS))
        address = self._address(record)
        scope = self._scope(self._text(record, Part.SCOPE))
        when = self._when(record)
        sender = self._text(record, Part.SENDER, _SENDER_MAX)
        words = self._text(record, Part.WORDS, _TEXT_MAX)
        evidence = self._text(record, Part.EVIDENCE, _TEXT_MAX)
        source = self._text(record, Part.SOURCE, _SENDER_MAX) or self.source
        told = "\0".join((str(scope), when.isoformat() if when else "", sender, words, evidence))
        return Recording(
            act=Act.IMPORT,
            address=address,
            scope=scope,
            actor=self.actor,
            source=source,
            event_id=hashlib.sha256(told.encode()).hexdigest(),
            received_at=self.now,
            occurred_at=min(when, self.now) if when else None,
            words=words,
            evidence=evidence,
            recipient=sender,
            batch=self.batch,
        )

    def _cell(self, record: Record, part: Part) -> Json:
        return record.cells.get(self.columns.of.get(part, ""))

    def _text(self, record: Record, part: Part, most: int = 500) -> str:
        value = self._cell(record, part)
        if value is None:
            return ""
        if isinstance(value, dict | list):
            raise RowError(f"{part} is not text")
        text = str(value).strip()
        try:
            text.encode()
        except UnicodeEncodeError:
            raise RowError(f"{part} is not UTF-8: save the list as UTF-8") from None
        if len(text) > most:
            raise RowError(f"{part} is longer than {most:,} characters")
        return text

    def _must_be_out(self, value: Json) -> None:
        if Part.STATUS not in self.columns.of:
            return
        text = re.sub(r"[\W_]+", "", "" if value is None else str(value).casefold())
        said_yes = text in _YES
        if said_yes or text in _NO:
            if said_yes is self.columns.yes_is_in:
                raise NotAStop
        elif text in _IN:
            raise NotAStop
        elif text not in _OUT:
            raise RowError("status does not say whether this person has opted out")

    def _address(self, record: Record) -> Address:
        text = self._text(record, Part.ADDRESS)
        if not text:
            raise RowError("no address")
        channel = self._channel(record) or self.channel or self.columns.channel
        spelled = _FLOAT.fullmatch(text)
        try:
            return addresses.parse(
                spelled[1] if spelled else text, region=self.region, channel=channel
            )
        except AddressError as error:
            raise RowError(str(error)) from None

    def _channel(self, record: Record) -> Channel | None:
        text = self._text(record, Part.CHANNEL).casefold()
        named = {"mms": "sms", "rcs": "sms", "text": "sms", "phone": "sms", "mail": "email"}
        try:
            return Channel(named.get(text, text)) if text else None
        except ValueError:
            raise RowError(f"channel is none of {', '.join(Channel)}") from None

    def _scope(self, text: str) -> Scope:
        spelled = text.casefold()
        if spelled in _WHOLE:
            return _WHOLE[spelled] or self.scope
        if spelled in self.names:
            return self.names[spelled]
        raise RowError(
            "scope is no topic or program of heed.toml, and neither channel nor everything"
        )

    def _when(self, record: Record) -> datetime | None:
        value = self._cell(record, Part.WHEN)
        if value is None or value == "":
            return self.as_of
        try:
            found = instant(value, self.order)
        except DateError as error:
            raise RowError(str(error)) from None
        if found > self.now + _SKEW and found.date() > self.now.date():
            raise RowError("the time lies in the future")
        return found


def scopes(policy: Policy) -> dict[str, Scope]:
    """What a list may call a scope: our spelling, a topic's or program's name, a service's list."""
    found = {"channel": CHANNEL_SCOPE, "everything": EVERYTHING}
    for program in policy.programs.values():
        scope = Scope(ScopeKind.PROGRAM, program.name)
        found |= {str(scope): scope, program.name: scope, program.title: scope}
    for topic in policy.topics.values():
        scope = Scope(ScopeKind.TOPIC, topic.name)
        found |= dict.fromkeys((str(scope), topic.name, topic.title, *topic.lists), scope)
    return {name.casefold(): scope for name, scope in found.items() if name}
