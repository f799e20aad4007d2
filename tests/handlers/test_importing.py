"""An import only ever blocks, once, and leaves whoever came back later alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import NotAllowed
from bot.model import CHANNEL_SCOPE, Act, Actor, Recording, Role, Scope, ScopeKind
from bot.sheet import Month
from bot.tally import Figure
from handlers.importing import Fate
from handlers.reporting import tally
from tests.kit import ANN, NOW, POLICY, Bench, sms

LONG_AGO = datetime(2024, 5, 1, tzinfo=UTC)
ADMIN = Actor(name="api:crm", role=Role.ADMIN)


def listed(at: Bench, when: datetime | None = LONG_AGO, **more: object) -> Recording:
    base = Recording(
        act=Act.IMPORT,
        address=ANN,
        scope=CHANNEL_SCOPE,
        actor=Actor(name="cli:ops", role=Role.RECORD),
        source="oldcrm",
        event_id=f"row of {when}",
        received_at=at.clock.now,
        occurred_at=when,
        batch="import-1",
    )
    return replace(base, **more)  # type: ignore[arg-type]


def brought(at: Bench, when: datetime | None = LONG_AGO, **more: object) -> str:
    """What the desk says of it, which is what it said it would say."""
    recording = listed(at, when, **more)
    foreseen = at.desk.weigh(recording)
    done = at.desk.receive(recording)
    assert (foreseen.outcome, foreseen.duplicate) == (done.outcome, done.duplicate)
    return Fate.SAME if done.duplicate else done.outcome


def test_it_blocks_with_its_own_date_and_says_nothing_to_the_person(at_desk: Bench) -> None:
    assert brought(at_desk, words="no more", evidence="ticket 7") == Fate.NEW
    assert at_desk.holds() == {"channel": "stopped"}
    [entry] = at_desk.history()
    assert (entry.kind, entry.effective_at, entry.words) == ("imported", LONG_AGO, "no more")
    assert entry.facts["source"] == "oldcrm"
    assert entry.facts["actor"] == "cli:ops"
    assert at_desk.outbox() == []


def test_the_same_record_again_adds_nothing_whoever_brings_it(at_desk: Bench) -> None:
    brought(at_desk)
    other = Actor(name="cli:somebody", role=Role.ADMIN)
    assert brought(at_desk, actor=other, batch="import-2") == Fate.SAME
    assert len(at_desk.history()) == 1


def test_of_who_is_blocked_already_it_is_recorded_beside_it(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    assert brought(at_desk) == Fate.KNOWN
    assert at_desk.kinds() == ["opted_out", "imported"]
    [block] = at_desk.store.read(lambda session: session.suppressions(at_desk.addr(), NOW))
    assert block.since == NOW


def test_a_person_who_came_back_later_stays_back(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    at_desk.clock.forward(seconds=5)
    at_desk.hears(sms("start", at=at_desk.clock.now))
    at_desk.clock.forward(days=1)
    assert brought(at_desk) == Fate.BACK
    assert at_desk.holds() == {}
    assert at_desk.history()[-1].facts["overruled_by"] == at_desk.history()[1].id


def test_so_does_one_whose_start_found_nothing_to_lift(at_desk: Bench) -> None:
    at_desk.hears(sms("start"))
    assert brought(at_desk) == Fate.BACK
    assert at_desk.holds() == {}


def test_so_does_one_whose_opt_in_the_company_proved(at_desk: Bench) -> None:
    at_desk.desk.receive(
        listed(at_desk, None, act=Act.OPT_IN, actor=ADMIN, evidence="form of today")
    )
    assert brought(at_desk) == Fate.BACK


def test_a_stop_after_the_start_blocks_and_so_does_one_without_a_date(at_desk: Bench) -> None:
    at_desk.hears(sms("start"))
    at_desk.clock.forward(days=2)
    assert brought(at_desk, NOW + timedelta(days=1)) == Fate.NEW
    at_desk.hears(sms("start", at=at_desk.clock.forward(seconds=1)))
    assert at_desk.holds() == {}
    assert brought(at_desk, None, received_at=at_desk.clock.forward(seconds=1)) == Fate.NEW
    assert at_desk.holds() == {"channel": "stopped"}


def test_coming_back_for_one_topic_is_not_coming_back_for_all(at_desk: Bench) -> None:
    news = Scope(ScopeKind.TOPIC, "news")
    at_desk.desk.receive(
        listed(at_desk, None, act=Act.OPT_IN, actor=ADMIN, scope=news, evidence="form")
    )
    assert brought(at_desk) == Fate.NEW
    assert brought(at_desk, LONG_AGO, scope=news, event_id="news") == Fate.BACK


def test_a_start_lifts_it_as_any_stop(at_desk: Bench) -> None:
    brought(at_desk)
    at_desk.hears(sms("start", at=at_desk.clock.forward(seconds=1)))
    assert at_desk.holds() == {}


def test_a_start_received_before_the_import_lifts_the_older_stop(at_desk: Bench) -> None:
    """In either order of arrival the instants decide."""
    start = sms("start")
    at_desk.clock.forward(seconds=5)
    brought(at_desk)
    at_desk.hears(start)
    assert at_desk.holds() == {}


def test_a_start_does_not_pass_by_a_doubt_that_the_import_made_firm(at_desk: Bench) -> None:
    start = sms("start", at=NOW)
    at_desk.clock.forward(seconds=5)
    at_desk.hears(sms("hm", at=at_desk.clock.now))
    brought(at_desk)
    at_desk.hears(start)
    assert at_desk.holds() == {"channel": "stopped"}


def test_who_was_erased_is_not_named_again(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    at_desk.store.write(lambda session: session.erase(at_desk.addr()))
    assert brought(at_desk) == Fate.FORGOTTEN
    assert at_desk.store.read(lambda session: session.address(at_desk.addr())) is None
    assert at_desk.holds() == {"channel": "stopped"}


def test_what_was_taken_back_may_be_brought_again(at_desk: Bench) -> None:
    brought(at_desk)
    for times in (1, 2):
        [entry_id] = {
            one.entry_id
            for one in at_desk.store.read(lambda session: session.suppressions(at_desk.addr(), NOW))
        }
        at_desk.desk.receive(
            listed(
                at_desk,
                None,
                act=Act.UNDO,
                actor=ADMIN,
                source="revert",
                event_id=f"revert:{times}",
                undoes=entry_id,
            )
        )
        assert at_desk.holds() == {}
        assert brought(at_desk) == Fate.NEW
        assert brought(at_desk) == Fate.SAME


def test_a_key_that_may_only_check_imports_nothing(at_desk: Bench) -> None:
    reader = Actor(name="api:shop", role=Role.CHECK)
    with pytest.raises(NotAllowed):
        at_desk.desk.receive(listed(at_desk, actor=reader))
    assert at_desk.history() == []


def test_the_monthly_sheet_counts_it_apart_from_requests(at_desk: Bench) -> None:
    brought(at_desk)
    counted = tally(at_desk.store, POLICY, Month(2026, 11), at_desk.clock.now)
    assert counted.figures == {(ANN.channel, Figure.IMPORTED): 1}


def test_its_record_can_be_proved(at_desk: Bench) -> None:
    brought(at_desk)
    addr = at_desk.addr()
    assert at_desk.store.read(lambda session: session.faults(addr)) == []
