"""Reads the form that a provider posted."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from handlers.ports import Malformed, RawRequest, Unverified

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


def how_many(form: Mapping[str, str], name: str) -> int:
    """A small count, as of pictures; 0 where there is none that can be read."""
    value = form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 0  # noqa: PLR2004


def posted(request: RawRequest) -> list[tuple[str, bytes]]:
    """The fields of a form of either kind, in order, their bytes as they came; files are left out.

    Raises:
        Unverified: it is no form, so that no signature over it can be checked.
    """
    kind, options = parse_options_header(request.headers.get("content-type", request.content_type))
    try:
        if kind == "multipart/form-data":
            return _parts(request.body, options.get("boundary", "").encode("latin-1"))
        pairs = parse_qsl(
            request.body.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise Unverified("form_unreadable") from None
    return [(name, value.encode("latin-1")) for name, value in pairs]


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, bytes]]:
    if not boundary:
        raise ValueError("no boundary")
    decoder = MultipartDecoder(boundary, max_parts=MAX_FIELDS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    found: list[tuple[str, bytes]] = []
    name: str | None = None
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, Field):
            name = event.name
            found.append((name, b""))
        elif isinstance(event, File):
            name = None
        elif isinstance(event, Data) and name is not None:
            found[-1] = (name, found[-1][1] + event.data)
    return found
