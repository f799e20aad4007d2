"""The Slack of the tests refuses what Slack refuses; a fake that takes all would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from handlers.slack.rich import actions, header, plain, section
from tests.handlers.slack.answers import answer_faults
from tests.handlers.slack.fake import FakeSlack, fake_slack
from tests.handlers.slack.methods import POSTS_IN_A_CHANNEL
from tests.handlers.slack.office import Office, fixture
from tests.kit import Clock

WORD = {"text": "a word", "unfurl_links": False, "unfurl_media": False}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Iterator[tuple[FakeSlack, WebClient]]:
    with fake_slack(clock) as (slack, url):
        yield slack, WebClient("xoxb-made-up", base_url=f"{url}/", retry_handlers=[])
        slack.refused.clear()  # these tests ask for it
        slack.faults.clear()


def code(client: WebClient, method: str, **args: Any) -> str:
    """The error code; empty where Slack took it."""
    try:
        client.api_call(method, json=args)
    except SlackApiError as refusal:
        return str(refusal.response["error"])
    return ""


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": plain("Go"), **more}


def choice(count: int, kind: str = "static_select") -> dict[str, Any]:
    options = [{"text": plain("x"), "value": str(number)} for number in range(count)]
    return {"type": kind, "action_id": "a", "options": options}


REFUSED = {
    "51 blocks": [section("x")] * 51,
    "an unknown block": [{"type": "carousel"}],
    "a block without a type": [{"text": plain("x")}],
    "a field that the block has not": [{**header("x"), "colour": "red"}],
    "no text in a section": [{"type": "section"}],
    "an empty section": [section("")],
    "a long section": [section("x" * 3001)],
    "a long header": [header("x" * 151)],
    "markup in a header": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "11 fields": [{"type": "section", "fields": [plain("x")] * 11}],
    "a long field": [{"type": "section", "fields": [plain("x" * 2001)]}],
    "26 buttons": [actions("b", [button(action_id=str(number)) for number in range(26)])],
    "an action without elements": [actions("b", [])],
    "one action_id twice": [actions("b", [button(), button()])],
    "one block_id twice": [actions("b", [button()]), actions("b", [button()])],
    "a long button": [actions("b", [button(text=plain("x" * 76))])],
    "a long button's value": [actions("b", [button(value="x" * 2001)])],
    "a long action_id": [actions("b", [button(action_id="x" * 256)])],
    "a button of a third style": [actions("b", [button(style="warning")])],
    "a long label for readers": [actions("b", [button(accessibility_label="x" * 76)])],
    "an unknown element": [actions("b", [{"type": "slider", "action_id": "a"}])],
    "6 entries in a menu": [actions("b", [choice(6, "overflow")])],
    "11 checkboxes": [actions("b", [choice(11, "checkboxes")])],
    "a choice of nothing": [actions("b", [choice(0)])],
    "an initial option of another choice": [
        actions("b", [{**choice(2), "initial_option": {"text": plain("y"), "value": "9"}}])
    ],
    "empty rich text": [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}],
        }
    ],
    "13,001 characters in all": [section("x" * 2700)] * 5,
}


@pytest.mark.parametrize("blocks", REFUSED.values(), ids=REFUSED.keys())
def test_blocks_that_slack_refuses_are_refused(
    api: tuple[FakeSlack, WebClient], blocks: list[dict[str, Any]]
) -> None:
    slack, client = api
    assert code(client, "chat.postMessage", channel="C1", blocks=blocks, **WORD) == "invalid_blocks"
    assert slack.refused


def test_blocks_at_the_limit_are_taken(api: tuple[FakeSlack, WebClient]) -> None:
    slack, client = api
    most = [section("x")] * 48 + [header("x" * 150), actions("b", [button(value="x" * 2000)])]
    assert code(client, "chat.postMessage", channel="C1", blocks=most, **WORD) == ""
    assert slack.refused == []


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("T"), "blocks": [section("x")], **more}


ASKS = {"type": "input", "label": plain("L"), "element": {**choice(1), "action_id": "a"}}
WINDOWS = {
    "a long title": modal(title=plain("x" * 25)),
    "no title": {"type": "modal", "blocks": []},
    "a long private_metadata": modal(private_metadata="x" * 3001),
    "a long callback_id": modal(callback_id="x" * 256),
    "101 blocks": modal(blocks=[section("x")] * 101),
    "inputs and no way to submit": modal(blocks=[ASKS]),
    "a Home": {"type": "home", "blocks": []},
    "a field too full": modal(
        submit=plain("Go"),
        blocks=[
            {
                "type": "input",
                "label": plain("L"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "a",
                    "max_length": 3,
                    "initial_value": "four",
                },
            }
        ],
    ),
}


@pytest.mark.parametrize("view", WINDOWS.values(), ids=WINDOWS.keys())
def test_windows_that_slack_refuses_are_refused(
    api: tuple[FakeSlack, WebClient], view: dict[str, Any]
) -> None:
    slack, client = api
    slack.triggers.issue("t")
    assert code(client, "views.open", trigger_id="t", view=view) == "invalid_arguments"


def test_a_trigger_opens_one_window_within_three_seconds(
    api: tuple[FakeSlack, WebClient], clock: Clock
) -> None:
    slack, client = api
    for trigger in ("once", "late"):
        slack.triggers.issue(trigger)
    assert code(client, "views.open", trigger_id="once", view=modal()) == ""
    assert code(client, "views.open", trigger_id="once", view=modal()) == "exchanged_trigger_id"
    assert code(client, "views.open", trigger_id="never", view=modal()) == "invalid_trigger_id"
    clock.forward(seconds=3)
    assert code(client, "views.open", trigger_id="late", view=modal()) == "expired_trigger_id"


def test_a_channel_takes_a_burst_and_then_says_how_long_to_wait(
    api: tuple[FakeSlack, WebClient], clock: Clock
) -> None:
    _, client = api
    for _ in range(POSTS_IN_A_CHANNEL):
        client.api_call("chat.postMessage", json={"channel": "C1", **WORD})
        clock.forward(milliseconds=100)
    with pytest.raises(SlackApiError) as limited:
        client.api_call("chat.postMessage", json={"channel": "C1", **WORD})
    assert limited.value.response.status_code == 429
    wait_s = int(limited.value.response.headers["Retry-After"])
    assert 1 <= wait_s <= 10
    assert code(client, "chat.postMessage", channel="C2", **WORD) == ""
    clock.forward(seconds=wait_s)
    assert code(client, "chat.postMessage", channel="C1", **WORD) == ""


def test_a_method_is_limited_as_its_tier_says(api: tuple[FakeSlack, WebClient]) -> None:
    _, client = api
    asked = [code(client, "usergroups.users.list", usergroup="S1") for _ in range(21)]
    assert asked == ["no_such_subteam"] * 20 + ["ratelimited"]


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.update", {"channel": "C1", "ts": "1.1", "text": "x"}, "message_not_found"),
        ("users.info", {}, "invalid_arguments"),
        ("views.publish", {"user_id": "U1", "view": modal()}, "invalid_arguments"),
        ("chat.scheduleMessage", {"channel": "C1"}, "unknown_method"),
        ("apps.connections.open", {}, "not_allowed_token_type"),
    ],
)
def test_calls_that_cannot_be_are_refused(
    api: tuple[FakeSlack, WebClient], method: str, args: dict[str, Any], error: str
) -> None:
    _, client = api
    assert code(client, method, **args) == error


def test_what_slack_refuses_for_good_fails_the_test_that_sent_it() -> None:
    def post_nonsense() -> None:
        with fake_slack() as (_, url):
            client = WebClient("xoxb-made-up", base_url=f"{url}/", retry_handlers=[])
            code(client, "chat.postMessage", channel="C1", blocks=[{"type": "hat"}], **WORD)

    with pytest.raises(AssertionError):
        post_nonsense()


def test_an_answer_to_a_form_that_slack_cannot_show_is_found() -> None:
    form = fixture("view-submission")
    assert answer_faults(form, None) == []
    assert answer_faults(form, {"response_action": "errors", "errors": {"note": "why"}}) == []
    assert answer_faults(form, {"response_action": "errors", "errors": {"nowhere": "why"}})
    assert answer_faults(form, {"response_action": "update", "view": modal(title=plain("x" * 25))})
    assert answer_faults(form, {"text": "no answer to a form"})


def test_a_form_whose_trigger_ran_out_is_said_not_to_have_opened(desk: Office) -> None:
    desk.slack.triggers.issue("slow")
    desk.bench.clock.forward(seconds=4)
    desk.command("", trigger_id="slow")
    assert "did not open" in str(desk.slack.wait_for("chat.postEphemeral")[-1]["text"])


def test_a_busy_review_channel_gets_every_card_when_it_may(desk: Office) -> None:
    """More at once than Slack takes in one channel: what waits is posted later, each once."""
    cards = POSTS_IN_A_CHANNEL + 3
    for number in range(cards):
        desk.says(f"dunno {number}", ts=f"17956079{number:02d}.000100", user=f"U0ANN{number}")
    for _ in range(6):
        desk.work()
        desk.bench.clock.forward(seconds=10)
    posted = [one for one in desk.slack.of("chat.postMessage") if one["channel"] == "C0REVIEW"]
    taken = {one["text"] for one in posted if "waits for a decision" in one["text"]}
    assert len(taken) == cards
    reviews = desk.parts.store.read(lambda session: session.open_reviews(50))
    assert all(one.card_ts for one in reviews)
    assert len(reviews) == cards
