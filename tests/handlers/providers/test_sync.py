"""Both ways: a provider's own opt-out list and ours, against a stand-in for each API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import addresses
from bot.model import CHANNEL_SCOPE, Act, Actor, Address, Recording, Role
from handlers.cli.sync import report
from handlers.ports import OutcomeUnknown, SendError
from handlers.serve import worker
from handlers.sync_chore import EVERY, Syncing
from handlers.syncing import Difference, Drift, Outcome, sync
from tests.handlers.providers.contract import Case, FakeApi, cases, fake_api
from tests.handlers.web_kit import POLICY, Site, site
from tests.kit import NOW, sms

ANN, BOB, EVE = (addresses.sms(f"+1202555012{number}") for number in (3, 4, 5))
CASES = [case for case in cases() if "list" in case.about]
READABLE = [case for case in CASES if case.about["list"]["reads"]]
WRITABLE = [case for case in CASES if "told" in case.about["list"]]


def named(found: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", found, ids=[case.name for case in found])


@contextmanager
def desk_of(case: Case, folder: Path) -> Iterator[tuple[Site, FakeApi]]:
    about = case.about["list"]
    with fake_api() as api:
        env = {name: text.replace("{api}", api.url) for name, text in about.get("env", {}).items()}
        env[f"HEED_{case.name.upper().replace('-', '_')}_API_URL"] = api.url
        policy = POLICY.replace('"twilio"', f'"{case.name}"')
        with site(folder, policy=policy, **{**case.env, **env}) as desk:
            api.pages = list(about["pages"])
            yield desk, api


def record(desk: Site, who: Address, act: Act, *, confirm: bool = False) -> None:
    desk.parts.desk.receive(
        Recording(
            act=act,
            address=who,
            scope=CHANNEL_SCOPE,
            actor=Actor(name="cli:ops", role=Role.ADMIN),
            source="cli",
            event_id=f"{who.value}:{act}:{desk.bench.clock.now}",
            received_at=desk.bench.clock.now,
            evidence="written on paper" if act is Act.OPT_IN else "",
            recipient="+12025550199",
            confirm=confirm,
        )
    )


def drifts(outcome: Outcome) -> dict[str, Drift]:
    return {one.address.value: one.drift for one in outcome.differences}


@named(READABLE)
def test_what_is_only_there_becomes_a_block_by_the_provider(tmp_path: Path, case: Case) -> None:
    with desk_of(case, tmp_path) as (desk, api):
        record(desk, ANN, Act.OPT_OUT)
        outcome = sync(desk.parts, case.name, dry_run=False)
        assert [path for path, _ in api.calls] == case.about["list"]["reads"]
        assert drifts(outcome) == {BOB.value: Drift.ONLY_THERE}
        assert (outcome.agreeing, outcome.learnt, outcome.told) == (1, 1, 0)
        assert desk.bench.holds(BOB) == {"channel": "stopped"}
        (entry,) = desk.bench.history(BOB)
        assert (entry.kind, entry.facts["source"]) == ("provider_block", case.name)
        assert "list" in str(entry.facts["evidence"])
        assert desk.bench.answers(BOB) == []

        api.pages = list(case.about["list"]["pages"])
        again = sync(desk.parts, case.name, dry_run=False)
        assert (again.agreeing, again.learnt) == (2, 0)
        assert len(desk.bench.history(BOB)) == 1


@named(READABLE)
def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path, case: Case) -> None:
    with desk_of(case, tmp_path) as (desk, api):
        record(desk, EVE, Act.OPT_OUT)
        outcome = sync(desk.parts, case.name, dry_run=True)
        assert drifts(outcome) == {
            ANN.value: Drift.ONLY_THERE,
            BOB.value: Drift.ONLY_THERE,
            EVE.value: Drift.ONLY_HERE,
        }
        assert (outcome.learnt, outcome.told) == (0, 0)
        assert len(api.calls) == len(case.about["list"]["reads"])
        assert desk.bench.history(ANN) == []


@named(READABLE)
def test_somebody_opted_in_here_and_blocked_there_is_told_apart_and_stays_blocked(
    tmp_path: Path, case: Case
) -> None:
    """Opt-out wins, and nothing that we sent would arrive: `provider_block`, with both dates."""
    with desk_of(case, tmp_path) as (desk, _):
        desk.bench.clock.forward(minutes=1)
        started(desk)
        outcome = sync(desk.parts, case.name, dry_run=False)
        assert drifts(outcome)[ANN.value] is Drift.DISAGREEING
        (told,) = [one for one in outcome.differences if one.address == ANN]
        assert told.here is not None
        assert told.there is None or told.there < told.here
        assert desk.bench.holds(ANN) == {"channel": "stopped"}


def started(desk: Site) -> None:
    """Ann's own START, as her provider brought it."""
    record(desk, ANN, Act.OPT_OUT)
    desk.bench.clock.forward(minutes=1)
    now = desk.bench.clock.now
    desk.parts.desk.receive(replace(sms("START", at=now), occurred_at=now))
    assert desk.bench.holds(ANN) == {}


