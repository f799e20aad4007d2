"""GET /openapi.json: OpenAPI 3.1, made of the same descriptions that route and guard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handlers.web.api.operation import Operation, Operations
from handlers.web.api.wire import Problem

REF = "#/components/schemas/{model}"
_PATH_NAME = re.compile(r"<(\w+)>")

ERRORS = {
    400: "The body is not JSON in UTF-8",
    401: "No bearer key, or none of ours",
    403: "The key's role may not do this",
    404: "There is none of this id",
    409: "Somebody else was first: read again",
    413: "The body is too large",
    415: "The body must be JSON",
    422: "A field does not fit; `problems` says which and why",
    500: "An error of ours; nothing was recorded",
    503: "The store is away; nothing was recorded. A check counts as blocked (`allowed` is false)",
}
EVERY = (401, 403, 422, 500, 503)
WITH_BODY = (400, 413, 415)


class Error(BaseModel):
    """Every refusal. `problems` comes with 422, `allowed` (false) with 503."""

    error: str
    problems: list[Problem] | None = None
    allowed: bool | None = None


def document(operations: Operations) -> dict[str, Any]:
    """The whole document, as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        path = _PATH_NAME.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Heed",
            "version": "1",
            "description": (
                "The opt-out desk. An unknown path is 404, a method that a path does not have is"
                " 405 with Allow; every error is JSON. Times are RFC 3339 in UTC."
            ),
        },
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of HEED_API_KEYS, with the role check, record or admin;"
                    " each holds what stands before it.",
                }
            },
            "schemas": _schemas(operations),
            "responses": {str(status): _error(text) for status, text in ERRORS.items()},
        },
    }


def _operation(one: Operation[Any]) -> dict[str, Any]:
    parameters = [_path_parameter(name) for name in _PATH_NAME.findall(one.path)]
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs a key with the role `{one.role}`.",
        "responses": {
            **{str(status): _answer(model) for status, model in one.gives.items()},
            **{
                str(status): {"$ref": f"#/components/responses/{status}"} for status in _errors(one)
            },
        },
    }
    if one.method == "POST":
        content = {"schema": _ref(one.takes), "example": dict(one.example)}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    else:
        parameters += _query_parameters(one.takes)
    if one.idempotent:
        parameters.append(_IDEMPOTENCY)
    if parameters:
        described["parameters"] = parameters
    return described


def _errors(one: Operation[Any]) -> Iterable[int]:
    return sorted({*EVERY, *one.refuses, *(WITH_BODY if one.method == "POST" else ())})


def _answer(model: type[BaseModel]) -> dict[str, Any]:
    return {
        "description": " ".join((model.__doc__ or "Done").split()),
        "content": {"application/json": {"schema": _ref(model)}},
    }


def _refusal(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{status}"}


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": _ref(Error)}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=model.__name__)}


def _schemas(operations: Operations) -> dict[str, Any]:
    taken = {one.takes for one in operations if one.method == "POST"}
    given = {model for one in operations for model in one.gives.values()} | {Error}
    models = [
        *((model, "validation") for model in sorted(taken, key=lambda one: one.__name__)),
        *((model, "serialization") for model in sorted(given, key=lambda one: one.__name__)),
    ]
    _, schema = models_json_schema(models, ref_template=REF)  # type: ignore[arg-type]
    found: dict[str, Any] = schema["$defs"]
    return found


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _inlined(field, schema),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _inlined(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The field's schema without references into the query model's own definitions."""
    options = [
        schema["$defs"][option["$ref"].rpartition("/")[2]] if "$ref" in option else option
        for option in field.get("anyOf", ())
    ]
    return {**field, "anyOf": options} if options else field


_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your id of the act. Repeated for the same address, act and scope it changes"
    " nothing and is answered 200.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
