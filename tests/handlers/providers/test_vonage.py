"""Vonage's SMS API hands a long text over in the carrier's parts, one signed request each."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from handlers.joining import Joining
from handlers.providers.vonage import _field_signature
from tests.handlers.providers.contract import Case, cases
from tests.handlers.providers.test_contract import entries
from tests.handlers.web_kit import Site, site
from tests.kit import NOW

CASE: Case = next(case for case in cases() if case.name == "vonage")
TEXT = "Hello, I have asked before and I do not want to ask again. Please sto|p sending me these|."


def post_parts(desk: Site, order: list[int], **more: object) -> list[int]:
    pieces = TEXT.split("|")
    return [
        desk.client.post(
            "/webhooks/vonage",
            json=signed(
                {
                    "api-key": "abcd1234",
                    "msisdn": "12025550123",
                    "to": "12025550199",
                    "messageId": f"0A00000000{number}",
                    "text": pieces[number - 1],
                    "type": "text",
                    "concat": "true",
                    "concat-ref": "101",
                    "concat-total": str(len(pieces)),
                    "concat-part": str(number),
                    "timestamp": str(int((NOW - timedelta(seconds=2)).timestamp())),
                    **more,
                }
            ),
        ).status_code
        for number in order
    ]


def signed(fields: dict[str, object]) -> dict[str, object]:
    secret = CASE.env["HEED_VONAGE_SIGNATURE_SECRET"].split(",")[0]
    return {**fields, "sig": _field_signature(secret, fields)}


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 1, 2], [2, 2, 3, 1, 1]])
def test_a_stop_cut_in_two_is_heard_with_its_last_part(tmp_path: Path, order: list[int]) -> None:
    with site(tmp_path, **CASE.env) as desk:
        assert post_parts(desk, order[:2]) == [200, 200]
        assert entries(desk) == 0
        assert set(post_parts(desk, order[2:])) == {200}
        assert [entry.words for entry in desk.bench.history()] == [TEXT.replace("|", "")]
        assert desk.bench.holds() == {"channel": "stopped"}


def test_without_its_end_it_reaches_a_person(tmp_path: Path) -> None:
    with site(tmp_path, **CASE.env) as desk:
        post_parts(desk, [1], text="Hello, it is about the shoes that I ordered last week, I ")
        assert Joining(desk.parts.desk)(desk.bench.clock.forward(seconds=30)) == 1
        (review,) = desk.parts.store.read(lambda session: session.open_reviews())
        assert review.cause == "too_long"


@pytest.mark.parametrize("odd", ["", "0", "9", [], {}, None, "-1", "1.5"])
def test_a_part_with_an_odd_number_is_read_by_itself(tmp_path: Path, odd: object) -> None:
    with site(tmp_path, **CASE.env) as desk:
        assert post_parts(desk, [2], **{"concat-part": odd}) == [200]
        assert entries(desk) == 1