@named(WRITABLE)
def test_what_was_heard_only_here_is_told_once_its_confirmation_is_settled(
    tmp_path: Path, case: Case
) -> None:
    about = case.about["list"]
    with desk_of(case, tmp_path) as (desk, api):
        record(desk, EVE, Act.OPT_OUT, confirm=True)
        waiting = sync(desk.parts, case.name, dry_run=False)
        assert (waiting.told, waiting.waiting) == (0, 1)
        api.status, api.body = (case.about["send"]["taken"][name] for name in ("status", "body"))
        outbox = worker(desk.parts)
        while outbox.step():
            pass
        api.calls.clear()
        api.pages = list(about["pages"])
        outcome = sync(desk.parts, case.name, dry_run=False)
        assert outcome.told >= 1
        path, body = api.calls[-1]
        assert path == about["told"]
        assert about["told_body"] in body.decode()
        assert b"opt-in" not in body
        # whom we told, and when, can be proved too; it is noted once, also if it is told again
        [told] = [one for one in desk.bench.history(EVE) if one.facts.get("system") == case.name]
        [stop] = [one for one in desk.bench.history(EVE) if one.kind == "opted_out"]
        assert (told.kind, told.facts["system"], told.facts["about"]) == (
            "told",
            case.name,
            stop.id,
        )
        assert told.facts["lag_seconds"] == 0.0  # the clock of the test stands


def test_what_a_list_that_cannot_be_read_was_told_is_not_told_for_ever(tmp_path: Path) -> None:
    (twilio,) = [case for case in CASES if case.name == "twilio"]
    with desk_of(twilio, tmp_path) as (desk, api):
        record(desk, EVE, Act.OPT_OUT)
        assert sync(desk.parts, "twilio", dry_run=False).told == 2  # for each sender of ours
        desk.bench.clock.forward(hours=2)
        assert sync(desk.parts, "twilio", dry_run=False).told == 2  # within the margin of the first
        desk.bench.clock.forward(hours=2)
        assert sync(desk.parts, "twilio", dry_run=False).told == 0
        record(desk, BOB, Act.OPT_OUT)
        assert sync(desk.parts, "twilio", dry_run=False).told == 2
        assert all(path == "/v1/Consents/Bulk" for path, _ in api.calls)


@named(CASES)
def test_a_provider_that_says_no_or_not_now_changes_nothing(tmp_path: Path, case: Case) -> None:
    with desk_of(case, tmp_path) as (desk, api):
        record(desk, EVE, Act.OPT_OUT)
        api.pages, api.status, api.headers = [], 429, {"Retry-After": "7"}
        with pytest.raises(SendError) as wait:
            sync(desk.parts, case.name, dry_run=False)
        assert wait.value.retry_after == timedelta(seconds=7)
        api.status, api.headers = 500, {}
        with pytest.raises(OutcomeUnknown):
            sync(desk.parts, case.name, dry_run=False)
        assert desk.bench.holds(EVE) == {"channel": "stopped"}
        assert desk.bench.kinds(ANN) == []


def test_rows_that_name_nobody_are_counted_and_stop_nothing(tmp_path: Path) -> None:
    (telnyx,) = [case for case in CASES if case.name == "telnyx"]
    with desk_of(telnyx, tmp_path) as (desk, _):
        outcome = sync(desk.parts, "telnyx", dry_run=False)
    assert (outcome.unreadable, outcome.learnt) == (1, 2)


@named(READABLE)
def test_the_worker_does_it_four_times_a_day_and_one_process_at_a_time(
    tmp_path: Path, case: Case
) -> None:
    with desk_of(case, tmp_path) as (desk, api):
        first, second = Syncing(desk.parts), Syncing(desk.parts)
        done(first, NOW)
        assert desk.bench.holds(BOB) == {"channel": "stopped"}
        assert second(NOW) == 0
        assert first(NOW + timedelta(minutes=10)) == 0
        calls = len(api.calls)
        api.pages = list(case.about["list"]["pages"])
        done(second, NOW + EVERY)
        assert len(api.calls) == 2 * calls
        api.pages, api.status = [], 500
        done(first, NOW + 2 * EVERY)  # said in the log; tried again next time
        assert first(NOW + 2 * EVERY) == 0


def done(chore: Syncing, now: datetime) -> None:
    assert chore(now) == 1
    while chore(now):
        pass


def test_the_report_names_each_with_its_dates() -> None:
    outcome = Outcome(
        differences=[
            Difference(drift=Drift.ONLY_THERE, address=BOB, here=None, there=NOW),
            Difference(drift=Drift.DISAGREEING, address=ANN, here=NOW, there=NOW),
        ],
        agreeing=3,
        learnt=2,
        reads=True,
    )
    lines = report(outcome, dry_run=False)
    assert lines == [
        "disagreeing  +12025550123       here 2026-11-25 12:00   there 2026-11-25 12:00",
        "only there   +12025550124       here ----------------   there 2026-11-25 12:00",
        "3 blocked on both sides, 0 only here, 1 only there, 1 disagreeing",
        "This provider's list cannot be written: what is only here is blocked by Heed.",
        "recorded here 2, told there 0",
    ]
