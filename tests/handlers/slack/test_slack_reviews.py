"""Deciding on a card: who may, who was first, and what everybody sees afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model import Verdict
from handlers.slack.buttons import ACTIONS, TEACH, UNDO
from storage import StoreUnavailable
from tests.handlers.slack.fake import Scripted, refusal
from tests.handlers.slack.office import ANN_IN_SLACK, GUEST, KIM, LEE, Office, fixture, office

OPT_OUT, KEEP = ACTIONS[Verdict.OPT_OUT], ACTIONS[Verdict.NOT_OPT_OUT]
ASK, WRONG, DONE = ACTIONS[Verdict.ASK], ACTIONS[Verdict.WRONG_NUMBER], ACTIONS[Verdict.DONE]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """On each database: of two decisions one wins on the other too."""
    more = {}
    if request.param == "postgres":
        more["HEED_DATABASE_URL"] = request.getfixturevalue("postgres_server").fresh_url()
    with office(tmp_path, **more) as joined:
        yield joined


@pytest.fixture
def asked(desk: Office) -> Office:
    """A message that may be a stop, whose card is posted."""
    desk.event("dm-unclear")
    desk.work()
    assert desk.bench.holds(ANN_IN_SLACK) == {"channel": "held"}
    return desk


def value(desk: Office) -> str:
    return f"{desk.review().id}.{desk.review().version}"


def buttons(card: dict[str, object]) -> dict[str, str]:
    blocks = card["blocks"]
    assert isinstance(blocks, list)
    return {
        button["action_id"]: button["value"]
        for block in blocks
        if block["type"] == "actions"
        for button in block["elements"]
        if button["type"] == "button"
    }


def whispered(desk: Office) -> str:
    return str(desk.slack.wait_for("chat.postEphemeral")[-1]["text"])


def test_the_card_shows_the_words_and_what_can_be_done(asked: Office) -> None:
    (card,) = asked.slack.of("chat.postMessage")
    shown = str(card["blocks"])
    assert "dunno & <!channel" not in str(card["text"])
    assert "dunno & @channel *so*" in shown
    assert "b***@example.org" in shown
    assert "*** 0177" in shown
    assert "unclear (61 % sure), because of “dunno”" in shown
    assert "all marketing Slack messages, until somebody decides" in shown
    assert "24 hours" in shown
    assert "Undecided, it becomes an opt-out" in shown
    assert list(buttons(card)) == [OPT_OUT, KEEP, ASK, WRONG]
    assert set(buttons(card).values()) == {value(asked)}


def test_opt_out_needs_one_click(asked: Office) -> None:
    assert asked.click(OPT_OUT, value(asked)).status_code == 200
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
    asked.work()
    (update,) = asked.slack.of("chat.update")
    assert (update["channel"], update["ts"]) == ("C0REVIEW", asked.review().card_ts)
    assert list(buttons(update)) == [UNDO, TEACH]
    assert "dunno" not in str(update)
    assert {"type": "user", "user_id": LEE} in update["blocks"][0]["elements"][0]["elements"]
    assert "opted out" in update["text"]


def test_a_decider_may_end_the_hold(asked: Office) -> None:
    assert asked.click(KEEP, value(asked)).status_code == 200
    assert asked.bench.holds(ANN_IN_SLACK) == {}
    assert asked.review().decided_by == "slack:T0HOME/U0LEE"


def test_a_colleague_may_block_but_not_end_the_hold(asked: Office) -> None:
    assert asked.click(KEEP, value(asked), user=KIM).status_code == 200
    assert "only a decider" in whispered(asked)
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "held"}
    assert asked.click(OPT_OUT, value(asked), user=KIM).status_code == 200
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}


@pytest.mark.parametrize("action", [OPT_OUT, KEEP])
def test_a_guest_may_nothing(asked: Office, action: str) -> None:
    assert asked.click(action, value(asked), user=GUEST).status_code == 200
    assert "guests" in whispered(asked)
    assert str(asked.review().state) == "open"


def test_a_member_of_another_company_may_nothing(asked: Office) -> None:
    payload = fixture("block-actions")
    payload["user"] = {"id": "U0FAR", "team_id": "T0AWAY"}
    payload["actions"][0] |= {"action_id": OPT_OUT, "value": value(asked)}
    payload["container"]["message_ts"] = asked.card_ts()
    assert asked.interaction(payload).status_code == 200
    assert "only members" in whispered(asked)
    assert str(asked.review().state) == "open"


def test_slack_knows_better_than_the_click_where_somebody_belongs(asked: Office) -> None:
    asked.slack.users["U0ODD"] = {"team_id": "T0AWAY"}
    asked.click(OPT_OUT, value(asked), user="U0ODD")
    asked.work()
    assert asked.click(OPT_OUT, value(asked), user="U0ODD").status_code == 200
    assert "other workspaces" in asked.slack.wait_for("chat.postEphemeral", 2)[-1]["text"]
    assert str(asked.review().state) == "open"


def test_of_many_clicks_at_once_one_decides(asked: Office) -> None:
    seen = value(asked)
    actions = [OPT_OUT, KEEP, WRONG, ASK] * 3
    statuses: list[int] = []
    ready = threading.Barrier(len(actions))

    def click(action: str) -> None:
        ready.wait()
        statuses.append(asked.click(action, seen, ts="1795608001.000000").status_code)

    threads = [threading.Thread(target=click, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * len(actions)
    assert asked.bench.kinds(ANN_IN_SLACK).count("review_decided") == 1
    assert asked.review().version == 2
    assert len(asked.slack.wait_for("chat.postEphemeral", len(actions) - 1)) == len(actions) - 1


def test_whoever_is_late_is_told_who_decided_and_gets_a_fresh_card(asked: Office) -> None:
    seen = value(asked)
    asked.click(OPT_OUT, seen, user=KIM)
    assert asked.click(KEEP, seen).status_code == 200
    told = whispered(asked)
    assert "<@U0KIM>" in told
    assert "opted out" in told
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}
    asked.work()
    assert len(asked.slack.of("chat.update")) == 1


def test_a_button_of_an_older_card_decides_nothing(asked: Office) -> None:
    """The card showed version 1; the customer was asked meanwhile."""
    seen = value(asked)
    assert asked.click(ASK, seen).status_code == 200
    assert str(asked.review().state) == "open"
    assert asked.click(KEEP, seen).status_code == 200
    assert "moved on" in whispered(asked)
    assert str(asked.review().state) == "open"
    asked.work()
    fresh = asked.slack.of("chat.update")[-1]
    assert list(buttons(fresh)) == [OPT_OUT, KEEP, WRONG]
    assert "they were asked already" in str(fresh["blocks"])
    assert asked.click(KEEP, buttons(fresh)[KEEP]).status_code == 200
    assert str(asked.review().state) == "decided"


def test_the_customer_is_asked_where_they_wrote(asked: Office) -> None:
    asked.click(ASK, value(asked))
    asked.work()
    question = asked.slack.of("chat.postMessage")[-1]
    assert question["channel"] == "D0ANN"
    assert "stop" in question["text"].casefold()


def test_a_follow_up_is_done_and_its_card_says_so(desk: Office) -> None:
    desk.says("Please delete all my personal data")
    desk.work()
    card = next(one for one in desk.slack.of("chat.postMessage") if one["channel"] == "C0REVIEW")
    assert list(buttons(card)) == [DONE]
    assert desk.click(DONE, buttons(card)[DONE]).status_code == 200
    desk.work()
    (update,) = desk.slack.of("chat.update")
    assert "done" in update["text"]


def test_while_the_database_is_away_a_click_fails_visibly(
    asked: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, ts = value(asked), asked.card_ts()

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(asked.parts.store, "write", away)
        assert asked.click(OPT_OUT, seen, ts=ts).status_code == 500
    assert asked.click(OPT_OUT, seen).status_code == 200
    assert asked.bench.holds(ANN_IN_SLACK) == {"channel": "stopped"}


def test_a_card_whose_place_was_lost_is_found_again_by_a_click(desk: Office) -> None:
    """Slack took the card, and its answer never came."""
    desk.slack.script("chat.postMessage", refusal("fatal_error"), *[Scripted(status=500)] * 9)
    desk.event("dm-unclear")
    desk.work()
    review = desk.review()
    assert review.card_ts == ""
    desk.click(OPT_OUT, value(desk), ts="1795608777.000000")
    desk.work()
    assert desk.review().card_ts == "1795608777.000000"
    assert desk.slack.of("chat.update")[-1]["ts"] == "1795608777.000000"


def test_a_second_copy_of_a_card_is_rewritten_when_it_is_clicked(asked: Office) -> None:
    asked.click(OPT_OUT, value(asked), ts="1795608888.000000")
    asked.work()
    rewritten = {update["ts"] for update in asked.slack.of("chat.update")}
    assert rewritten == {asked.review().card_ts, "1795608888.000000"}


@pytest.mark.parametrize(
    "odd", ["", ".", "XXXXXXXX.1", "1", "a.b", "A" * 200 + ".1", "7F3K2M9P.9999999999999"]
)
def test_a_button_with_an_odd_value_changes_nothing(asked: Office, odd: str) -> None:
    assert asked.click(OPT_OUT, odd).status_code == 200
    assert whispered(asked)
    assert str(asked.review().state) == "open"


def test_a_button_of_another_make_says_where_to_decide(asked: Office) -> None:
    assert asked.click("heed_review_snooze_v0", value(asked)).status_code == 200
    assert "older make" in whispered(asked)


def test_a_whisper_that_fails_does_no_harm(asked: Office, caplog: pytest.LogCaptureFixture) -> None:
    asked.slack.script("chat.postEphemeral", Scripted(status=500, body=None))
    assert asked.click(KEEP, value(asked), user=KIM).status_code == 200
    asked.slack.wait_for("chat.postEphemeral")
    assert str(asked.review().state) == "open"
