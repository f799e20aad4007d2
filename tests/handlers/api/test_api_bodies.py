"""What is no sensible request is refused clearly, and never repeated back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.api.kit import Api, json_of

ANN = "+12025550123"
POSTS = ("/v1/check", "/v1/check/batch", "/v1/opt-outs", "/v1/opt-ins", "/v1/sends")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"address": "\xff\xfe"}',
        b'{"address": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_json_is_a_bad_request(api: Api, path: str, data: bytes) -> None:
    answer = api.raw(path, data)
    assert answer.status_code == 400
    assert json_of(answer)["error"] == "the body is not JSON in UTF-8"


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("data", [b"[]", b"null", b"7", b'"text"'])
def test_json_that_is_no_object_does_not_fit(api: Api, path: str, data: bytes) -> None:
    assert api.raw(path, data).status_code == 422


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_taken(api: Api, kind: str) -> None:
    answer = api.raw("/v1/check", b'{"address": "+12025550123"}', kind)
    assert answer.status_code == 415
    assert "Content-Type" in json_of(answer)["error"]


def test_json_with_a_charset_is_json(api: Api) -> None:
    data = b'{"address": "+12025550123"}'
    assert api.raw("/v1/check", data, "application/json; charset=utf-8").status_code == 200


def test_a_body_over_three_megabytes_is_too_large(api: Api) -> None:
    data = b'{"address": "' + b"x" * 3_000_001 + b'"}'
    assert api.raw("/v1/check", data).status_code == 413


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/check", {}, "address"),
        ("/v1/check", {"address": ""}, "address"),
        ("/v1/check", {"address": 12025550123}, "address"),
        ("/v1/check", {"address": None}, "address"),
        ("/v1/check", {"address": ["+12025550123"]}, "address"),
        ("/v1/check", {"address": "x" * 501}, "address"),
        ("/v1/check", {"address": ANN, "channel": "fax"}, "channel"),
        ("/v1/check", {"address": ANN, "topic": "t" * 65}, "topic"),
        ("/v1/check", {"adress": ANN, "address": ANN}, "adress"),
        ("/v1/check/batch", {"addresses": ANN}, "addresses"),
        ("/v1/check/batch", {"addresses": [ANN, 7]}, "addresses.1"),
        ("/v1/opt-outs", {"address": ANN, "scope": "all"}, "scope"),
        ("/v1/opt-outs", {"address": ANN, "scope": "topic:"}, "scope"),
        ("/v1/opt-outs", {"address": ANN, "scope": "channel:x"}, "scope"),
        ("/v1/opt-outs", {"address": ANN, "confirm": "yes"}, "confirm"),
        ("/v1/opt-outs", {"address": ANN, "confirm": True}, "sender"),
        ("/v1/opt-outs", {"address": ANN, "words": "x" * 10_001}, "words"),
        ("/v1/opt-outs", {"address": ANN, "heard_at": "yesterday"}, "heard_at"),
        ("/v1/opt-outs", {"address": ANN, "heard_at": "2026-05-01T09:30:00"}, "heard_at"),
        ("/v1/opt-outs", {"address": ANN, "heard_at": "0001-01-01T00:00:00+14:00"}, "heard_at"),
        ("/v1/opt-outs", {"address": ANN, "heard_at": "9999-12-31T23:59:59-12:00"}, "heard_at"),
        ("/v1/opt-outs", {"address": ANN, "heard_at": "2026-11-25T12:06:00Z"}, "heard_at"),
        ("/v1/opt-outs", {"address": ANN, "heard_at": 1777627800}, "heard_at"),
        ("/v1/opt-outs", {"address": ANN, "source": "Our Phone!"}, "source"),
        ("/v1/opt-ins", {"address": ANN}, "evidence"),
        ("/v1/opt-ins", {"address": ANN, "evidence": "  \n"}, "evidence"),
        ("/v1/opt-outs", {"address": ANN, "sender": "a\x00b"}, "sender"),
        ("/v1/sends", {"address": ANN}, "sender"),
        ("/v1/sends", {"address": ANN, "sender": ""}, "sender"),
        (
            "/v1/sends",
            {"address": ANN, "sender": "s", "sent_at": "2027-01-01T00:00:00Z"},
            "sent_at",
        ),
        ("/v1/sends", {"address": ANN, "sender": "s", "lang": "English"}, "lang"),
        ("/v1/sends", {"address": ANN, "sender": "s", "choices": ["x"] * 21}, "choices"),
        ("/v1/sends/batch", {"sends": [{"address": "?", "sender": "s"}]}, "sends.0.address"),
    ],
)
def test_the_field_that_does_not_fit_is_named(
    api: Api, path: str, body: dict[str, Any], field: str
) -> None:
    answer = api.post(path, body)
    assert answer.status_code == 422
    problems = json_of(answer)["problems"]
    assert [one["field"] for one in problems] == [field]
    assert all(one["problem"] for one in problems)
    assert api.site.bench.history() == []


def test_no_value_comes_back_in_a_refusal(api: Api) -> None:
    secret = "zanzibar-7431@example.com"
    bodies: list[tuple[str, Any]] = [
        ("/v1/check", {"address": f"{secret} {secret}"}),
        ("/v1/check", {"address": ANN, secret: 1}),
        ("/v1/check", {"address": ANN, "channel": secret}),
        ("/v1/check", secret),
        ("/v1/opt-outs", {"address": ANN, "scope": secret, "heard_at": secret}),
        ("/v1/sends", {"address": ANN, "sender": "s", "topic": secret, "lang": secret}),
    ]
    for path, body in bodies:
        answer = api.post(path, body)
        assert answer.status_code == 422
        assert "zanzibar" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/v1/suppressions", {"limit": "0"}, "limit"),
        ("/v1/suppressions", {"limit": "1001"}, "limit"),
        ("/v1/suppressions", {"limit": "many"}, "limit"),
        ("/v1/suppressions", {"cursor": "x"}, "cursor"),
        ("/v1/suppressions", {"cursor": "zz" * 16 + ".channel"}, "cursor"),
        ("/v1/suppressions", {"page": "2"}, "page"),
        ("/v1/suppressions", {"address": "?"}, "address"),
        ("/v1/history", {}, "address"),
        ("/v1/history", {"address": "?"}, "address"),
        ("/v1/reviews", {"state": "closed"}, "state"),
        ("/v1/reviews", {"cursor": "9" * 30 + ".A"}, "cursor"),
        ("/v1/reviews/ABCDEFGH", {"x": "1"}, "x"),
    ],
)
def test_a_query_that_does_not_fit_is_named(
    api: Api, path: str, query: dict[str, str], field: str
) -> None:
    answer = api.get(path, **query)
    assert answer.status_code == 422
    assert [one["field"] for one in json_of(answer)["problems"]] == [field]


def test_another_method_is_told_which_ones_there_are(api: Api) -> None:
    answer = api.client.put("/v1/check", headers={"Authorization": "Bearer admin-key"})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert json_of(answer)["error"]


def test_an_unknown_path_is_not_found(api: Api) -> None:
    assert api.get("/v1/nothing").status_code == 404
