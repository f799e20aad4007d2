"""What providers send beside plain messages is neither lost nor taken for something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from bot import addresses
from bot.model import InboundMessage, Recording
from handlers.ports import Malformed, Unsupported
from tests.handlers.providers.contract import Case, cases
from tests.handlers.providers.test_contract import post
from tests.handlers.web_kit import POLICY, Site, site

CASES = {case.name: case for case in cases()}
STOP_LABEL = {"text": "Stop texts", "postback_data": "menu-7"}


def parsed(tmp_path: Path, case: Case, body: bytes) -> list[Any]:
    with site(tmp_path, **case.env) as desk:
        return list(desk.parts.providers[case.name].parse(case.request(body)))


def changed(case: Case, fixture: str, **more: Any) -> bytes:
    """A fixture's JSON with other values; `data__payload__type` names a place."""
    document = json.loads((case.folder / f"{fixture}.json").read_text("utf-8"))
    for place, value in more.items():
        *path, last = place.split("__")
        inner = document
        for key in path:
            inner = inner[key]
        inner[last] = value
    return json.dumps(document).encode()


def form(case: Case, fixture: str, **more: str) -> bytes:
    plain = (case.folder / f"{fixture}.form").read_text("utf-8")
    return urlencode({**dict(parse_qsl(plain, keep_blank_values=True)), **more}).encode()


# --- a batch -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sender_of_first"),
    [("infobip", '"from": "12025550124"'), ("bandwidth", '"from":"+12025550124"')],
)
def test_one_of_a_batch_that_nobody_can_read_hides_no_stop(
    tmp_path: Path, name: str, sender_of_first: str
) -> None:
    case = CASES[name]
    text = (case.folder / "batch.json").read_text("utf-8")
    assert sender_of_first in text
    body = text.replace(sender_of_first, '"from": "ACME"').encode()
    with site(tmp_path, **case.env) as desk:
        assert post(desk.client, case.request(body, case.about["secret"])).status_code == 200
        assert desk.bench.holds() == {"channel": "stopped"}
        (review,) = desk.parts.store.read(lambda session: session.open_reviews())
        assert review.cause == "unreadable"


# --- receipts, taps, reactions, things without words -----------------------------------------------


@pytest.mark.parametrize(
    ("name", "fixture", "status"),
    [
        ("twilio", "free-words", {"MessageStatus": "delivered"}),
        ("twilio", "free-words", {"SmsStatus": "undelivered", "ErrorCode": "30003"}),
        ("plivo", "free-words", {"Status": "delivered"}),
    ],
)
def test_a_receipt_that_repeats_our_own_text_is_no_message(
    tmp_path: Path, name: str, fixture: str, status: dict[str, str]
) -> None:
    with pytest.raises(Unsupported, match="receipt"):
        parsed(tmp_path, CASES[name], form(CASES[name], fixture, **status))


def test_what_twilio_calls_received_is_a_message(tmp_path: Path) -> None:
    body = form(CASES["twilio"], "free-words", SmsStatus="received")
    (heard,) = parsed(tmp_path, CASES["twilio"], body)
    assert isinstance(heard, InboundMessage)


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("RCS", {"suggestion_response": STOP_LABEL}, ("Stop texts", "button", 0)),
        ("RCS", {"suggestion_response": {"postback_data": "STOP"}}, ("STOP", "button", 0)),
        ("WHATSAPP", {"type": "button", "button": {"text": "Stop"}}, ("Stop", "button", 0)),
        (
            "WHATSAPP",
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"title": "Stop"}},
            },
            ("Stop", "button", 0),
        ),
        ("WHATSAPP", {"type": "audio", "audio": {"id": "1"}}, ("", "message", 1)),
        ("RCS", {"location": {"latitude": 1}}, ("", "message", 1)),
    ],
)
def test_telnyx_rich_messages_are_read_or_reach_a_person(
    tmp_path: Path, kind: str, body: dict[str, Any], said: tuple[str, str, int]
) -> None:
    case = CASES["telnyx"]
    more = {"data__payload__type": kind, "data__payload__body": body, "data__payload__text": ""}
    (heard,) = parsed(tmp_path, case, changed(case, "free-words", **more))
    assert (heard.text, str(heard.kind), heard.media_count) == said


