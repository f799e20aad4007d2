"""Every mail service keeps the same promises.

One folder of fixtures is one service; nothing else here knows their names.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.settings import SettingsError
from tests.handlers.mailservices.contract import Case, came_of_it, cases, desk_for, post
from tests.handlers.providers.test_contract import entries
from tests.kit import NOW

CASES = cases()
ALL = [(case, fixture) for case in CASES for fixture in case.fixtures()]
each_service = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
each_fixture = pytest.mark.parametrize(
    ("case", "fixture"), ALL, ids=[f"{case.name}-{path.stem}" for case, path in ALL]
)


@each_fixture
def test_what_is_told_becomes_what_is_written_beside_it_once(
    tmp_path: Path, case: Case, fixture: Path
) -> None:
    with desk_for(tmp_path, case) as desk:
        request = case.of(fixture)
        assert post(desk.client, request).status_code == 200
        assert came_of_it(desk, case) == case.expected()[fixture.name]
        kept = entries(desk)
        later = case.of(fixture) if "svix-id" in request.headers else request
        assert post(desk.client, later).status_code == 200
        assert entries(desk) == kept


@each_service
def test_a_delayed_or_altered_or_unsigned_request_is_403_and_not_stored(
    tmp_path: Path, case: Case
) -> None:
    fixture, about = case.fixtures()[0], case.about
    good = case.of(fixture)
    wrong = [case.of(fixture, secret="")]
    if about.get("signs_body", True):
        wrong.append(replace(good, body=good.body.replace(b"reader", b"reaper", 1)))
    for name in good.headers.keys() - {"content-type"}:
        tries = ("", "AAAA", "é", "x" * 5000, "v1,AAAA " * 50, "9" * 30)
        wrong += [good.with_headers({name: value}) for value in tries]
    if "stale_hours" in about:
        age = timedelta(hours=about["stale_hours"])
        wrong += [case.of(fixture, at=NOW - age), case.of(fixture, at=NOW + age)]
    with desk_for(tmp_path, case) as desk:
        for request in wrong:
            assert post(desk.client, request).status_code == 403
        assert entries(desk) == 0
        assert post(desk.client, good).status_code == 200


@each_service
def test_the_secret_before_the_newest_still_opens_while_it_is_listed(
    tmp_path: Path, case: Case
) -> None:
    with desk_for(tmp_path, case) as desk:
        request = case.of(case.fixtures()[0], secret=case.about["previous_secret"])
        assert post(desk.client, request).status_code == 200


@each_service
def test_what_nobody_understands_is_taken_and_never_an_error(tmp_path: Path, case: Case) -> None:
    strange = (b"", b"{}", b"[]", b'{"unheard":"of"}', b"unheard=of", b"[" * 50_000, b"\xff")
    with desk_for(tmp_path, case) as desk:
        for kind in (
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            for body in strange:
                request = case.request(body, kind)
                try:
                    request = case.request(body, kind, secret=case.about["secret"])
                except Exception:  # noqa: BLE001 - a scheme over text cannot sign these bytes
                    assert body  # it stays unsigned
                assert post(desk.client, request).status_code in (200, 403)


@each_service
def test_too_large_is_413_and_not_stored(tmp_path: Path, case: Case) -> None:
    with desk_for(tmp_path, case) as desk:
        assert post(desk.client, case.request(b"x" * 36_000_001)).status_code == 413
        assert entries(desk) == 0


@each_service
def test_the_address_answers_that_it_is_there(tmp_path: Path, case: Case) -> None:
    with desk_for(tmp_path, case) as desk:
        for method in ("GET", "HEAD"):
            assert desk.client.open(f"/webhooks/{case.name}", method=method).status_code == 200


@each_service
def test_half_of_its_settings_is_one_line_that_names_the_other_half(
    tmp_path: Path, case: Case
) -> None:
    for left_out in case.about["needs"]:
        others = [name for name in case.env if name != left_out]
        if not others:
            continue
        with (
            pytest.raises(SettingsError, match=left_out),
            desk_for(tmp_path, case, **{left_out: ""}),
        ):
            pass
