"""The OpenAPI document says what the API does, all of it and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

from handlers.web.api import RESOURCES
from tests.handlers.api.kit import Api, json_of


def described(api: Api) -> dict[str, Any]:
    answer = api.client.get("/openapi.json")
    assert answer.status_code == 200
    return json_of(answer)


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_is_described_and_every_described_route_is_there(api: Api) -> None:
    routed = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in api.client.application.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routed
    assert set(operations(described(api))) == routed


def test_every_example_is_a_request_that_fits(api: Api) -> None:
    posts = [
        one for resource in RESOURCES for one in resource(api.site.parts) if one.method == "POST"
    ]
    found = operations(described(api))
    for one in posts:
        path = one.path.replace("<", "{").replace(">", "}")
        content = found["POST", path]["requestBody"]["content"]["application/json"]
        one.takes.model_validate_json(json.dumps(content["example"]))
        assert content["example"], path


def test_every_example_is_answered_as_described(api: Api) -> None:
    for (method, path), operation in operations(described(api)).items():
        if method != "POST" or "{" in path:
            continue
        example = operation["requestBody"]["content"]["application/json"]["example"]
        answer = api.post(path, example)
        assert str(answer.status_code) in operation["responses"]
        assert answer.status_code < 300, (path, answer.get_data(as_text=True))


def test_every_reference_leads_somewhere(api: Api) -> None:
    document = described(api)
    found = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    assert found
    for reference in found:
        value: Any = document
        for step in reference.split("/"):
            value = value[step]
        assert value


def test_every_refusal_that_can_happen_is_described(api: Api) -> None:
    for (method, path), operation in operations(described(api)).items():
        statuses = set(operation["responses"])
        assert {"401", "403", "422", "500", "503"} <= statuses, path
        if method == "POST":
            assert {"400", "413", "415"} <= statuses, path
        if "{" in path:
            assert "404" in statuses, path
        assert operation["operationId"]


def test_queries_and_headers_are_described(api: Api) -> None:
    found = operations(described(api))
    names = {one["name"] for one in found["GET", "/v1/suppressions"]["parameters"]}
    assert names == {"address", "channel", "cursor", "limit"}
    [only] = [one for one in found["GET", "/v1/history"]["parameters"] if one["required"]]
    assert only["name"] == "address"
    headers = {one["name"] for one in found["POST", "/v1/opt-outs"]["parameters"]}
    assert headers == {"Idempotency-Key"}


def test_operation_ids_are_unique(api: Api) -> None:
    names = [one["operationId"] for one in operations(described(api)).values()]
    assert len(names) == len(set(names))
