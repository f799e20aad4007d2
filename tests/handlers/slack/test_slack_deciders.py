"""A user group or a channel decides: fetched by a worker, looked up at the click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model import Verdict
from handlers.slack.buttons import ACTIONS
from handlers.slack.deciders import Deciders
from tests.handlers.slack.fake import Scripted, refusal
from tests.handlers.slack.office import ANN_IN_SLACK, GUEST, KIM, LEE, Office, office

KEEP = ACTIONS[Verdict.NOT_OPT_OUT]
GROUP, CHANNEL = "S0LEADS", "C0LEADS"


@pytest.fixture
def led(tmp_path: Path) -> Iterator[Office]:
    """A group and a channel decide; a message that may be a stop waits."""
    with office(tmp_path, HEED_SLACK_DECIDERS=f"{GROUP},{CHANNEL}") as desk:
        desk.slack.groups = {GROUP: [KIM], CHANNEL: ["U0A", "U0B", LEE]}
        desk.event("dm-unclear")
        desk.work()
        yield desk


def keep(desk: Office, user: str) -> bool:
    """Whether this person could end the hold."""
    value = f"{desk.review().id}.{desk.review().version}"
    assert desk.click(KEEP, value, user=user).status_code == 200
    return desk.bench.holds(ANN_IN_SLACK) == {}


@pytest.mark.parametrize("user", [KIM, LEE])
def test_whoever_is_on_a_list_decides(led: Office, user: str) -> None:
    """LEE stands on the second page of the channel's members."""
    assert Deciders(led.parts)(led.bench.clock.now) == 2
    assert keep(led, user)


def test_nobody_else_does(led: Office) -> None:
    Deciders(led.parts)(led.bench.clock.now)
    led.slack.users["U0NEW"] = {}
    assert not keep(led, "U0NEW")


def test_before_the_lists_came_nobody_decides_and_anybody_blocks(led: Office) -> None:
    assert not keep(led, KIM)
    led.click(ACTIONS[Verdict.OPT_OUT], f"{led.review().id}.1", user=KIM)
    assert led.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}


def test_a_guest_on_the_list_does_not_decide(led: Office) -> None:
    led.slack.groups[GROUP] = [GUEST]
    Deciders(led.parts)(led.bench.clock.now)
    assert not keep(led, GUEST)


@pytest.mark.parametrize(
    "answer",
    [refusal("plan_upgrade_required"), Scripted(status=429, body=None), Scripted(drop=True)],
)
def test_a_list_that_slack_does_not_give_stands_for_ten_minutes(
    led: Office, answer: Scripted
) -> None:
    chore = Deciders(led.parts)
    assert chore(led.bench.clock.now) == 2
    for _ in range(9):
        led.bench.clock.forward(minutes=1)
        led.slack.script("usergroups.users.list", answer)
        assert chore(led.bench.clock.now) == 0
    assert keep(led, KIM)


def test_after_ten_minutes_it_names_nobody(led: Office) -> None:
    Deciders(led.parts)(led.bench.clock.now)
    led.bench.clock.forward(minutes=10)
    assert not keep(led, KIM)


def test_it_is_fetched_once_a_minute_and_a_click_fetches_nothing(led: Office) -> None:
    chore = Deciders(led.parts)
    for _ in range(5):
        chore(led.bench.clock.now)
    keep(led, KIM)
    assert len(led.slack.of("usergroups.users.list")) == 1
    led.bench.clock.forward(seconds=60)
    assert chore(led.bench.clock.now) == 2
