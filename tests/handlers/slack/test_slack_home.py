"""The app's Home and the daily digest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model import Verdict
from handlers.slack.buttons import ACTIONS, More
from handlers.slack.days import Day, bars, last_days
from handlers.slack.digest import Digest
from handlers.slack.home import RECORD, STOP
from tests.handlers.slack.fake import refusal
from tests.handlers.slack.office import ANN_IN_SLACK, GUEST, KIM, LEE, Office, fixture, office

OPT_OUT = ACTIONS[Verdict.OPT_OUT]


def open_home(desk: Office, user: str, tab: str = "home") -> dict[str, Any]:
    payload = fixture("app-home-opened")
    payload["event"] |= {"user": user, "tab": tab}
    assert desk.event(payload).status_code == 200
    assert desk.slack.of("views.publish") == []  # never before the answer
    desk.work()
    published = desk.slack.of("views.publish")
    if not published:
        return {}
    assert published[-1]["user_id"] == user
    view: dict[str, Any] = published[-1]["view"]
    return view


@pytest.fixture
def asked(desk: Office) -> Office:
    """A message that may be a stop, whose card is posted."""
    desk.event("dm-unclear")
    desk.work()
    return desk


def value(desk: Office) -> str:
    return f"{desk.review().id}.{desk.review().version}"


def test_the_team_sees_its_queue_with_a_way_to_each_card(asked: Office) -> None:
    shown = str(open_home(asked, KIM))
    assert "1 waiting." in shown
    assert asked.review().id in shown
    assert f"archives/C0REVIEW/p{asked.card_ts().replace('.', '')}" in shown
    assert "You have taken nothing on." in shown
    assert "dunno" not in shown


def test_what_i_have_taken_on_stands_first(asked: Office) -> None:
    asked.pick(More.ASSIGN, value(asked), user=KIM)
    texts = [str(block) for block in open_home(asked, KIM)["blocks"]]
    mine = next(n for n, text in enumerate(texts) if asked.review().id in text)
    assert mine < next(n for n, text in enumerate(texts) if "The team's queue" in text)


def test_what_is_overdue_says_so(desk: Office) -> None:
    desk.event("dm-picture")
    desk.work()
    desk.bench.clock.forward(days=4)
    desk.work()
    shown = str(open_home(desk, LEE))
    assert "*1 overdue*" in shown
    assert "*overdue*, was due" in shown


@pytest.mark.parametrize("user", [GUEST, "U0UNKNOWN"])
def test_everybody_else_sees_a_way_out_and_nothing_of_the_queue(asked: Office, user: str) -> None:
    shown = str(open_home(asked, user))
    assert STOP in shown
    assert asked.review().id not in shown


def test_a_home_without_links_is_still_a_home(asked: Office) -> None:
    asked.slack.script("chat.getPermalink", refusal("message_not_found"))
    asked.slack.script("chat.getPermalink", refusal("message_not_found"))
    assert asked.review().id in str(open_home(asked, LEE))


def test_the_other_tab_publishes_nothing(desk: Office) -> None:
    assert open_home(desk, LEE, tab="messages") == {}


def press(desk: Office, action: str, user: str, action_ts: str = "1795608000.1") -> int:
    payload = fixture("block-actions")
    payload["user"] |= {"id": user}
    payload["container"] = {"type": "view", "view_id": "V0HOME"}
    del payload["channel"]
    payload["actions"][0] |= {"action_id": action, "action_ts": action_ts}
    return desk.interaction(payload).status_code


def test_one_press_stops_everything_here_and_is_answered_once(desk: Office) -> None:
    desk.slack.users["U0ANN"] = {"is_restricted": True}
    assert press(desk, STOP, "U0ANN") == 200
    assert press(desk, STOP, "U0ANN") == 200
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
    desk.work()
    (answer,) = desk.slack.of("chat.postMessage")
    assert answer["channel"] == "U0ANN"
    assert "sends you nothing here" in str(desk.slack.of("views.publish")[-1]["view"])


def test_the_form_opens_from_the_home(desk: Office) -> None:
    assert press(desk, RECORD, LEE) == 200
    assert len(desk.slack.wait_for("views.open")) == 1


def test_the_bars_count_what_came_and_what_was_decided(asked: Office) -> None:
    asked.bench.clock.forward(minutes=30)
    asked.click(OPT_OUT, value(asked))
    now = asked.bench.clock.now
    days = asked.parts.store.read(lambda session: last_days(session, 7, now, UTC))
    assert [day.opened for day in days] == [0, 0, 0, 0, 0, 0, 1]
    assert days[-1].decided == 1
    assert days[-1].median_wait == timedelta(minutes=30)
    assert bars(days).splitlines()[-1].endswith("1 came, 1 decided, median wait 30 min")


def test_a_bar_is_as_long_as_its_share() -> None:
    on = date(2026, 11, 25)
    days = [Day(on=on, opened=n, decided=0, median_wait=None) for n in (0, 1, 500, 1000)]
    assert [line.count("█") for line in bars(days).splitlines()] == [0, 1, 10, 20]


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Office]:
    """The digest comes at nine in Berlin, which is eight in UTC. It is noon."""
    with office(tmp_path, HEED_SLACK_DIGEST_AT="9:00 Europe/Berlin") as joined:
        yield joined


def digests(desk: Office) -> list[str]:
    return [
        str(one["text"])
        for one in desk.slack.of("chat.postMessage")
        if "This morning" in one["text"] or "this morning" in one["text"]
    ]


def test_the_digest_comes_once_a_day_at_its_hour(morning: Office) -> None:
    morning.event("dm-picture")
    chores = [Digest(morning.parts), Digest(morning.parts)]  # of two workers
    came = []
    for hour in range(36):
        promised = sum(chore(morning.bench.clock.now) for chore in chores)
        came += [(morning.bench.clock.now.hour, hour)] * promised
        morning.bench.clock.forward(hours=1)
    assert came == [(12, 0), (8, 20)]
    morning.work()
    assert len(digests(morning)) == 2
    assert "1 waiting in all" in digests(morning)[0] or "1 review" in digests(morning)[0]


def test_where_nothing_waits_the_digest_is_silent(morning: Office) -> None:
    assert Digest(morning.parts)(morning.bench.clock.now) == 0


def test_without_an_hour_there_is_no_digest(asked: Office) -> None:
    assert Digest(asked.parts)(asked.bench.clock.now) == 0
