"""A marketer's system asks: may I send to this address?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import Channel
from storage import StoreUnavailable, sqlite
from tests.handlers.api.kit import Api, json_of, opened
from tests.kit import sms

ANN = "+1 (202) 555-0123"


def test_an_address_nobody_heard_of_may_be_written_to(api: Api) -> None:
    answer = api.post("/v1/check", {"address": ANN}, role="check")
    assert (answer.status_code, json_of(answer)) == (200, {"allowed": True, "because": []})
    assert answer.content_type == "application/json"


def test_after_a_text_that_says_stop_the_next_check_says_blocked_and_why(api: Api) -> None:
    receipt = api.site.bench.hears(sms("STOP"))
    answer = json_of(api.post("/v1/check", {"address": ANN}, role="check"))
    assert answer["allowed"] is False
    [cause] = answer["because"]
    assert cause["scope"] == "channel"
    assert cause["hold"] == "stopped"
    assert cause["since"] == "2026-11-25T12:00:00Z"
    assert cause["entry"] == receipt.entry_id


def test_a_stop_covers_marketing_and_not_the_receipt_or_the_recall(api: Api) -> None:
    api.site.bench.hears(sms("STOP"))
    assert api.blocked(ANN, topic="promotions")
    assert api.blocked(ANN, topic="Promotions ")
    assert not api.blocked(ANN, topic="receipts")
    assert not api.blocked(ANN, topic="recall")


def test_the_same_number_on_whatsapp_is_another_address(api: Api) -> None:
    api.site.bench.hears(sms("STOP"))
    assert not api.blocked(ANN, channel="whatsapp")


def test_everything_at_one_address_covers_the_persons_other_addresses(api: Api) -> None:
    api.post("/v1/sends", {"address": "ann@example.com", "sender": "n@example.com", "contact": "7"})
    assert not api.blocked("ann@example.com")
    api.post("/v1/opt-outs", {"address": ANN, "scope": "everything", "contact": "7"})
    answer = json_of(api.post("/v1/check", {"address": "ann@example.com"}))
    assert answer["allowed"] is False
    assert [cause["linked"] for cause in answer["because"]] == [True]
    assert not api.blocked("bea@example.com")


def test_a_stop_to_one_brand_leaves_the_other_and_blocks_where_no_brand_is_named(api: Api) -> None:
    api.post("/v1/opt-outs", {"address": ANN, "scope": "program:acme"})
    assert api.blocked(ANN, program="acme")
    assert not api.blocked(ANN, program="bolt")
    assert api.blocked(ANN)


def test_a_batch_answers_in_order_and_what_is_no_address_is_not_allowed(api: Api) -> None:
    api.site.bench.hears(sms("STOP"))
    asked = ["bea@example.com", ANN, "not an address", "bea@example.com", "+12025550123"]
    answer = api.post("/v1/check/batch", {"addresses": asked}, role="check")
    results = json_of(answer)["results"]
    assert [one["allowed"] for one in results] == [True, False, False, True, False]
    assert results[2]["problem"]
    assert "not an address" not in answer.get_data(as_text=True)
    assert json_of(api.post("/v1/check/batch", {"addresses": []})) == {"results": []}


def test_a_thousand_addresses_at_once_and_no_more(api: Api) -> None:
    asked = [f"person{number}@example.com" for number in range(1000)]
    answer = api.post("/v1/check/batch", {"addresses": asked}, role="check")
    assert len(json_of(answer)["results"]) == 1000
    assert api.post("/v1/check/batch", {"addresses": [*asked, ANN]}).status_code == 422


def test_what_is_no_address_is_refused_without_repeating_it(api: Api) -> None:
    answer = api.post("/v1/check", {"address": "ann at example dot com"}, role="check")
    assert answer.status_code == 422
    [problem] = json_of(answer)["problems"]
    assert problem["field"] == "address"
    assert "ann" not in answer.get_data(as_text=True)


def test_while_the_database_is_away_the_answer_is_not_allowed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_work: object) -> object:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(api.site.parts.store._backend, "read", away)
    for path, body in (
        ("/v1/check", {"address": ANN}),
        ("/v1/check/batch", {"addresses": [ANN]}),
    ):
        answer = api.post(path, body, role="check")
        assert answer.status_code == 503
        assert json_of(answer)["allowed"] is False
        assert answer.headers["Retry-After"]


def test_while_another_process_holds_the_database_nothing_is_taken_and_checks_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_S", 0.05)
    with opened(tmp_path) as api:
        other = sqlite.connect(tmp_path / "heed.db")
        try:
            other.execute("BEGIN IMMEDIATE")
            answer = api.post("/v1/opt-outs", {"address": ANN})
            assert answer.status_code == 503
            assert json_of(answer)["allowed"] is False
            assert not api.blocked(ANN)
        finally:
            other.close()
        assert api.post("/v1/opt-outs", {"address": ANN}).status_code == 201
        assert api.blocked(ANN)


def test_a_phone_number_on_every_channel_has_its_own_answer(api: Api) -> None:
    api.post("/v1/opt-outs", {"address": ANN, "channel": "whatsapp"})
    for channel in (Channel.SMS, Channel.WHATSAPP):
        assert api.blocked(ANN, channel=channel) is (channel is Channel.WHATSAPP)


def test_a_batch_and_a_single_check_never_disagree(api: Api) -> None:
    people = [f"p{number}@example.com" for number in range(300)]
    for number, person in enumerate(people):
        scope = ("channel", "everything", "topic:promotions", "program:acme")[number % 4]
        if number % 3:
            contact = f"c{number // 5}"
            api.post("/v1/opt-outs", {"address": person, "scope": scope, "contact": contact})
    for asked in ({}, {"topic": "promotions"}, {"topic": "receipts"}, {"program": "bolt"}):
        together = json_of(api.post("/v1/check/batch", {"addresses": people, **asked}))["results"]
        for person, one in zip(people, together, strict=True):
            alone = json_of(api.post("/v1/check", {"address": person, **asked}))
            assert (one["allowed"], one["because"]) == (alone["allowed"], alone["because"])


def test_a_misspelt_topic_or_brand_finds_no_way_round_a_stop(api: Api) -> None:
    api.post("/v1/opt-outs", {"address": ANN, "scope": "topic:promotions"})
    for wrong in ({"topic": "promotion"}, {"program": "acmee"}):
        answer = api.post("/v1/check", {"address": ANN, **wrong}, role="check")
        assert answer.status_code == 422
        assert json_of(answer)["problems"][0]["field"] in wrong
    refused = api.post("/v1/opt-outs", {"address": ANN, "scope": "topic:nosuch"})
    assert refused.status_code == 422
