"""A card's menu, its reminders, and the cards of one person together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.model import Verdict
from handlers.slack.buttons import ACTIONS, More
from storage import Review
from tests.handlers.slack.fake import refusal
from tests.handlers.slack.office import ANN_IN_SLACK, GUEST, KIM, Office, fixture, office

OPT_OUT = ACTIONS[Verdict.OPT_OUT]


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Office]:
    """A message that may be a stop, whose card is posted."""
    with office(tmp_path) as desk:
        desk.event("dm-unclear")
        desk.work()
        yield desk


def value(desk: Office) -> str:
    return f"{desk.review().id}.{desk.review().version}"


def reviews(desk: Office) -> list[Review]:
    return desk.parts.store.read(lambda session: session.reviews_of(desk.bench.addr(ANN_IN_SLACK)))


def posted(desk: Office) -> list[dict[str, Any]]:
    """What stands in the review channel, in order."""
    return [one for one in desk.slack.of("chat.postMessage") if one["channel"] == "C0REVIEW"]


def choose(desk: Office, scope: str, *, user: str = "U0LEE", version: str = "") -> dict[str, Any]:
    payload = fixture("view-submission")
    payload["user"]["id"] = user
    payload["view"] |= {
        "callback_id": "heed_scope_v1",
        "private_metadata": version or value(desk),
        "state": {"values": {"scope": {"scope": {"selected_option": {"value": scope}}}}},
    }
    answer = desk.interaction(payload)
    assert answer.status_code == 200
    return answer.json or {}


def test_whoever_takes_it_on_stands_on_the_card(asked: Office) -> None:
    assert asked.pick(More.ASSIGN, value(asked), user=KIM).status_code == 200
    assert asked.review().assigned_to == "slack:T0HOME/U0KIM"
    asked.work()
    shown = str(asked.slack.of("chat.update")[-1]["blocks"])
    assert "Taken on by" in shown
    assert KIM in shown


def test_the_address_is_shown_to_the_clicker_alone_and_the_look_is_recorded(asked: Office) -> None:
    assert asked.pick(More.SHOW, value(asked), user=KIM).status_code == 200
    (opened,) = asked.slack.wait_for("views.open")
    assert ANN_IN_SLACK.value in str(opened["view"]["blocks"])
    (looked,) = [one for one in asked.bench.history(ANN_IN_SLACK) if one.kind == "looked_up"]
    assert looked.facts["actor"] == "slack:T0HOME/U0KIM"
    assert looked.facts["shown"] == "address"


@pytest.mark.parametrize("entry", list(More))
def test_a_guest_gets_nothing_from_the_menu(asked: Office, entry: More) -> None:
    asked.pick(entry, value(asked), user=GUEST)
    assert "guests" in asked.slack.wait_for("chat.postEphemeral")[-1]["text"]
    assert asked.slack.of("views.open") == []
    assert "looked_up" not in asked.bench.kinds(ANN_IN_SLACK)
    assert asked.review().version == 1


@pytest.mark.parametrize(
    ("scope", "then"),
    [
        ("everything", {"everything": "stopped"}),
        ("channel", {"channel": "stopped"}),
        ("topic:surveys", {"topic:surveys": "stopped"}),
    ],
)
def test_a_decider_chooses_what_stops(asked: Office, scope: str, then: dict[str, str]) -> None:
    asked.pick(More.SCOPE, value(asked))
    (opened,) = asked.slack.wait_for("views.open")
    assert opened["view"]["private_metadata"] == value(asked)
    assert choose(asked, scope) == {}
    assert asked.bench.holds(ANN_IN_SLACK) == then


def test_a_colleague_may_choose_more_than_is_held_and_not_less(asked: Office) -> None:
    told = choose(asked, "topic:surveys", user=KIM)
    assert "only a decider" in told["errors"]["scope"]
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "held"}
    assert choose(asked, "everything", user=KIM) == {}
    assert asked.bench.holds(ANN_IN_SLACK) == {"everything": "stopped"}


def test_a_form_of_an_older_card_and_an_odd_choice_change_nothing(asked: Office) -> None:
    old = value(asked)
    assert "choose" in choose(asked, "topic:")["errors"]["scope"]
    asked.click(ACTIONS[Verdict.ASK], old)
    assert "moved on" in choose(asked, "everything", version=old)["errors"]["scope"]
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "held"}


def test_a_wish_for_erasure_blocks_and_waits_for_whoever_sees_to_it(asked: Office) -> None:
    value_seen = value(asked)
    asked.bench.clock.forward(minutes=1)
    asked.pick(More.ERASURE, value_seen, user=KIM)
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
    decided, follow_up = reviews(asked)
    assert str(decided.verdict) == "erasure"
    assert str(follow_up.cause) == "erasure"
    assert str(follow_up.state) == "open"
    assert (follow_up.due_at - decided.opened_at).days >= 29


def test_cards_of_one_person_stand_in_one_thread(asked: Office) -> None:
    first = asked.card_ts()
    asked.bench.clock.forward(minutes=1)
    asked.says("still dunno", ts="1795608060.000200")
    asked.work()
    below = posted(asked)[-1]
    assert below["thread_ts"] == first
    assert "reply_broadcast" not in below
    assert "1 more review of this person" in str(asked.slack.of("chat.update")[-1]["blocks"])
    assert asked.slack.of("chat.update")[-1]["ts"] == first


def test_below_a_settled_card_the_channel_sees_the_new_one_too(asked: Office) -> None:
    asked.click(ACTIONS[Verdict.NOT_OPT_OUT], value(asked))
    asked.bench.clock.forward(minutes=1)
    asked.says("still dunno", ts="1795608060.000200")
    asked.work()
    assert posted(asked)[-1]["reply_broadcast"] is True


def test_where_the_first_card_was_deleted_the_next_stands_alone(asked: Office) -> None:
    asked.slack.script("chat.postMessage", refusal("thread_not_found"))
    asked.bench.clock.forward(minutes=1)
    asked.says("still dunno", ts="1795608060.000200")
    asked.work()
    assert "thread_ts" not in posted(asked)[-1]
    assert all(one.card_ts for one in reviews(asked))


def test_reminders_come_at_half_and_nine_tenths_and_an_alert_at_the_end(asked: Office) -> None:
    came: list[tuple[int, dict[str, Any]]] = []
    for hour in range(1, 27):
        asked.bench.clock.forward(hours=1)
        before = len(posted(asked))
        asked.work()
        came += [(hour, one) for one in posted(asked)[before:]]
    assert [hour for hour, _ in came] == [12, 22, 24]
    half, late, over = (one for _, one in came)
    assert "12 hours are left. Then it becomes an opt-out." in half["text"]
    assert "2 hours are left" in late["text"]
    assert "recorded as an opt-out" in over["text"]
    assert [one.get("reply_broadcast", False) for one in (half, late, over)] == [False, False, True]
    assert {one["thread_ts"] for one in (half, late, over)} == {asked.card_ts()}


def test_what_is_decided_is_not_reminded_of(asked: Office) -> None:
    asked.click(OPT_OUT, value(asked))
    asked.work()
    before = len(posted(asked))
    for _ in range(4):
        asked.bench.clock.forward(hours=10)
        asked.work()
    assert len(posted(asked)) == before


def test_words_leave_an_undecided_card_after_a_week(tmp_path: Path) -> None:
    with office(tmp_path) as desk:
        desk.event("dm-picture")
        desk.work()
        assert reviews(desk)[0].holds is None
        desk.bench.clock.forward(days=7)
        desk.work()
        assert "no longer stand here" in str(desk.slack.of("chat.update")[-1]["blocks"])


def test_the_card_says_why_the_runner_up_and_the_strictest_clock(asked: Office) -> None:
    shown = str(posted(asked)[0]["blocks"])
    assert "could mean stop, and could mean something else" in shown
    assert "Strictest legal clock" in shown
