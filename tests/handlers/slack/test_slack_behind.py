"""What waits for a Slack that hangs is bounded, and nobody waits for it."""

from __future__ import annotations

import threading

import pytest

from handlers.slack.behind import MOST, Behind
from handlers.slack.client import client_of


def test_only_so_much_waits_for_a_slack_that_hangs(caplog: pytest.LogCaptureFixture) -> None:
    behind = Behind(client_of("http://127.0.0.1:9", "", 1))
    slack_answers, all_done = threading.Event(), threading.Event()
    done: list[int] = []

    def call() -> None:
        slack_answers.wait(60)
        done.append(1)
        if len(done) == MOST:
            all_done.set()

    for _ in range(MOST + 3):
        behind.run(call)
    assert [one.message for one in caplog.records].count("not begun: too much waits for Slack") == 3
    slack_answers.set()
    assert all_done.wait(60)


def test_there_is_room_again_after_a_call_that_failed() -> None:
    behind = Behind(client_of("http://127.0.0.1:9", "", 1))
    turns = threading.Semaphore(0)

    def fails() -> None:
        turns.release()
        raise ValueError

    for _ in range(MOST * 2):
        behind.run(fails)
        assert turns.acquire(timeout=60)
    ended = threading.Event()
    behind.run(ended.set)
    assert ended.wait(60)
