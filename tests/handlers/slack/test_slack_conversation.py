"""Customers talk to the bot as on every other channel: in a direct message and by mention.

From our own workspace, and from another company's by Slack Connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.model import Address, Channel
from handlers.slack.home import STOP
from tests.handlers.slack.office import ANN_IN_SLACK, POLICY, Office, fixture, office

TOPICS = """
[[topics]]
name = "promotions"
title = "Promotions"
words = ["offers"]
"""
AWAY = Address(channel=Channel.SLACK, value="T0AWAY/U0GUEST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the person reaches us, and where they must be answered."""

    payload: str
    event: dict[str, Any]
    address: Address
    place: tuple[str, str | None]
    mention: str = ""


WAYS = {
    "direct message": Way(payload="dm-stop", event={}, address=ANN_IN_SLACK, place=("D0ANN", None)),
    "thread of a direct message": Way(
        payload="dm-stop",
        event={"thread_ts": "1795600000.000100"},
        address=ANN_IN_SLACK,
        place=("D0ANN", "1795600000.000100"),
    ),
    "direct message of another company": Way(
        payload="dm-stop",
        event={"user": "U0GUEST", "user_team": "T0AWAY", "team": "T0AWAY", "channel": "D0GUEST"},
        address=AWAY,
        place=("D0GUEST", None),
    ),
    "mention from another company": Way(
        payload="mention-from-connect",
        event={"thread_ts": "1795600000.000200"},
        address=AWAY,
        place=("C0SHARED", "1795600000.000200"),
        mention="<@U0HEED> ",
    ),
}


class Talk:
    """One person's side; each message a minute after the last."""

    def __init__(self, desk: Office, way: Way) -> None:
        self._desk = desk
        self._way = way
        self._said = 0
        self._answers = 0

    def says(self, text: str) -> str:
        """What is answered at their place; empty where nothing is."""
        self._said += 1
        now = self._desk.bench.clock.forward(minutes=1)
        ts = f"{int(now.timestamp())}.{self._said:06d}"
        payload = fixture(self._way.payload)
        payload["event"] |= self._way.event | {"ts": ts, "event_ts": ts}
        payload["event"]["text"] = f"{self._way.mention}{text}"
        payload["event_id"] = f"Ev{ts}"
        assert self._desk.event(payload).status_code == 200
        self._desk.work()
        posts = [
            one for one in self._desk.slack.of("chat.postMessage") if one["channel"] != "C0REVIEW"
        ]
        new, self._answers = posts[self._answers :], len(posts)
        assert len(new) <= 1
        assert all((one["channel"], one.get("thread_ts")) == self._way.place for one in new)
        return str(new[0]["text"]) if new else ""

    @property
    def holds(self) -> dict[str, str]:
        return self._desk.bench.holds(self._way.address)

    @property
    def kinds(self) -> list[str]:
        return self._desk.bench.kinds(self._way.address)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, policy=POLICY + TOPICS) as desk:
        yield desk


@pytest.fixture(params=WAYS)
def talk(shop: Office, request: pytest.FixtureRequest) -> Talk:
    return Talk(shop, WAYS[request.param])


def test_help_says_who_writes_and_how_to_end_it(talk: Talk) -> None:
    answer = talk.says("help")
    assert "Acme" in answer
    assert "STOP" in answer
    assert "help@example.com" in answer
    assert talk.holds == {}


def test_stop_is_confirmed_once_in_slacks_words_and_then_there_is_silence(talk: Talk) -> None:
    answer = talk.says("Stop.")
    assert talk.holds == {"channel": "stopped"}
    assert "messages in Slack" in answer
    assert "START" in answer
    assert talk.says("stop") == ""
    assert talk.says("I said stop!!") == ""
    assert talk.kinds.count("answered") == 1


