"""Opt-outs that rise are told once: in the review channel, in the log and by `heed doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Address, Channel
from handlers.doctor import Mark, store_findings
from handlers.pace import SERIES, close_hours, hour_of, note_sends, pace, sends_in
from handlers.spiking import Spikes, going_on
from tests.handlers.slack.office import Office, office
from tests.kit import mail

SENDER = "news@example.com"


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Office]:
    """One opt-out a day for two weeks, and everything counted."""
    with office(tmp_path) as desk:
        for day in range(14):
            leave(desk, 1, f"quiet{day}")
            desk.bench.clock.forward(days=1)
        chore = Spikes(desk.parts)
        while chore(desk.bench.clock.now):
            pass
        yield desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as joined:
        yield joined


def leave(desk: Office, count: int, name: str) -> None:
    """So many people tell the sender to stop."""
    for number in range(count):
        who = Address(channel=Channel.EMAIL, value=f"{name}-{number}@example.com")
        desk.bench.hears(mail("stop", at=desk.bench.clock.now, who=who, recipient=SENDER))
    desk.bench.clock.forward(minutes=1)


def posts(desk: Office) -> list[str]:
    desk.work()
    said = [str(one["text"]) for one in desk.slack.of("chat.postMessage")]
    return [one for one in said if "Opt-outs have risen" in one]


def test_a_spike_is_told_once_by_one_of_two_workers(
    quiet: Office, caplog: pytest.LogCaptureFixture
) -> None:
    leave(quiet, 25, "spike")
    workers = [Spikes(quiet.parts), Spikes(quiet.parts)]
    assert sum(one(quiet.bench.clock.now) for one in workers) == 1
    quiet.bench.clock.forward(minutes=5)
    assert sum(one(quiet.bench.clock.now) for one in workers) == 0
    (post,) = posts(quiet)
    assert "25 opt-outs to news@example.com in an hour, usually about 1" in post
    assert "opt-outs have risen" in caplog.text
    assert "spike-" not in caplog.text


def test_it_shows_in_the_doctor_until_it_is_over(quiet: Office) -> None:
    leave(quiet, 25, "spike")
    Spikes(quiet.parts)(quiet.bench.clock.now)
    warned = [one.what for one in store_findings(quiet.parts) if one.mark is Mark.WARN]
    assert any("25 opt-outs to news@example.com" in one for one in warned)
    quiet.bench.clock.forward(hours=6)
    assert going_on(quiet.parts.store, quiet.bench.clock.now) == []


def test_a_few_more_than_usual_are_no_spike(quiet: Office) -> None:
    leave(quiet, 19, "few")
    assert Spikes(quiet.parts)(quiet.bench.clock.now) == 0
    assert posts(quiet) == []


def test_a_campaign_that_was_told_of_is_no_spike(quiet: Office) -> None:
    now = quiet.bench.clock.now
    sent = [(SENDER, "promotions", now)] * 5_000
    quiet.parts.store.write(lambda session: note_sends(session, sent, 1))
    leave(quiet, 25, "campaign")
    assert Spikes(quiet.parts)(quiet.bench.clock.now) == 0


def test_the_first_week_of_a_desk_is_only_counted(tmp_path: Path) -> None:
    with office(tmp_path) as desk:
        leave(desk, 25, "new")
        chore = Spikes(desk.parts)
        while chore(desk.bench.clock.now):
            pass
        assert posts(desk) == []


def test_repeated_stops_are_not_counted(quiet: Office) -> None:
    for _ in range(25):
        who = Address(channel=Channel.EMAIL, value="again@example.com")
        quiet.bench.hears(mail("stop", at=quiet.bench.clock.now, who=who, recipient=SENDER))
    quiet.bench.clock.forward(minutes=1)
    assert Spikes(quiet.parts)(quiet.bench.clock.now) == 0


def test_sends_are_summed_by_hour_over_stripes_and_a_ring(desk: Office) -> None:
    now, store = desk.bench.clock.now, desk.parts.store
    for stripe in range(6):
        store.write(lambda session, at=stripe: note_sends(session, [(SENDER, "", now)] * 2, at))  # type: ignore[misc]
    name = f"sender:{SENDER}"
    assert store.read(lambda session: sends_in(session, hour_of(now))) == {name: 12}
    later = now + timedelta(hours=1024)
    store.write(lambda session: note_sends(session, [(SENDER, "", later)], 0))
    store.write(lambda session: note_sends(session, [(SENDER, "", now)], 0))  # far too late
    assert store.read(lambda session: sends_in(session, hour_of(later))) == {name: 1}


def test_hours_are_closed_once_and_old_ones_forgotten(quiet: Office) -> None:
    store, now = quiet.parts.store, quiet.bench.clock.now
    counted = close_hours(store, now, 24)
    assert sum(one.stops for one in counted.hours[f"sender:{SENDER}"].values()) == 14
    assert close_hours(store, now, 24) == counted
    far = now + timedelta(days=60)
    while (counted := close_hours(store, far, 2_000)).until < hour_of(far):
        pass
    assert counted.hours == {}
    assert store.read(lambda session: pace(session, far)) == counted


def test_what_is_kept_stays_small_though_every_message_has_a_sender_of_its_own(
    desk: Office,
) -> None:
    now, store = desk.bench.clock.now, desk.parts.store
    leave(desk, 1, "one")
    own = [(f"{number}@example.com", "", now) for number in range(2 * SERIES)]
    for stripe in range(2):
        store.write(lambda session, at=stripe: note_sends(session, own, at))  # type: ignore[misc]
    sent = store.read(lambda session: sends_in(session, hour_of(now)))
    assert len(sent) <= 2 * SERIES  # of two stripes
    counted = close_hours(store, desk.bench.clock.forward(hours=1), 2_000)
    assert len(counted.hours) == SERIES
    assert f"sender:{SENDER}" in counted.hours
