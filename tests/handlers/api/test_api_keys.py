"""Only who shows a key may call, and only as far as its role goes."""

from __future__ import annotations

import pytest

from handlers.web.api import RESOURCES
from tests.handlers.api.kit import Api, json_of
from tests.kit import sms

ANN = "+12025550123"


def routes(api: Api) -> list[tuple[str, str, str]]:
    """Every operation: method, a path that matches, role."""
    return [
        (one.method, one.path.replace("<review_id>", "ABCDEFGH"), str(one.role))
        for resource in RESOURCES
        for one in resource(api.site.parts)
    ]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer check-ke",
        "Bearer check-key2",
        "Basic check-key",
        "check-key",
        "Bearer caf\xe9",
        "Bearer " + "x" * 100_000,
    ],
)
def test_without_a_key_of_ours_nothing_is_answered(api: Api, header: str) -> None:
    for method, path, _ in routes(api):
        headers = {"Authorization": header} if header else {}
        answer = api.client.open(path, method=method, headers=headers, data=b"{}")
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"].casefold().startswith("bearer")
        assert "wrong" not in answer.get_data(as_text=True)


def test_a_key_may_do_what_its_role_holds_and_nothing_above(api: Api) -> None:
    ranks = ["check", "record", "admin"]
    for method, path, needed in routes(api):
        for role in ranks:
            answer = api.post(path, {}, role=role) if method == "POST" else api.get(path, role=role)
            allowed = ranks.index(role) >= ranks.index(needed)
            whole_list = path == "/v1/suppressions" and role != "admin"
            assert (answer.status_code == 403) is (not allowed or whole_list), (path, role)


def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    headers = {"Authorization": "bearer   check-key "}
    answer = api.client.post("/v1/check", json={"address": ANN}, headers=headers)
    assert answer.status_code == 200


def test_a_checking_key_records_nothing(api: Api) -> None:
    answer = api.post("/v1/opt-outs", {"address": ANN}, role="check")
    assert answer.status_code == 403
    assert "record" in json_of(answer)["error"]
    assert api.site.bench.history() == []


def test_a_recording_key_lifts_nothing(api: Api) -> None:
    api.site.bench.hears(sms("STOP"))
    body = {"address": ANN, "evidence": "she rang us"}
    assert api.post("/v1/opt-ins", body, role="record").status_code == 403
    assert api.blocked(ANN)


def test_who_acted_is_in_the_ledger_and_no_key_is(api: Api) -> None:
    api.post("/v1/opt-outs", {"address": ANN}, role="record")
    facts = api.site.bench.history()[0].facts
    assert facts["actor"] == "api:crm"
    assert "record-key" not in str(facts)
