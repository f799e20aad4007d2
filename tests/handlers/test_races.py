"""Two processes, one person: whoever is faster, a stop holds, once, and is answered once.

Each step is a race; afterwards the record is held against what a simple model allows. Both
processes work on the same database, SQLite and PostgreSQL alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    Address,
    Channel,
    EntryKind,
    Inbound,
    InboundMessage,
    LedgerEntry,
    Recording,
    Role,
)
from bot.replay import replayed as by_facts
from handlers.receipt import Receipt
from tests.faults.account import replayed
from tests.faults.people import numbers
from tests.kit import POLICY, US, Bench, bench, sms
from tests.rival import Rival, rival

TALKATIVE = replace(POLICY, answers_a_day=1000)
SOURCES = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Two:
    """The same database, seen from here and from another process; `people` never come twice."""

    here: Bench
    there: Rival
    people: Iterator[str]

    def race(self, mine: Sequence[Inbound], theirs: Sequence[Inbound]) -> list[Receipt]:
        """All at once, in both processes; a second later than they were received."""
        now = self.here.clock.forward(seconds=1)
        answer = self.there.hears(now, theirs)
        with ThreadPoolExecutor(max(1, len(mine))) as threads:
            receipts = list(threads.map(self.here.desk.receive, mine))
        return receipts + answer.result()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Two]:
    url = f"sqlite:///{tmp_path}/heed.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server").fresh_url()
    with bench(tmp_path, url=url, policy=TALKATIVE) as here, rival(url, TALKATIVE) as there:
        yield Two(here, there, numbers(0))


class Person(RuleBasedStateMachine):
    """What one person, and the company about them, can do at the same moment.

    `said` is how many messages and recordings there were, `held` whether they are blocked now.
    """

    two: Two

    @initialize()
    def somebody(self) -> None:
        self.who = Address(channel=Channel.SMS, value=next(self.two.people))
        self.said = 0
        self.held = False

    def _text(self, words: str) -> InboundMessage:
        self.said += 1
        return sms(words, who=self.who, at=self.two.here.clock.now)

    def _recorded(self, act: Act, *, confirm: bool = False) -> Recording:
        self.said += 1
        return Recording(
            act=act,
            address=self.who,
            scope=CHANNEL_SCOPE,
            actor=Actor(name="api:crm", role=Role.ADMIN),
            source="api",
            event_id=str(next(SOURCES)),
            received_at=self.two.here.clock.now,
            recipient=US,
            confirm=confirm,
            evidence="form of 2026-03-02" if act is Act.OPT_IN else "",
        )

    @rule(stop_is_ours=st.booleans())
    def a_stop_races_a_start(self, *, stop_is_ours: bool) -> None:
        """The start was received before the stop was committed: it may lift nothing of it."""
        stop, start = [self._text("stop")], [self._text("start")]
        self.two.race(*((stop, start) if stop_is_ours else (start, stop)))
        self.held = True

    @rule(words=st.sampled_from(["stop", "start"]))
    def one_message_comes_five_times_at_once(self, words: str) -> None:
        message = self._text(words)
        receipts = self.two.race([message] * 3, [message] * 2)
        assert sorted(receipt.duplicate for receipt in receipts) == [False, True, True, True, True]
        assert len({receipt.message_id for receipt in receipts}) == 1
        assert len({receipt.inline_text for receipt in receipts}) == 1  # the same answer to each
        self.held = words == "stop"

    @rule(confirm=st.booleans(), stop_is_ours=st.booleans())
    def an_opt_out_that_a_system_reports_races_a_stop(
        self, *, confirm: bool, stop_is_ours: bool
    ) -> None:
        stop, heard = [self._text("stop")], [self._recorded(Act.OPT_OUT, confirm=confirm)]
        before = self._answers()
        self.two.race(*((stop, heard) if stop_is_ours else (heard, stop)))
        assert self._answers() - before <= (0 if self.held else 1)
        self.held = True

    @rule()
    def two_stops_at_once(self) -> None:
        before = self._answers()
        self.two.race([self._text("stop")], [self._text("stop")])
        assert self._answers() - before == (0 if self.held else 1)
        self.held = True

    @rule()
    def an_admin_records_an_opt_in_while_the_person_stops(self) -> None:
        """Either order is lawful; the ledger says which it was."""
        self.two.race([self._text("stop")], [self._recorded(Act.OPT_IN)])
        last = self._said()[-1]
        self.held = last.kind is EntryKind.OPTED_OUT

    def _listed(self, *, newer: bool) -> Recording:
        """A row of another system's list: of long ago, or of this moment."""
        now = self.two.here.clock.now
        when = now if newer else now - timedelta(days=400)
        return replace(self._recorded(Act.IMPORT), occurred_at=when, batch="import-1")

    @rule(newer=st.booleans(), stop_is_ours=st.booleans())
    def an_import_races_a_stop(self, *, newer: bool, stop_is_ours: bool) -> None:
        before = self._answers()
        stop, row = [self._text("stop")], [self._listed(newer=newer)]
        self.two.race(*((stop, row) if stop_is_ours else (row, stop)))
        assert self._answers() - before <= (0 if self.held else 1)
        self.held = True

    @rule(start_is_ours=st.booleans())
    def an_import_of_long_ago_races_a_start(self, *, start_is_ours: bool) -> None:
        """The instants decide, whichever is written first: the person came back."""
        start, row = [self._text("start")], [self._listed(newer=False)]
        self.two.race(*((start, row) if start_is_ours else (row, start)))
        self.held = False

    @rule()
    def the_same_list_is_imported_by_both_at_once(self) -> None:
        row = self._listed(newer=True)
        receipts = self.two.race([row] * 2, [row] * 2)
        assert sorted(receipt.duplicate for receipt in receipts) == [False, True, True, True]
        self.held = True

    @rule()
    def an_import_races_a_stop_and_a_start(self) -> None:
        """The stop is committed after the start was received, so that it holds."""
        self.two.race([self._text("stop"), self._listed(newer=False)], [self._text("start")])
        self.held = True

    @rule()
    def a_start_that_comes_alone_lifts(self) -> None:
        start = self._text("start")
        self.two.race([], [start])
        self.held = False

    @invariant()
    def the_record_is_what_was_said(self) -> None:
        said = self._said()
        assert len(said) == self.said, "a message has no effect, or two"
        assert len({entry.message_id for entry in said}) == self.said
        holds = set(self.two.here.holds(self.who))
        assert holds == replayed(said), "the suppressions are not what the ledger says"
        assert bool(holds) == self.held
        exactly = {scope: str(hold) for scope, hold in (by_facts(said) or {}).items()}
        assert exactly == self.two.here.holds(self.who)

    @invariant()
    def its_chain_is_whole(self) -> None:
        addr = self.two.here.addr(self.who)
        assert self.two.here.store.read(lambda session: session.faults(addr)) == []

    def _said(self) -> list[LedgerEntry]:
        return self.two.here.history(self.who)

    def _answers(self) -> int:
        """How many confirmations were promised."""
        return sum(item.confirmation for item in self.two.here.outbox(self.who))


def test_races_of_two_processes_end_as_the_model_says(two: Two) -> None:
    class Here(Person):
        pass

    Here.two = two
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=25,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
