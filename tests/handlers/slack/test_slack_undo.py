"""Thinking better of a decision: for a day, from the card, and never against the customer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model import Verdict
from handlers.slack.buttons import ACTIONS, UNDO
from handlers.stored import every_entry, labelled
from tests.handlers.slack.office import ANN_IN_SLACK, KIM, LEE, Office, office

OPT_OUT, KEEP = ACTIONS[Verdict.OPT_OUT], ACTIONS[Verdict.NOT_OPT_OUT]
WRONG = ACTIONS[Verdict.WRONG_NUMBER]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A message that may be a stop, whose card is posted."""
    more = {}
    if request.param == "postgres":
        more["HEED_DATABASE_URL"] = request.getfixturevalue("postgres_server").fresh_url()
    with office(tmp_path, **more) as desk:
        desk.event("dm-unclear")
        desk.work()
        yield desk


def value(desk: Office) -> str:
    return f"{desk.review().id}.{desk.review().version}"


def holds(desk: Office) -> dict[str, str]:
    return desk.bench.holds(ANN_IN_SLACK)


@pytest.mark.parametrize("action", [OPT_OUT, WRONG, KEEP])
def test_after_an_undo_the_person_is_held_as_before(asked: Office, action: str) -> None:
    asked.click(action, value(asked))
    asked.work()
    asked.bench.clock.forward(hours=23)
    assert asked.click(UNDO, value(asked)).status_code == 200
    assert holds(asked) == {"channel": "held"}
    assert str(asked.review().state) == "open"
    asked.work()
    assert "waits for a decision" in asked.slack.of("chat.update")[-1]["text"]
    assert asked.click(KEEP, value(asked)).status_code == 200
    assert holds(asked) == {}


def test_after_a_day_the_button_is_gone_and_does_nothing(asked: Office) -> None:
    asked.click(OPT_OUT, value(asked))
    asked.work()
    assert UNDO in str(asked.slack.of("chat.update")[-1]["blocks"])
    asked.bench.clock.forward(hours=24)
    asked.work()
    assert UNDO not in str(asked.slack.of("chat.update")[-1]["blocks"])
    asked.click(UNDO, value(asked))
    assert "for 24 hours only" in asked.slack.wait_for("chat.postEphemeral")[-1]["text"]
    assert holds(asked) == {"channel": "stopped"}


@pytest.mark.parametrize("spoken", ["before", "after"])
def test_an_undo_never_lifts_the_customers_own_stop(asked: Office, spoken: str) -> None:
    if spoken == "after":
        asked.click(OPT_OUT, value(asked))
    asked.bench.clock.forward(minutes=1)
    asked.says("STOP", ts="1795608060.000200")
    if spoken == "before":
        asked.click(OPT_OUT, value(asked))
    asked.click(UNDO, value(asked))
    assert holds(asked) == {"channel": "stopped"}


def test_a_colleague_cannot_take_back_what_another_decided(asked: Office) -> None:
    asked.click(OPT_OUT, value(asked))
    asked.click(UNDO, value(asked), user=KIM)
    assert "or a decider" in asked.slack.wait_for("chat.postEphemeral")[-1]["text"]
    assert holds(asked) == {"channel": "stopped"}


def test_whoever_decided_may_take_it_back_and_so_may_a_decider(asked: Office) -> None:
    for who in (KIM, LEE):
        asked.click(OPT_OUT, value(asked), user=KIM)
        asked.click(UNDO, value(asked), user=who)
        assert holds(asked) == {"channel": "held"}


def test_what_the_clock_decided_is_not_taken_back(asked: Office) -> None:
    asked.bench.clock.forward(hours=25)
    asked.work()
    assert asked.review().decided_by == "clock"
    asked.click(UNDO, value(asked))
    assert "no person of yours" in asked.slack.wait_for("chat.postEphemeral")[-1]["text"]
    assert holds(asked) == {"channel": "stopped"}


def test_there_is_a_day_to_decide_again_and_then_the_clock_decides(asked: Office) -> None:
    asked.bench.clock.forward(hours=20)
    asked.click(KEEP, value(asked))
    asked.bench.clock.forward(hours=20)
    asked.click(UNDO, value(asked))
    asked.work()
    asked.bench.clock.forward(hours=23)
    asked.work()
    assert holds(asked) == {"channel": "held"}
    asked.bench.clock.forward(hours=2)
    asked.work()
    assert holds(asked) == {"channel": "stopped"}


def test_of_many_undos_at_once_one_counts(asked: Office) -> None:
    """The opt-outs among them come from a card that shows the state before."""
    asked.click(OPT_OUT, value(asked))
    asked.work()
    seen, ts = value(asked), asked.card_ts()
    ready = threading.Barrier(6)

    def click(action: str) -> None:
        ready.wait()
        asked.click(action, seen, ts=ts)

    threads = [threading.Thread(target=click, args=(one,)) for one in [UNDO, OPT_OUT] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked.bench.kinds(ANN_IN_SLACK).count("reverted") == 1
    assert holds(asked) == {"channel": "held"}


def test_what_was_taken_back_teaches_nothing(asked: Office) -> None:
    asked.click(KEEP, value(asked))
    assert [one["intent"] for one in labelled(every_entry(asked.parts.store))] == ["other"]
    asked.click(UNDO, value(asked))
    assert list(labelled(every_entry(asked.parts.store))) == []
    asked.click(OPT_OUT, value(asked))
    assert [one["intent"] for one in labelled(every_entry(asked.parts.store))] == ["opt_out"]
