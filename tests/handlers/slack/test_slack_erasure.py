"""A person's words leave Slack when the person is erased, as far as we know where they stand."""

from __future__ import annotations

import json

from bot.model import Actor, Role
from handlers.erasing import erase
from tests.handlers.slack.office import ANN_IN_SLACK, Office

WORDS = "dunno, maybe leave me be"
ADMIN = Actor(name="api:ops", role=Role.ADMIN)


def erased(desk: Office) -> None:
    erase(desk.parts, ANN_IN_SLACK, actor=ADMIN, source="api", event_id="1")


def test_the_card_loses_the_words_and_says_who_closed_it(desk: Office) -> None:
    desk.says(WORDS)
    desk.work()
    (card,) = desk.slack.of("chat.postMessage")
    assert "maybe leave me be" in json.dumps(card)
    ts = desk.card_ts()
    erased(desk)
    desk.work()
    (update,) = desk.slack.of("chat.update")
    assert (update["channel"], update["ts"]) == (card["channel"], ts)
    said = json.dumps(update)
    assert "leave" not in said
    assert desk.review().id in said
    assert not desk.slack.faults


def test_a_card_that_was_not_posted_yet_never_is(desk: Office) -> None:
    desk.says(WORDS)
    erased(desk)
    desk.work()
    assert desk.slack.of("chat.postMessage") == []
    assert desk.slack.of("chat.update") == []
    states = {item.kind: str(item.state) for item in desk.bench.outbox(ANN_IN_SLACK)}
    assert states == {"review_card": "dropped", "review_update": "sent"}


def test_a_click_on_the_old_card_changes_nothing(desk: Office) -> None:
    desk.says(WORDS)
    desk.work()
    ts = desk.card_ts()
    value = f"{desk.review().id}.1"
    erased(desk)
    desk.click("heed_review_not_opt_out_v1", value, ts=ts)
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
