"""What the company sent: the context of a reply, and a count of what went out after a stop."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bot.model import SentMessage
from tests.handlers.api.kit import Api, json_of
from tests.kit import ANN as ANN_SMS
from tests.kit import sms

ANN = "+12025550123"
SENDER = "+12025550100"


def sent(api: Api, **more: Any) -> bool:
    body = {"address": ANN, "sender": SENDER, "topic": "promotions", **more}
    answer = api.post("/v1/sends", body, role="record")
    assert answer.status_code == 202
    found = json_of(answer)["after_stop"]
    assert isinstance(found, bool)
    return found


def last(api: Api) -> SentMessage | None:
    bench = api.site.bench
    return bench.store.read(lambda session: session.last_send(bench.addr(), SENDER))


def test_a_send_is_remembered_as_the_context_of_the_reply(api: Api) -> None:
    assert sent(api, lang="es", choices=["1", "2"]) is False
    found = last(api)
    assert found is not None
    assert (found.topic, found.lang, found.choices) == ("promotions", "es", ("1", "2"))
    assert found.sent_at == api.site.bench.clock.now


def test_a_send_leaves_no_address_behind(api: Api) -> None:
    sent(api)
    bench = api.site.bench
    assert bench.store.read(lambda session: session.address(bench.addr(ANN_SMS))) is None


def test_a_send_after_the_stop_is_told_and_one_before_it_is_not(api: Api) -> None:
    api.site.bench.hears(sms("STOP"))
    now = api.site.bench.clock.forward(hours=1)
    assert sent(api) is True
    assert sent(api, sent_at=now.isoformat()) is True
    assert sent(api, sent_at="2026-11-25T11:59:00Z") is False
    assert sent(api, topic="receipts") is False
    assert sent(api, topic=None) is True


def test_the_program_of_the_sender_decides(api: Api) -> None:
    api.post("/v1/opt-outs", {"address": ANN, "scope": "program:bolt"})
    assert sent(api) is False  # this number speaks for acme
    assert sent(api, program="bolt") is True


def test_the_same_message_told_twice_is_kept_once(api: Api) -> None:
    for _ in range(2):
        sent(api, message_id="campaign-17/4711")
        api.site.bench.clock.forward(seconds=30)
    found = last(api)
    assert found is not None
    assert found.sent_at.isoformat() == "2026-11-25T12:00:00+00:00"


def test_a_thousand_at_once_are_counted(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    api.site.bench.hears(sms("STOP"))
    many = [
        {"address": f"p{number}@example.com", "sender": "n@example.com"} for number in range(999)
    ]
    body = {"sends": [*many, {"address": ANN, "sender": SENDER}]}
    with caplog.at_level(logging.INFO, logger="heed"):
        answer = api.post("/v1/sends/batch", body, role="record")
    assert answer.status_code == 202
    told = json_of(answer)
    assert told["count"] == 1
    assert told["after_stop"] == [False] * 999 + [True]
    assert "1 of 1000" in caplog.text
    assert ANN not in caplog.text
    body["sends"].append({"address": ANN, "sender": SENDER})
    assert api.post("/v1/sends/batch", body).status_code == 422
