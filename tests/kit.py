"""What many tests share: a clock that stands still, messages, and real parts on a real database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.decide.answers import Voice
from bot.model import (
    Address,
    Channel,
    Context,
    InboundMessage,
    Intent,
    LedgerEntry,
    MailThread,
    MessageKind,
    Reading,
    Suppression,
)
from bot.policy import Policy
from bot.wording import load_answers
from handlers.desk import Desk
from handlers.receipt import Receipt
from handlers.recorder import Routes
from storage import OutboxItem, Store, migrate, open_store

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ANN = Address(channel=Channel.SMS, value="+12025550123")
GB_ANN = Address(channel=Channel.SMS, value="+447700900123")
MAIL_ANN = Address(channel=Channel.EMAIL, value="ann@example.com")
US = "+12025550199"
POLICY = Policy(company="Acme", help_contact="help@example.com")
ROUTES = Routes(
    review_channel="C1",
    providers={Channel.SMS: "twilio", Channel.EMAIL: "smtp", Channel.SLACK: "slack"},
)
KEY = bytes(range(32))

_numbers = itertools.count(1)


class Clock:
    """Stands still until it is told to move."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


def voice(policy: Policy = POLICY) -> Voice:
    return Voice(policy=policy, answers=load_answers())


def reading(intent: Intent, **more: object) -> Reading:
    base = Reading(intent=intent, confidence=0.9, rule="test", version="1", lang="en")
    return replace(base, **more)  # type: ignore[arg-type]


def sms(text: str, *, at: datetime = NOW, who: Address = ANN, **more: object) -> InboundMessage:
    base = InboundMessage(
        provider="twilio",
        account="AC1",
        event_id=f"SM{next(_numbers):032d}",
        kind=MessageKind.MESSAGE,
        address=who,
        recipient=US,
        text=text,
        received_at=at,
        answers_inline=True,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def mail(
    text: str, *, at: datetime = NOW, who: Address = MAIL_ANN, **more: object
) -> InboundMessage:
    base = InboundMessage(
        provider="smtp",
        account="",
        event_id=f"<{next(_numbers)}@example.com>",
        kind=MessageKind.REPLY,
        address=who,
        recipient="optout@example.org",
        text=text,
        received_at=at,
        thread=MailThread(message_id="<m@example.com>", return_path=who.value),
        raw=b"From: ann@example.com\r\n\r\n" + text.encode(),
    )
    return replace(base, **more)  # type: ignore[arg-type]


WORDS = {
    "stop": reading(Intent.OPT_OUT),
    "stop all": reading(Intent.OPT_OUT_ALL),
    "start": reading(Intent.OPT_IN),
    "help": reading(Intent.HELP),
    "hm": reading(Intent.AMBIGUOUS, may_be_stop=True),
    "yes": reading(Intent.AMBIGUOUS, rule="keyword:yes"),
    "wrong number": reading(Intent.WRONG_NUMBER),
    "delete my data": reading(Intent.ERASURE),
    "less": reading(Intent.LESS),
}


def plain_reader(
    text: str,
    *,
    channel: Channel,
    context: Context,
    choices: tuple[str, ...],
    lang: str | None,
    sender: str = "",
    at: datetime | None = None,
) -> Reading:
    """Reads a handful of words exactly, so that a test of the desk is no test of the reading."""
    del channel, choices, lang, sender, at
    if context is Context.REASON_ASKED and text not in WORDS:
        return reading(Intent.REASON)
    return WORDS.get(text, reading(Intent.OTHER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A desk over a real database, with short ways to ask what it did."""

    store: Store
    desk: Desk
    clock: Clock
    folder: Path = field(default_factory=Path)
    url: str = ""

    def hears(self, message: InboundMessage) -> Receipt:
        return self.desk.receive(message)

    def addr(self, who: Address = ANN) -> bytes:
        return self.store.address_hash(who)

    def history(self, who: Address = ANN) -> list[LedgerEntry]:
        return self.store.read(lambda session: session.history(self.addr(who)))

    def kinds(self, who: Address = ANN) -> list[str]:
        return [str(entry.kind) for entry in self.history(who)]

    def holds(self, who: Address = ANN) -> dict[str, str]:
        found: tuple[Suppression, ...] = self.store.read(
            lambda session: session.suppressions(self.addr(who), self.clock.now)
        )
        return {str(one.scope): str(one.hold) for one in found}

    def outbox(self, who: Address = ANN) -> list[OutboxItem]:
        return self.store.read(lambda session: session.outbox(self.addr(who)))

    def answers(self, who: Address = ANN) -> list[str]:
        return [item.kind for item in self.outbox(who) if not item.repeatable]


@contextmanager
def bench(folder: Path, *, url: str = "", policy: Policy = POLICY) -> Iterator[Bench]:
    """A desk whose clock stands still, on SQLite in `folder` or on the database of `url`."""
    clock = Clock()
    url = url or f"sqlite:///{folder}/heed.db"
    if url.startswith("sqlite"):
        migrate(url)
    store = open_store(url, secret_keys=[KEY], clock=clock)
    desk = Desk(store=store, voice=voice(policy), reader=plain_reader, clock=clock, routes=ROUTES)
    try:
        yield Bench(store=store, desk=desk, clock=clock, folder=folder, url=url)
    finally:
        store.close()
