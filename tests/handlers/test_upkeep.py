"""Once a day, by its own clock, the worker ends the words whose time is over."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bot.policy import Retention
from handlers import upkeep
from handlers.upkeep import SWEPT_AT, Upkeep
from handlers.worker import Worker
from tests.kit import Bench, sms


def worker(at_desk: Bench, kept: Retention) -> Worker:
    return Worker(
        store=at_desk.store,
        desk=at_desk.desk,
        speakers={},
        clock=at_desk.clock,
        keep=True,
        chores=(Upkeep(at_desk.store, kept),),
    )


def through(running: Worker) -> None:
    while running.step():
        pass


def words(at_desk: Bench) -> list[str | None]:
    return [entry.words for entry in at_desk.history() if str(entry.kind) != "answered"]


def test_words_end_after_400_days_and_those_of_an_opt_out_after_five_years(
    at_desk: Bench,
) -> None:
    at_desk.hears(sms("hello there"))
    at_desk.hears(sms("stop"))
    running = worker(at_desk, Retention())
    through(running)
    assert words(at_desk) == ["hello there", "stop"]
    at_desk.clock.forward(days=400)
    through(running)
    assert words(at_desk) == ["hello there", "stop"]
    at_desk.clock.forward(days=1)
    through(running)
    assert words(at_desk) == [None, "stop"]
    at_desk.clock.forward(days=5 * 366)
    through(running)
    assert words(at_desk) == [None, None]
    assert at_desk.holds() == {"channel": "stopped"}
    assert at_desk.store.read(lambda session: session.faults(at_desk.addr())) == []


def test_it_looks_once_a_day_also_across_restarts(
    at_desk: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="heed.upkeep")
    kept = Retention(words_kept=timedelta(days=1))
    through(worker(at_desk, kept))
    at_desk.clock.forward(hours=23)
    through(worker(at_desk, kept))  # another process
    assert [line.getMessage() for line in caplog.records] == [
        "retention: 0 texts were made unreadable"
    ]
    at_desk.clock.forward(hours=1)
    through(worker(at_desk, kept))
    assert len(caplog.records) == 2
    assert at_desk.store.read(lambda session: session.setting(SWEPT_AT))


def test_it_works_in_batches_and_says_how_much(
    at_desk: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    caplog.set_level(logging.INFO, logger="heed.upkeep")
    for _ in range(5):
        at_desk.hears(sms("hello there"))
    chore = Upkeep(at_desk.store, Retention(words_kept=timedelta(days=1)))
    now = at_desk.clock.forward(days=2)
    rounds = 0
    while chore(now):
        rounds += 1
    assert rounds > 3
    assert words(at_desk) == [None] * 5
    # and the five that were still to be forwarded to the people
    assert "retention: 10 texts were made unreadable" in caplog.text
    assert "hello" not in caplog.text
    assert "2025550123" not in caplog.text


def test_what_an_erasure_left_in_the_logs_is_cleared_within_a_minute(at_desk: Bench) -> None:
    chore = Upkeep(at_desk.store, Retention())
    while chore(at_desk.clock.now):
        pass
    at_desk.hears(sms("hello"))
    at_desk.store.write(lambda session: session.erase(at_desk.addr()))
    chore(at_desk.clock.forward(seconds=59))
    assert at_desk.store.read(lambda session: session.setting("shred_due"))
    chore(at_desk.clock.forward(seconds=2))
    assert not at_desk.store.read(lambda session: session.setting("shred_due"))


def test_a_clock_that_was_set_back_does_not_stop_it(at_desk: Bench) -> None:
    chore = Upkeep(at_desk.store, Retention())
    while chore(at_desk.clock.forward(days=100)):
        at_desk.clock.forward(days=-100)
    at_desk.clock.forward(days=-200)
    assert chore(at_desk.clock.now) == 1
