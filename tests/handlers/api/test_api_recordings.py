"""Opt-outs and opt-ins that the company heard elsewhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.handlers.api.kit import KEYS, Api, json_of
from tests.kit import ANN as ANN_SMS
from tests.kit import MAIL_ANN, sms

ANN = "+12025550123"


def test_an_opt_out_heard_on_the_phone_is_recorded_and_blocks(api: Api) -> None:
    body = {
        "address": "(202) 555-0123",
        "words": "asked our agent to stop the texts",
        "heard_at": "2026-11-24T09:30:00+01:00",
        "source": "phone",
    }
    answer = api.post("/v1/opt-outs", body, role="record")
    assert answer.status_code == 201
    [entry] = api.site.bench.history()
    recorded = json_of(answer)
    assert recorded == {
        "outcome": "opted_out",
        "entry": entry.id,
        "message_id": entry.message_id,
    }
    assert entry.effective_at.isoformat() == "2026-11-24T08:30:00+00:00"
    assert entry.words == body["words"]
    assert entry.facts["source"] == "phone"
    assert api.blocked(ANN)


def test_the_same_key_again_changes_nothing_and_says_the_same(api: Api) -> None:
    first = api.post("/v1/opt-outs", {"address": ANN}, Idempotency_Key="act-1")
    again = api.post("/v1/opt-outs", {"address": ANN}, Idempotency_Key="act-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert json_of(again)["message_id"] == json_of(first)["message_id"]
    assert json_of(again)["outcome"] == "opted_out"
    assert api.site.bench.kinds() == ["opted_out"]


def test_the_same_key_from_many_at_once_is_one_act(api: Api) -> None:
    def once(_number: int) -> int:
        headers = {"Authorization": f"Bearer {KEYS['record']}", "Idempotency-Key": "act-1"}
        client = api.client.application.test_client()
        return client.post("/v1/opt-outs", json={"address": ANN}, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(once, range(16))) == [200] * 15 + [201]
    assert api.site.bench.kinds() == ["opted_out"]


def test_without_a_key_each_request_is_its_own_act(api: Api) -> None:
    outcomes = [json_of(api.post("/v1/opt-outs", {"address": ANN}))["outcome"] for _ in range(2)]
    assert outcomes == ["opted_out", "already_opted_out"]
    assert api.site.bench.kinds() == ["opted_out", "opted_out"]


def test_a_stop_is_never_taken_for_the_repetition_of_an_opt_in(api: Api) -> None:
    evidence = {"address": ANN, "evidence": "form v7"}
    assert api.post("/v1/opt-ins", evidence, Idempotency_Key="job-9").status_code == 201
    assert api.post("/v1/opt-outs", {"address": ANN}, Idempotency_Key="job-9").status_code == 201
    assert api.blocked(ANN)


def test_a_wider_stop_is_never_taken_for_the_repetition_of_a_narrower_one(api: Api) -> None:
    for scope in ("topic:promotions", "everything"):
        body = {"address": ANN, "scope": scope}
        assert api.post("/v1/opt-outs", body, Idempotency_Key="job-9").status_code == 201
    assert api.blocked(ANN, topic="receipts")


def test_one_key_for_two_addresses_is_two_acts(api: Api) -> None:
    for address in (ANN, "ann@example.com"):
        answer = api.post("/v1/opt-outs", {"address": address}, Idempotency_Key="job-9")
        assert answer.status_code == 201
    assert api.blocked(ANN)
    assert api.blocked("ann@example.com")


def test_a_key_that_cannot_be_kept_is_refused(api: Api) -> None:
    for key in ("x" * 256, "two words", "caf\xe9"):
        answer = api.post("/v1/opt-outs", {"address": ANN}, Idempotency_Key=key)
        assert answer.status_code == 422
        assert json_of(answer)["problems"][0]["field"] == "Idempotency-Key"
    assert not api.blocked(ANN)


def test_a_confirmation_goes_out_only_where_it_was_asked_for(api: Api) -> None:
    api.post("/v1/opt-outs", {"address": "ann@example.com"})
    assert api.site.bench.answers(MAIL_ANN) == []
    api.post("/v1/opt-outs", {"address": ANN, "confirm": True, "sender": "+12025550100"})
    assert api.site.bench.answers() == ["opted_out"]
    assert api.site.bench.outbox()[0].sender == "+12025550100"


def test_an_opt_in_with_evidence_lifts_the_stop_and_keeps_the_evidence(api: Api) -> None:
    api.site.bench.hears(sms("STOP"))
    body = {"address": ANN, "evidence": "ticked the box of form v7", "source": "website"}
    answer = api.post("/v1/opt-ins", body)
    assert answer.status_code == 201
    assert json_of(answer)["outcome"] == "opted_in"
    assert not api.blocked(ANN)
    assert api.site.bench.history()[-1].facts["evidence"] == body["evidence"]


def test_one_topic_can_be_stopped_and_taken_up_again(api: Api) -> None:
    api.post("/v1/opt-outs", {"address": ANN, "scope": "topic:promotions"})
    assert api.blocked(ANN, topic="promotions")
    assert not api.blocked(ANN)
    api.post("/v1/opt-ins", {"address": ANN, "scope": "topic:promotions", "evidence": "rang us"})
    assert not api.blocked(ANN, topic="promotions")


def test_words_in_any_script_are_kept_as_they_were_said(api: Api) -> None:
    words = "别再发了 🛑\u202e\x00 “stop”"
    api.post("/v1/opt-outs", {"address": ANN, "words": words})
    assert api.site.bench.history(ANN_SMS)[0].words == words
