"""From a decided card to lines for heed.toml, with their effect shown before."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.model import Verdict
from handlers.policy_file import load_policy
from handlers.proposing import Effect
from handlers.slack.buttons import ACTIONS, TEACH
from handlers.slack.teaching import TEACHING
from tests.handlers.slack.fake import refusal
from tests.handlers.slack.office import ANN_IN_SLACK, GUEST, KIM, Office, fixture

OPT_OUT, KEEP = ACTIONS[Verdict.OPT_OUT], ACTIONS[Verdict.NOT_OPT_OUT]


def value(desk: Office) -> str:
    return f"{desk.review().id}.{desk.review().version}"


def unclear(desk: Office, text: str = "dunno about all this") -> None:
    desk.says(text)
    desk.work()


def decided(desk: Office, action: str, text: str = "dunno about all this") -> None:
    unclear(desk, text)
    desk.click(action, value(desk))
    desk.work()


def other(desk: Office, user: str, text: str) -> None:
    """Somebody else wrote this."""
    payload = fixture("dm-stop")
    payload["event"] |= {"user": user, "text": text, "channel": f"D{user}"}
    payload["event_id"] = f"Ev{user}"
    desk.event(payload)


def lines(view: dict[str, Any]) -> list[str]:
    """What is to be pasted."""
    return [
        piece["elements"][0]["text"]
        for block in view["blocks"]
        if block["type"] == "rich_text"
        for piece in block["elements"]
        if piece["type"] == "rich_text_preformatted"
    ]


def test_an_opt_out_proposes_its_words_as_a_stop_and_shows_what_they_change(desk: Office) -> None:
    other(desk, "U0BOB", "Dunno, about all this!")
    other(desk, "U0EVE", "hello there")
    decided(desk, OPT_OUT)
    desk.click(TEACH, value(desk))
    opened = desk.slack.wait_for("views.open")[0]["view"]
    assert "being counted" in str(opened)
    narrow, everywhere = lines(opened)
    assert tomllib.loads(narrow) == {
        "words": {"for": [{"lang": "en", "stop": ["dunno about all this"]}]}
    }
    assert tomllib.loads(everywhere) == {"words": {"stop": ["dunno about all this"]}}
    _filled(desk)
    shown = str(desk.slack.of("views.update")[-1]["view"])
    assert "this message would be read as opt_out" in shown
    assert "3 messages of the last 90 days, 2 would be read otherwise" in shown


def test_no_opt_out_proposes_an_innocent_phrase(desk: Office) -> None:
    decided(desk, KEEP)
    desk.click(TEACH, value(desk))
    (_, everywhere) = lines(desk.slack.wait_for("views.open")[0]["view"])
    assert tomllib.loads(everywhere) == {"words": {"innocent": ["dunno about all this"]}}


def test_the_lines_are_a_heed_toml_that_does_what_was_said(desk: Office, tmp_path: Path) -> None:
    decided(desk, OPT_OUT, 'dunno "\u00e9t\u00e9" \\ #5')
    desk.click(TEACH, value(desk))
    for number, pasted in enumerate(lines(desk.slack.wait_for("views.open")[0]["view"])):
        path = tmp_path / f"{number}.toml"
        path.write_text(pasted)
        words = load_policy(path).words
        assert words.stop or words.narrower[0].stop == ('dunno "\u00e9t\u00e9" \\ #5',)


def test_nothing_is_applied_by_itself_and_that_somebody_saw_the_words_is_kept(desk: Office) -> None:
    decided(desk, OPT_OUT)
    before = desk.parts.words
    desk.click(TEACH, value(desk), user=KIM)
    desk.slack.wait_for("views.open")
    assert desk.parts.words == before
    looked = desk.bench.history(ANN_IN_SLACK)[-1]
    assert (str(looked.kind), looked.facts["shown"]) == ("looked_up", "words")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dunno " * 30, "over 100 characters"),
        ("dunno, ask bob@example.org", "names an address"),
    ],
)
def test_what_heed_toml_cannot_hold_is_said(desk: Office, text: str, why: str) -> None:
    decided(desk, OPT_OUT, text)
    desk.click(TEACH, value(desk))
    assert why in desk.slack.wait_for("chat.postEphemeral")[-1]["text"]
    assert desk.slack.of("views.open") == []


def test_words_that_are_gone_teach_nothing(desk: Office) -> None:
    decided(desk, OPT_OUT)
    review = desk.review()
    desk.parts.store.write(lambda session: session.forget_words(review.addr, review.entry_id))
    desk.click(TEACH, value(desk))
    assert "not kept any more" in desk.slack.wait_for("chat.postEphemeral")[-1]["text"]


def test_an_open_card_and_a_guest_get_nothing(desk: Office) -> None:
    unclear(desk)
    desk.click(TEACH, value(desk))
    assert "only what was decided" in desk.slack.wait_for("chat.postEphemeral")[-1]["text"]
    desk.click(TEACH, value(desk), user=GUEST)
    assert "guests" in desk.slack.wait_for("chat.postEphemeral", 2)[-1]["text"]
    assert desk.slack.of("views.open") == []


def test_a_window_that_was_closed_costs_only_the_figures(desk: Office) -> None:
    decided(desk, OPT_OUT)
    desk.slack.script("views.update", refusal("not_found"))
    desk.click(TEACH, value(desk))
    desk.slack.wait_for("views.open")
    _filled(desk)
    assert desk.parts.store.read(lambda session: session.parked()) == []


def test_one_is_counted_at_a_time_so_that_people_are_still_answered(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(desk, OPT_OUT)
    answered: list[bool] = []

    def slowly(*_: object) -> Effect:
        """Somebody clicks once more while this is counted."""
        desk.click(TEACH, value(desk))
        desk.slack.wait_for("views.open", 2)
        desk.until(lambda: counting(desk) == ["counting_another"])
        answered.append(True)
        monkeypatch.undo()
        return Effect()

    monkeypatch.setattr("handlers.slack.teaching.effect", slowly)
    desk.click(TEACH, value(desk))
    _filled(desk)
    assert answered
    desk.slack.calls.clear()
    desk.bench.clock.forward(minutes=1)
    _filled(desk)


def counting(desk: Office) -> list[str]:
    """Why what is to be counted was put off."""
    items = desk.parts.store.read(lambda session: session.recent_outbox(100))
    return [one.error for one in items if one.kind == TEACHING and one.state == "pending"]


def _filled(desk: Office) -> None:
    """The window's place is promised behind the answer; then the worker counts."""
    desk.until(lambda: bool(desk.slack.of("views.update")))
