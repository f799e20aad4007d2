"""A genuine request in which one field is not what anybody documents is never an error of ours.

Providers add and change fields without notice, and what is answered with 4xx or 5xx comes again for
hours or is dropped for good. So every field of every fixture is put wrong in every way, one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from bot.addresses import parse
from bot.model import TextPart
from handlers.ports import Malformed, Unsupported
from tests.handlers.providers.contract import Case, cases
from tests.handlers.providers.test_contract import post
from tests.handlers.web_kit import site
from tests.kit import Bench, sms

ODD: list[Any] = [
    None,
    "",
    " ",
    "0",
    "-1",
    "²",
    "x" * 5000,
    "9" * 400,
    "\0",
    "\ud800",
    "🛑",
    "+",
    "ACME",
    "2025550123",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    True,
    0,
    -1,
    1.5,
    1e300,
    10**400,
    [],
    {},
    [None],
    [[]],
    [{}],
    {"x": [1]},
]
each_provider = pytest.mark.parametrize("case", cases(), ids=[case.name for case in cases()])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document, also of those that hold others."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def with_odd(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    changed = deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return changed


def odd_bodies(case: Case, fixture: Path) -> Iterator[bytes]:
    plain = fixture.read_text("utf-8")
    if fixture.suffix == ".form":
        form = dict(parse_qsl(plain, keep_blank_values=True))
        texts = [odd for odd in ODD if isinstance(odd, str) and odd != "\ud800"]
        for name in form:
            yield urlencode({key: one for key, one in form.items() if key != name}).encode()
            for odd in texts:
                yield urlencode({**form, name: odd}).encode()
        return
    document = json.loads(plain)
    inside = document.get("Message") if isinstance(document, dict) else None
    for path in places(document):
        for odd in ODD:
            yield json.dumps(with_odd(document, path, odd)).encode()
    if isinstance(inside, str) and inside.startswith("{"):  # AWS: JSON in JSON
        message = json.loads(inside)
        for path in places(message):
            for odd in ODD:
                odd_one = json.dumps(with_odd(message, path, odd))
                yield json.dumps({**document, "Message": odd_one}).encode()


@each_provider
def test_one_odd_field_is_read_or_kept_for_a_person_and_never_an_error(
    tmp_path: Path, case: Case
) -> None:
    tried = 0
    with site(tmp_path, **case.env) as desk:
        provider = desk.parts.providers[case.name]
        for fixture in case.fixtures():
            for body in odd_bodies(case, fixture):
                tried += 1
                try:
                    provider.parse(case.request(body))
                except (Malformed, Unsupported):
                    pass
                except Exception as error:
                    error.add_note(f"{fixture.name}: {body[:600]!r}")
                    raise
    assert tried > 100


@each_provider
def test_one_odd_text_passes_the_whole_desk(tmp_path: Path, case: Case) -> None:
    """403 only where the field says whose account it is: that is another account's message."""
    plain = case.stop.decode()
    with site(tmp_path, **case.env) as desk:
        for odd in ("\0🛑\ud800", "x" * 5000, "0001-01-01T00:00:00Z"):
            for body in _with_odd_text(plain, odd):
                request = case.request(body, case.about["secret"])
                assert post(desk.client, request).status_code in (200, 403), body
        assert post(desk.client, case.request(case.stop, case.about["secret"])).status_code == 200
        assert desk.bench.holds(parse(case.about["send"]["person"])) == {"channel": "stopped"}


def _with_odd_text(plain: str, odd: str) -> Iterator[bytes]:
    if not plain.startswith(("{", "[")):
        form = dict(parse_qsl(plain, keep_blank_values=True))
        for name in form:
            yield urlencode({**form, name: odd.replace("\ud800", "")}).encode()
        return
    document = json.loads(plain)
    for path in places(document):
        yield json.dumps(with_odd(document, path, odd)).encode()


def test_odd_names_are_kept_by_both_databases(at_desk: Bench) -> None:
    odd = "\0🛑\ud800" + "x" * 3000
    said = sms("stop", recipient=odd, account=odd, event_id=odd, in_reply_to=odd)
    assert at_desk.hears(said).outcome == "opted_out"
    assert at_desk.hears(said).duplicate
    part = replace(said, event_id=f"{odd}2", part=TextPart(of=odd, number=1, total=2))
    assert at_desk.hears(part).outcome == "part_kept"
    assert at_desk.hears(
        replace(part, event_id="3", part=TextPart(of=odd, number=2, total=2))
    ).reading
