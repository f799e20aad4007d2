"""Reads the form that a provider posted."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from handlers.ports import Malformed, Unverified

MAX_FIELDS = 500


def fields(body: bytes) -> list[tuple[str, str]]:
    """All fields, blank ones too, in order: signatures cover every one of them.

    Raises:
        Unverified: it is no form, so that no signature over it can be checked.
    """
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise Unverified("form_unreadable") from None


def needed(form: Mapping[str, str], name: str) -> str:
    """The field's value.

    Raises:
        Malformed: it is missing or empty.
    """
    value = form.get(name, "")
    if not value:
        raise Malformed(name)
    return value
