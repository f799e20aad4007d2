"""WhatsApp from Meta: the 24-hour window, buttons, and the stop in WhatsApp's own settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import addresses
from bot.model import CHANNEL_SCOPE, Act, Actor, Address, Channel, Recording, Role
from handlers.callers import Call, last_call
from handlers.checking import Question, check
from handlers.providers.whatsapp import content, signed
from handlers.serve import worker
from storage import OutboxState
from tests.handlers.providers.contract import Case, FakeApi, cases, fake_api
from tests.handlers.web_kit import POLICY, Site, site
from tests.kit import NOW

CASE: Case = next(case for case in cases() if case.name == "whatsapp")
ANN = addresses.whatsapp("12025550123")
OURS = "100000000000002"
TWO_BRANDS = f"""{POLICY}
[[programs]]
name = "shoes"
title = "Acme Shoes"

[[programs]]
name = "outlet"
title = "Acme Outlet"

[[senders]]
id = "{OURS}"
channel = "whatsapp"
provider = "whatsapp"
program = "shoes"
ask_scope = true
"""


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as found:
        found.body = CASE.about["send"]["taken"]["body"]
        yield found


@pytest.fixture
def desk(tmp_path: Path, api: FakeApi) -> Iterator[Site]:
    with site(tmp_path, policy=TWO_BRANDS, HEED_WHATSAPP_API_URL=api.url, **CASE.env) as joined:
        yield joined


def hears(desk: Site, field: str, value: dict[str, Any]) -> None:
    value["metadata"] = {"phone_number_id": OURS}
    change = {"field": field, "value": value}
    body = json.dumps({"entry": [{"id": "100000000000001", "changes": [change]}]}).encode()
    request = signed(CASE.request(body), CASE.about["secret"])
    headers = dict(request.headers)
    assert desk.client.post("/webhooks/whatsapp", data=body, headers=headers).status_code == 200


def message(number: int, at: datetime, kind: str, said: Any) -> dict[str, Any]:
    return {
        "messages": [
            {
                "from": "12025550123",
                "id": f"wamid.{number}",
                "timestamp": str(int(at.timestamp())),
                "type": kind,
                kind: said,
            }
        ]
    }


def text(desk: Site, words: str, number: int = 1, at: datetime = NOW) -> None:
    hears(desk, "messages", message(number, at, "text", {"body": words}))


def preference(desk: Site, value: str, at: datetime = NOW) -> None:
    wish = {
        "wa_id": "12025550123",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at.timestamp()),
    }
    hears(desk, "user_preferences", {"user_preferences": [wish]})


def opt_out(desk: Site, event_id: str, who: Address = ANN) -> None:
    desk.parts.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=who,
            scope=CHANNEL_SCOPE,
            actor=Actor(name="slack:T012/U345", role=Role.RECORD),
            source="slack",
            event_id=event_id,
            received_at=desk.bench.clock(),
            recipient=OURS,
            confirm=True,
        )
    )


def allowed(desk: Site, program: str) -> bool:
    question = Question(topic="", program=program)
    parts = desk.parts
    return check(parts.store, parts.policy, ANN, question, parts.clock()).allowed


# --- the window ----------------------------------------------------------------------------------


def test_a_free_answer_goes_out_within_a_day_of_the_persons_last_message(
    desk: Site, api: FakeApi
) -> None:
    text(desk, "see you at five")
    desk.bench.clock.forward(hours=23, minutes=59)
    opt_out(desk, "1")
    outbox = worker(desk.parts)
    while outbox.step():
        pass
    assert [item.state for item in desk.bench.outbox(ANN) if not item.repeatable] == [
        OutboxState.SENT
    ]
    assert len(api.calls) == 1


@pytest.mark.parametrize("words", ["see you at five", ""])
def test_outside_the_window_nothing_is_sent_and_the_ledger_says_so(
    desk: Site, api: FakeApi, words: str
) -> None:
    if words:
        text(desk, words)
    desk.bench.clock.forward(hours=24, minutes=1)
    opt_out(desk, "1")
    worker(desk.parts).step()
    last = desk.bench.history(ANN)[-1]
    assert (last.kind, last.facts["outcome"], last.facts["error"]) == (
        "answered",
        "dropped",
        "window_closed",
    )
    assert api.calls == []
    assert desk.bench.holds(ANN) == {"channel": "stopped"}


def test_a_message_that_meta_brings_days_late_is_recorded_and_not_answered(
    desk: Site, api: FakeApi
) -> None:
    text(desk, "please stop", at=NOW - timedelta(days=3))
    worker(desk.parts).step()
    assert desk.bench.history(ANN)[-1].facts["error"] == "window_closed"
    assert api.calls == []
    assert desk.bench.holds(ANN) == {"channel": "stopped"}


# --- buttons -------------------------------------------------------------------------------------


def test_the_question_how_much_goes_out_with_buttons_and_a_tap_answers_it(
    desk: Site, api: FakeApi
) -> None:
    text(desk, "stop")
    worker(desk.parts).step()
    sent = json.loads(api.calls[0][1])
    buttons = sent["interactive"]["action"]["buttons"]
    assert [one["reply"]["title"] for one in buttons] == ["Acme Shoes", "everything"]
    tap = {"type": "button_reply", "button_reply": buttons[0]["reply"]}
    hears(desk, "messages", message(2, NOW, "interactive", tap))
    assert desk.bench.holds(ANN) == {"program:shoes": "stopped"}
    assert allowed(desk, "outlet")
    assert not allowed(desk, "shoes")


def test_the_question_why_goes_out_as_a_list_and_a_tap_is_kept_as_the_reason(
    tmp_path: Path, api: FakeApi
) -> None:
    policy = TWO_BRANDS.replace("ask_scope = true", "")
    with site(tmp_path, policy=policy, HEED_WHATSAPP_API_URL=api.url, **CASE.env) as desk:
        text(desk, "stop")
        worker(desk.parts).step()
        (section,) = json.loads(api.calls[0][1])["interactive"]["action"]["sections"]
        tap = {"type": "list_reply", "list_reply": section["rows"][1]}
        hears(desk, "messages", message(2, NOW, "interactive", tap))
        last = next(one for one in desk.bench.history(ANN) if one.kind == "reason_given")
    assert last.facts["reason"] == "not_relevant"


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([], "text"),
        (["a", "b", "c"], "button"),
        (["a", "b", "x" * 20], "button"),
        (["a", "x" * 21], "list"),
        (["a", "b", "c", "d"], "list"),
        (["x" * 25], "text"),
        (["a"] * 11, "text"),
    ],
)
def test_what_is_too_long_or_too_many_for_buttons_is_still_asked(
    labels: list[str], kind: str
) -> None:
    made = content("Why?", list(labels))
    interactive = made.get("interactive")
    assert kind == (interactive["type"] if isinstance(interactive, dict) else made["type"])
    assert content("x" * 1025, list(labels))["type"] == "text"


# --- the stop in WhatsApp itself -----------------------------------------------------------------


def test_stopping_marketing_in_whatsapp_stops_that_senders_marketing_alone(desk: Site) -> None:
    preference(desk, "stop")
    assert desk.bench.holds(ANN) == {"program:shoes": "stopped"}
    assert not allowed(desk, "shoes")
    assert allowed(desk, "outlet")
    assert desk.bench.answers(ANN) == []


def test_resuming_lifts_that_and_never_a_stop_in_words(desk: Site) -> None:
    preference(desk, "stop", NOW - timedelta(minutes=2))
    desk.bench.clock.forward(minutes=1)
    preference(desk, "resume", NOW + timedelta(minutes=1))
    assert desk.bench.holds(ANN) == {}
    text(desk, "please stop", at=NOW + timedelta(seconds=90))
    desk.bench.clock.forward(minutes=1)
    preference(desk, "resume", NOW + timedelta(minutes=2))
    assert desk.bench.holds(ANN) == {"channel": "stopped"}


def test_a_refusal_at_send_is_about_that_senders_marketing_too(desk: Site, api: FakeApi) -> None:
    text(desk, "HELP")
    api.status, api.body = (CASE.about["send"]["blocked"][name] for name in ("status", "body"))
    worker(desk.parts).step()
    assert desk.bench.holds(ANN) == {"program:shoes": "stopped"}
    assert desk.bench.kinds(ANN)[-2:] == ["provider_block", "answered"]
    assert ANN.channel is Channel.WHATSAPP


# --- a person with two names: a number and a business-scoped id ----------------------------------

SCOPED = "US.10000000000000000001"
BSUID = addresses.whatsapp(SCOPED)
BOTH = {"from": "12025550123", "from_user_id": SCOPED}
NUMBER_ALONE = {"from": "12025550123"}
ID_ALONE = {"from_user_id": SCOPED}


def says(desk: Site, names: dict[str, str], words: str, number: int) -> None:
    said = message(number, desk.bench.clock.now, "text", {"body": words})
    said["messages"][0].pop("from")
    said["messages"][0] |= names
    hears(desk, "messages", said)
    desk.bench.clock.forward(seconds=1)


def blocked(desk: Site, who: Address) -> bool:
    parts = desk.parts
    return not check(parts.store, parts.policy, who, Question(), desk.bench.clock.now).allowed


@pytest.mark.parametrize("names", [NUMBER_ALONE, ID_ALONE, BOTH])
@pytest.mark.parametrize("told_first", [True, False])
def test_a_stop_under_either_name_blocks_both(
    desk: Site, names: dict[str, str], *, told_first: bool
) -> None:
    steps = [(BOTH, "Is my order on its way?"), (names, "stop")]
    for number, (by, words) in enumerate(steps if told_first else reversed(steps)):
        says(desk, by, words, number)
    assert blocked(desk, ANN)
    assert blocked(desk, BSUID)
    assert not blocked(desk, addresses.sms("+12025550123"))  # WhatsApp alone was said


def test_what_no_message_told_together_stays_apart(desk: Site) -> None:
    says(desk, NUMBER_ALONE, "hello", 1)
    says(desk, ID_ALONE, "stop", 2)
    assert blocked(desk, BSUID)
    assert not blocked(desk, ANN)


def test_the_update_s_contacts_tell_both_names(desk: Site) -> None:
    said = message(1, NOW, "text", {"body": "stop"})
    said["messages"][0].pop("from")
    said["messages"][0]["from_user_id"] = SCOPED
    said["contacts"] = [{"wa_id": "12025550123", "user_id": SCOPED}]
    hears(desk, "messages", said)
    assert blocked(desk, ANN)


def test_the_app_s_own_switch_under_one_name_blocks_the_marketing_of_both(desk: Site) -> None:
    wish = {"category": "marketing_messages", "value": "stop", "timestamp": int(NOW.timestamp())}
    hears(desk, "user_preferences", {"user_preferences": [{**wish, "user_id": SCOPED}]})
    assert not blocked(desk, ANN)
    says(desk, BOTH, "hello", 1)
    assert blocked(desk, ANN)


def test_a_stop_said_again_under_the_other_name_is_answered_once(desk: Site) -> None:
    says(desk, BOTH, "hello", 1)
    says(desk, NUMBER_ALONE, "stop", 2)
    says(desk, ID_ALONE, "stop", 3)
    answers = [*desk.bench.answers(ANN), *desk.bench.answers(BSUID)]
    assert answers == ["opted_out"]
    assert desk.bench.holds(BSUID) == {"channel": "stopped"}


def test_a_start_lifts_nothing_that_stands_under_the_other_name(desk: Site) -> None:
    says(desk, BOTH, "stop", 1)
    says(desk, ID_ALONE, "START", 2)
    assert blocked(desk, ANN)
    assert blocked(desk, BSUID)
    (review,) = desk.parts.store.read(lambda session: session.open_reviews())
    assert review.cause == "restart"
    says(desk, NUMBER_ALONE, "START", 3)
    assert not blocked(desk, ANN)


def test_a_number_that_changed_hands_makes_no_kin_of_its_owners(desk: Site) -> None:
    other = addresses.whatsapp("US.20000000000000000002")
    says(desk, BOTH, "hello", 1)
    says(desk, {"from": "12025550123", "from_user_id": other.value}, "hello", 2)
    says(desk, {"from_user_id": other.value}, "stop", 3)
    assert blocked(desk, other)
    assert blocked(desk, ANN)
    assert not blocked(desk, BSUID)


def test_everything_said_by_id_covers_the_texts_to_the_number(desk: Site) -> None:
    says(desk, BOTH, "hello", 1)
    says(desk, ID_ALONE, "stop everything, all channels", 2)
    assert desk.bench.holds(BSUID) == {"everything": "stopped"}
    assert blocked(desk, addresses.sms("+12025550123"))


def test_a_wrong_verify_token_is_told_to_whoever_connects(desk: Site) -> None:
    path, store = "/webhooks/whatsapp", desk.parts.store
    assert desk.client.get(path).status_code == 403
    assert last_call(store, "whatsapp", Call.REFUSED) is None  # anybody may look in
    asked = {"hub.mode": "subscribe", "hub.verify_token": "another", "hub.challenge": "1"}
    assert desk.client.get(path, query_string=asked).status_code == 403
    refused = last_call(store, "whatsapp", Call.REFUSED)
    assert refused is not None
    assert refused.reason == "token_wrong"


# --- batches, and what is new --------------------------------------------------------------------


def test_one_message_that_nobody_can_read_hides_no_other(desk: Site) -> None:
    said = message(1, NOW, "text", {"body": "stop"})
    said["messages"].insert(0, {"id": "wamid.7", "type": "text", "from": "nobody"})
    hears(desk, "messages", said)
    assert desk.bench.holds(ANN) == {"channel": "stopped"}
    (review,) = desk.parts.store.read(lambda session: session.open_reviews())
    assert review.cause == "unreadable"


def test_a_form_that_was_filled_in_reaches_a_person(desk: Site) -> None:
    form = {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{}"}}
    hears(desk, "messages", message(1, NOW, "interactive", form))
    (review,) = desk.parts.store.read(lambda session: session.open_reviews())
    assert review.cause == "media"


def test_a_stop_of_another_kind_of_messages_reaches_a_person(desk: Site) -> None:
    wish = {"wa_id": "12025550123", "category": "utility_messages", "value": "stop"}
    hears(desk, "user_preferences", {"user_preferences": [wish]})
    (review,) = desk.parts.store.read(lambda session: session.open_reviews())
    assert review.cause == "unreadable"
