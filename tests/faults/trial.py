"""One trial: real processes under load, faults while they work, the accounts afterwards."""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage import OutboxState, Store, migrate, open_store
from tests import processes
from tests.faults import fleet
from tests.faults.account import FAULTS, IN_DOUBT, account
from tests.faults.chaos import STEPS_S, Chaos, Plan
from tests.faults.far_ends import Arrived, provider, relay
from tests.faults.people import (
    ACCOUNT,
    API_KEY,
    AUTHSERV,
    ORIGIN,
    TOKEN,
    Carrier,
    Crm,
    Postfix,
    Twilio,
    mailboxes,
    numbers,
)
from tests.postgres import Postgres

KEY = bytes(range(32))
LEASES_OVER_S = 400
"""Past every lease and every confirmation's time."""
# All these people write from one domain, and each is to be answered.
POLICY = """
company = "Acme"
help_contact = "help@example.com"
mail_answers_an_hour = 0
mail_answers_to_a_domain = 0

[[programs]]
name = "acme"
title = "Acme"

[[senders]]
id = "+12025550199"
channel = "sms"
provider = "twilio"
program = "acme"
confirmed_by = "heed"

[[senders]]
id = "optout@example.org"
channel = "email"
program = "acme"
"""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """`faults` is empty where every promise held."""

    seconds: float
    happened: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def environment(folder: Path, url: str, api_url: str, relay_url: str) -> dict[str, str]:
    (folder / "heed.toml").write_text(POLICY)
    return processes.environment(
        folder,
        HEED_ENV="production",
        HEED_DATABASE_URL=url,
        HEED_SECRET_KEY=base64.b64encode(KEY).decode(),
        HEED_PUBLIC_URL=ORIGIN,
        HEED_TWILIO_ACCOUNT_SID=ACCOUNT,
        HEED_TWILIO_AUTH_TOKEN=TOKEN,
        HEED_TWILIO_API_URL=api_url,
        HEED_SMTP_RELAY_URL=relay_url,
        HEED_TRUSTED_MTAS="127.0.0.1",
        HEED_AUTHSERV_IDS=AUTHSERV,
        HEED_API_KEYS=f"crm:record:{API_KEY}",
        PYTHONDONTWRITEBYTECODE="1",  # a full disk would leave half a module for others to load
    )


def carriers(env: dict[str, str], seed: int, enough: threading.Event) -> Iterator[Carrier]:
    web = int(env["HEED_HTTP_LISTEN"].rpartition(":")[2])
    smtp = int(env["HEED_SMTP_LISTEN"].rpartition(":")[2])
    texted, reported, mailed = numbers(0), numbers(1), mailboxes(0)
    locked = _shared(texted), _shared(reported), _shared(mailed)
    for number in range(4):
        yield Twilio(web, seed * 100 + number, locked[0], enough)
    for number in range(4, 6):
        yield Crm(web, seed * 100 + number, locked[1], enough)
    for number in range(6, 8):
        yield Postfix(smtp, seed * 100 + number, locked[2], enough)


class _shared(Iterator[str]):  # noqa: N801 - reads as a word
    """One source of people for several carriers at once."""

    def __init__(self, people: Iterator[str]) -> None:
        self._people = people
        self._lock = threading.Lock()

    def __next__(self) -> str:
        with self._lock:
            return next(self._people)


def trial(
    folder: Path,
    plan: Plan,
    *,
    seed: int,
    database: Postgres | None = None,
    load_s: float = 0.0,
    say: Callable[[str], None] = lambda _: None,
    meanwhile: Callable[[fleet.Fleet], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Outcome:
    """Load until the plan is done, and for `load_s` at least; then wait until all is settled.

    `meanwhile` is open for as long as the load comes.
    """
    begun = time.monotonic()
    url = f"sqlite:///{folder}/heed.db" if database is None else database.fresh_url()
    arrived = Arrived()
    enough = threading.Event()
    with ExitStack() as stack:
        env = environment(
            folder,
            url,
            stack.enter_context(provider(arrived)),
            stack.enter_context(relay(arrived)),
        )
        migrate(url)
        outcome = Outcome(seconds=0.0)
        with fleet.running(env, folder) as heed:
            chaos = Chaos(plan, seed, heed, database, say)
            bringing = list(carriers(env, seed, enough))
            for carrier in bringing:
                carrier.start()
            try:
                with meanwhile(heed):
                    chaos.run()
                    heed.wait_until_up()
                    while (left := load_s - (time.monotonic() - begun)) > 0:
                        say(f"{left:.0f} s of load left")
                        time.sleep(min(left, 5.0))
                enough.set()
                say("the carriers finish")
                _finish(bringing)
            finally:
                enough.set()
                for carrier in bringing:
                    carrier.give_up()
            store = open_store(url, secret_keys=[KEY])
            stack.callback(store.close)
            say("the outbox empties")
            _settle(store, heed)
            outcome.happened = chaos.done
            _end(heed, outcome)
        say("the accounts are settled")
        people = [person for carrier in bringing for person in carrier.people]
        now = datetime.now(UTC) + timedelta(seconds=LEASES_OVER_S)
        outcome.found = account(store, people, arrived, now)
        _tell(outcome, bringing)
        _verify(env, outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def _finish(bringing: list[Carrier]) -> None:
    """Each brings what it holds; nobody waits for one that never ends."""
    end = time.monotonic() + fleet.PATIENCE_S
    for carrier in bringing:
        carrier.join(max(0.0, end - time.monotonic()))
    for carrier in bringing:
        carrier.give_up()
    for carrier in bringing:
        carrier.join(fleet.PATIENCE_S)
        if carrier.is_alive():
            raise TimeoutError("a carrier waits for an answer that never comes")


def _settle(store: Store, heed: fleet.Fleet) -> None:
    """What is promised is sent; then the leases of those who were killed in a call run out."""

    def none(state: OutboxState) -> bool:
        return not store.read(lambda session: session.outbox_counts()).get(str(state))

    def why() -> str:
        return str(store.read(lambda session: session.outbox_counts()))

    heed.step_clock(max(STEPS_S))  # what was promised by a clock that went before is due too
    fleet.until(lambda: none(OutboxState.PENDING), why, patience_s=2 * fleet.PATIENCE_S)
    heed.step_clock(LEASES_OVER_S)
    fleet.until(lambda: none(OutboxState.SENDING), why)


def _end(heed: fleet.Fleet, outcome: Outcome) -> None:
    for member in heed.members.values():
        code = member.stop()
        outcome.happened[f"started {member.role}"] = member.starts
        if code:
            outcome.faults.append(f"{member.role} did not end well on SIGTERM: {code}")


def _tell(outcome: Outcome, bringing: list[Carrier]) -> None:
    for carrier in bringing:
        messages = [message for person in carrier.people for message in person.messages]
        name = type(carrier).__name__
        outcome.happened[f"taken from {name}"] += sum(message.taken for message in messages)
        outcome.happened[f"brought again by {name}"] += sum(
            max(0, message.tries - 1) for message in messages
        )
        outcome.happened[f"given up by {name}"] += carrier.given_up
        outcome.faults += [f"refused for good: {refusal}" for refusal in carrier.refused]
        outcome.found[IN_DOUBT] += 0
    outcome.faults += [f"{name}: {outcome.found[name]}" for name in FAULTS if outcome.found[name]]


def _verify(env: dict[str, str], outcome: Outcome) -> None:
    checked = processes.heed(env, "ledger", "verify")
    if checked.returncode:
        outcome.faults.append(f"heed ledger verify: {(checked.stdout + checked.stderr).decode()}")