@pytest.mark.parametrize(
    ("name", "fixture", "more"),
    [
        (
            "telnyx",
            "whatsapp-without-number",
            {"data__payload__body": {"type": "reaction", "reaction": {"emoji": "👎"}}},
        ),
        ("vonage", "picture", {"message_type": "reaction", "reaction": {"emoji": "👎"}}),
    ],
)
def test_a_reaction_says_nothing_by_itself(
    tmp_path: Path, name: str, fixture: str, more: dict[str, Any]
) -> None:
    with pytest.raises(Unsupported, match="reaction"):
        parsed(tmp_path, CASES[name], changed(CASES[name], fixture, **more))


@pytest.mark.parametrize("content", ["media", "unknown"])
def test_plivo_whatsapp_without_words_reaches_a_person(tmp_path: Path, content: str) -> None:
    case = CASES["plivo"]
    plain = form(case, "whatsapp-stop", ContentType=content, Body="")
    without = urlencode([one for one in parse_qsl(plain.decode()) if one[0] != "Body"]).encode()
    for body in (plain, without):
        (heard,) = parsed(tmp_path, case, body)
        assert (heard.text, heard.media_count) == ("", 1)


def test_sinch_opt_outs_without_a_time_are_each_one_of_its_own(tmp_path: Path) -> None:
    case = CASES["sinch"]
    told = set()
    for number in (1, 2):
        document = json.loads((case.folder / "conversation-opt-out.json").read_text("utf-8"))
        document.pop("event_time", None)
        document.pop("accepted_time", None)
        document["correlation_id"] = str(number)
        (block,) = parsed(tmp_path, case, json.dumps(document).encode())
        assert isinstance(block, Recording)
        told.add(block.event_id)
    assert len(told) == 2


# --- how numbers are spelled -----------------------------------------------------------------------


def hears_vonage(desk: Site, **fields: str) -> None:
    case = CASES["vonage"]
    body = changed(case, "free-words", **fields)
    assert post(desk.client, case.request(body, case.about["secret"])).status_code == 200


@pytest.mark.parametrize(
    ("spelled", "person"),
    [
        ("12025550123", "+12025550123"),
        ("2025550123", "+12025550123"),  # national: +20 is Egypt, where no such number is
        ("447700900123", "+447700900123"),
        ("4915123456789", "+4915123456789"),
        ("5215512345678", "+525512345678"),  # Mexico's older spelling
        ("+12025550123", "+12025550123"),
    ],
)
def test_digits_alone_are_the_number_that_is_in_use(
    tmp_path: Path, spelled: str, person: str
) -> None:
    with site(tmp_path, **CASES["vonage"].env) as desk:
        hears_vonage(desk, **{"from": spelled})
        assert desk.bench.holds(addresses.parse(f"sms:{person}")) == {"channel": "stopped"}


def test_a_name_that_nobody_can_answer_reaches_a_person(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="from"):
        parsed(
            tmp_path, CASES["vonage"], changed(CASES["vonage"], "free-words", **{"from": "ACME"})
        )


@pytest.mark.parametrize("ours", ["1234567", "12345678", "24365", "ACME", "12025550177"])
def test_our_own_sender_is_the_one_of_heed_toml_however_it_is_spelled(
    tmp_path: Path, ours: str
) -> None:
    """Digits-only providers name a long short code and a number in the same way."""
    policy = f"""{POLICY}
[[programs]]
name = "shoes"
title = "Acme Shoes"

[[senders]]
id = "{ours}"
channel = "sms"
provider = "vonage"
program = "shoes"
"""
    with site(tmp_path, policy=policy, **CASES["vonage"].env) as desk:
        hears_vonage(desk, to=ours)
        (entry,) = desk.bench.history()
        assert (entry.facts["recipient"], entry.facts["program"]) == (ours, "shoes")
        assert [item.sender for item in desk.bench.outbox() if not item.repeatable] == [ours]
