"""POST /v1/erasures: a caller erases a person's record, and the block stays."""

from __future__ import annotations

from tests.handlers.api.kit import Api, json_of
from tests.kit import sms


def test_an_erasure_leaves_nothing_to_read_and_the_block(api: Api) -> None:
    api.site.bench.hears(sms("please stop these messages"))
    answer = api.post("/v1/erasures", {"address": "+1 202 555 0123"})
    assert answer.status_code == 201
    said = json_of(answer)
    assert said["outcome"] == "erased"
    assert said["linked_addresses"] == 0
    history = json_of(api.get("/v1/history", address="+12025550123"))
    assert {entry["words"] for entry in history["entries"]} == {None}
    assert history["entries"][-1]["id"] == said["entry"]
    assert api.blocked("+12025550123")


def test_it_needs_an_admin(api: Api) -> None:
    for role in ("check", "record"):
        answer = api.post("/v1/erasures", {"address": "+12025550123"}, role=role)
        assert answer.status_code == 403
    assert api.post("/v1/erasures", {"address": "+12025550123"}, role="").status_code == 401


def test_the_callers_key_makes_it_happen_once(api: Api) -> None:
    body = {"address": "ann@example.com"}
    first = api.post("/v1/erasures", body, Idempotency_Key="ticket-7")
    again = api.post("/v1/erasures", body, Idempotency_Key="ticket-7")
    assert (first.status_code, again.status_code) == (201, 200)
    assert json_of(again)["entry"] is None
    history = json_of(api.get("/v1/history", address="ann@example.com"))
    assert [entry["kind"] for entry in history["entries"]] == ["opted_out", "erased"]


def test_other_addresses_of_the_person_are_counted(api: Api) -> None:
    for address in ("ann@example.com", "+12025550123"):
        api.post("/v1/opt-outs", {"address": address, "contact": "c-1"})
    said = json_of(api.post("/v1/erasures", {"address": "ann@example.com"}))
    assert said["linked_addresses"] == 1


def test_what_is_no_address_is_refused_without_repeating_it(api: Api) -> None:
    answer = api.post("/v1/erasures", {"address": "not an address"})
    assert answer.status_code == 422
    assert "not an address" not in answer.get_data(as_text=True)
