"""Fields of the page's JSON bodies, bounded."""

from __future__ import annotations

from flask import abort, request


def text_field(name: str, limit: int, *, required: bool = True) -> str:
    """One text of the request's JSON object; 400 where it is missing, no text or too long."""
    body = request.get_json(silent=True)
    value = body.get(name, "") if isinstance(body, dict) else None
    if not isinstance(value, str):
        abort(400, f"{name} is not a text")
    if required and not value.strip():
        abort(400, f"{name} is empty")
    if len(value) > limit:
        abort(400, f"{name} is longer than {limit} characters")
    if not value.isascii() and _unpaired(value):
        abort(400, f"{name} holds half a character")
    return value


def line_field(name: str, limit: int, *, required: bool = True) -> str:
    """The same on one line, so that it may stand in a header."""
    value = text_field(name, limit, required=required)
    if not value.isprintable():
        abort(400, f"{name} is not one plain line")
    return value


def _unpaired(text: str) -> bool:
    """Half of a surrogate pair, which JSON can spell and no encoding can carry."""
    return any("\ud800" <= char <= "\udfff" for char in text)
