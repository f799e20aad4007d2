"""The JSON API under /v1. A resource is a module with its operations; here they are routed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bot.errors import Conflict, HeedError, NotAllowed, NotFound
from handlers.parts import Parts
from handlers.web.api import (
    check,
    erasures,
    history,
    mail_headers,
    opt_ins,
    opt_outs,
    reports,
    reverts,
    reviews,
    sends,
    suppressions,
    wire,
)
from handlers.web.api.auth import Gate
from handlers.web.api.openapi import document
from handlers.web.api.operation import Operation, Operations
from storage import Conflict as Moved

RESOURCES: tuple[Callable[[Parts], Operations], ...] = (
    check.operations,
    opt_outs.operations,
    opt_ins.operations,
    erasures.operations,
    suppressions.operations,
    history.operations,
    reviews.operations,
    reverts.operations,
    sends.operations,
    mail_headers.operations,
    reports.operations,
)
STATUS: dict[type[HeedError], int] = {NotAllowed: 403, NotFound: 404, Conflict: 409}


def blueprint(parts: Parts) -> Blueprint:
    """Every operation behind the gate, and their description at /openapi.json."""
    api = Blueprint("api", __name__)
    gate = Gate(parts.settings.api_keys)
    operations = tuple(one for resource in RESOURCES for one in resource(parts))
    for one in operations:
        api.add_url_rule(one.path, one.name, _view(one, gate), methods=[one.method])
    described = document(operations)

    @api.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(described)

    api.register_error_handler(wire.Invalid, _invalid)
    api.register_error_handler(HeedError, _refused)
    api.register_error_handler(Moved, _moved)
    return api


def _view(operation: Operation[Any], gate: Gate) -> Callable[..., Response]:
    read = wire.body if operation.method == "POST" else wire.query

    def view(**path: str) -> Response:
        actor = gate.admit(request.headers.get("Authorization", ""), operation.role)
        return wire.respond(operation.run(actor, read(operation.takes), **path))

    return view


def _invalid(error: wire.Invalid) -> tuple[Response, int]:
    problems = [problem.model_dump() for problem in error.problems]
    return jsonify(error="a field does not fit", problems=problems), 422


def _refused(error: HeedError) -> tuple[Response, int]:
    return jsonify(error=str(error)), STATUS.get(type(error), 500)


def _moved(_error: Moved) -> tuple[Response, int]:
    return jsonify(error="somebody else changed this at the same moment; try again"), 409