def test_the_reason_is_asked_once_and_taken_as_a_number_or_in_words(talk: Talk) -> None:
    assert "tell us why" in talk.says("stop")
    assert "Thank you" in talk.says("too many messages")
    assert talk.kinds[-2:] == ["reason_given", "answered"]
    talk.says("start")
    assert "tell us why" in talk.says("stop")
    assert "Thank you" in talk.says("2")
    assert talk.kinds.count("reason_given") == 2
    assert talk.holds == {"channel": "stopped"}


def test_only_their_own_clear_word_brings_messages_back(talk: Talk) -> None:
    talk.says("stop")
    talk.says("thanks, have a nice day")
    assert talk.holds == {"channel": "stopped"}
    assert "subscribed" in talk.says("start")
    assert talk.holds == {}


def test_all_is_every_channel(talk: Talk) -> None:
    assert "every channel" in talk.says("stop all messages everywhere")
    assert talk.holds == {"everything": "stopped"}


def test_a_topic_that_is_named_stops_alone(talk: Talk) -> None:
    answer = talk.says("no more offers please")
    assert talk.holds == {"topic:promotions": "stopped"}
    assert "Promotions" in answer
    assert "continue" in answer


def test_less_reaches_a_person_and_stops_nothing(talk: Talk, shop: Office) -> None:
    talk.says("fewer messages please")
    assert "stopped" not in talk.holds.values()
    (review,) = shop.parts.store.read(lambda session: session.open_reviews())
    assert str(review.cause) == "less"
    assert any(one["channel"] == "C0REVIEW" for one in shop.slack.of("chat.postMessage"))


@pytest.mark.parametrize(
    "words", ["unsuscribe", "bitte nicht mehr schreiben", "退订", "desuscribirme"]
)
def test_the_words_are_those_of_every_channel_and_language(shop: Office, words: str) -> None:
    talk = Talk(shop, WAYS["mention from another company"])
    talk.says(words)
    assert talk.holds == {"channel": "stopped"}


@pytest.mark.parametrize(
    "words", ["the unstoppable team", "don't stop the deployment", "can you stop by at noon?"]
)
def test_talk_that_only_sounds_like_it_stops_nobody(shop: Office, words: str) -> None:
    talk = Talk(shop, WAYS["mention from another company"])
    talk.says(words)
    assert "stopped" not in talk.holds.values()


def test_somebody_of_an_enterprise_grid_is_kept_under_it(shop: Office) -> None:
    """An app_mention from a grid may name no team at all."""
    payload = fixture("mention-from-connect")
    for name in ("user_team", "source_team", "team"):
        payload["event"].pop(name, None)
    payload["event"]["user_team"] = "E0GRID"
    assert shop.event(payload).status_code == 200
    grid = Address(channel=Channel.SLACK, value="E0GRID/U0GUEST")
    assert shop.bench.holds(grid) == {"channel": "stopped"}


def test_whose_company_nobody_names_in_a_shared_channel_reaches_a_person(shop: Office) -> None:
    """Taking them for one of ours would stop somebody else, and lose this stop."""
    payload = fixture("mention-from-connect")
    for name in ("user_team", "source_team", "team"):
        payload["event"].pop(name, None)
    assert shop.event(payload).status_code == 200
    assert shop.bench.holds(Address(channel=Channel.SLACK, value="T0HOME/U0GUEST")) == {}
    (review,) = shop.parts.store.read(lambda session: session.open_reviews())
    assert str(review.cause) == "unreadable"


def test_the_homes_button_of_another_company_stops_their_own_address(shop: Office) -> None:
    payload = fixture("block-actions")
    payload["user"] = {"id": "U0GUEST", "team_id": "T0AWAY"}
    payload["container"] = {"type": "view", "view_id": "V0HOME"}
    del payload["channel"]
    payload["actions"][0] |= {"action_id": STOP}
    assert shop.interaction(payload).status_code == 200
    assert shop.bench.holds(AWAY) == {"channel": "stopped"}
    assert shop.bench.holds(Address(channel=Channel.SLACK, value="T0HOME/U0GUEST")) == {}
