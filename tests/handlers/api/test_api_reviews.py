"""What waits for a person can be decided without Slack."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Address, Channel
from tests.handlers.api.kit import Api, json_of
from tests.kit import sms

ANN = "+12025550123"


def unclear(api: Api, who: str = ANN) -> str:
    person = Address(channel=Channel.SMS, value=who)
    receipt = api.site.bench.hears(
        sms("stop?", at=api.site.bench.clock.now, who=person, unread="test")
    )
    assert receipt.review_id
    return receipt.review_id


def listed(api: Api, **query: str) -> list[dict[str, Any]]:
    found = json_of(api.get("/v1/reviews", role="record", **query))["reviews"]
    assert isinstance(found, list)
    return found


def test_an_unclear_message_waits_with_its_words_and_its_clock(api: Api) -> None:
    review_id = unclear(api)
    [one] = listed(api)
    assert one["id"] == review_id
    assert (one["address"], one["words"], one["channel"]) == (ANN, "stop?", "sms")
    assert (one["state"], one["holds"], one["late"]) == ("open", "channel", False)
    assert one["due_at"] > one["opened_at"]
    assert json_of(api.get(f"/v1/reviews/{review_id.lower()}", role="record")) == one


def test_deciding_for_an_opt_out_makes_it_one(api: Api) -> None:
    review_id = unclear(api)
    answer = api.post(
        f"/v1/reviews/{review_id}", {"decision": "opt_out", "version": 1}, role="record"
    )
    decided = json_of(answer)
    assert (answer.status_code, decided["outcome"]) == (200, "opted_out")
    assert decided["review"]["state"] == "decided"
    assert decided["review"]["decided_by"] == "api:crm"
    assert api.site.bench.holds() == {"channel": "stopped"}
    assert listed(api) == []


def test_only_an_admin_ends_the_hold(api: Api) -> None:
    review_id = unclear(api)
    body = {"decision": "not_opt_out"}
    assert api.post(f"/v1/reviews/{review_id}", body, role="record").status_code == 403
    assert api.blocked(ANN)
    assert api.post(f"/v1/reviews/{review_id}", body, role="admin").status_code == 200
    assert not api.blocked(ANN)


@pytest.mark.parametrize("version", [1, None])
def test_who_comes_second_is_told_so(api: Api, version: int | None) -> None:
    review_id = unclear(api)
    body = {"decision": "opt_out", "version": version}
    assert api.post(f"/v1/reviews/{review_id}", body).status_code == 200
    again = api.post(f"/v1/reviews/{review_id}", {"decision": "not_opt_out", "version": version})
    assert again.status_code == 409
    assert api.blocked(ANN)


def test_a_version_that_nobody_can_have_seen_is_a_conflict(api: Api) -> None:
    review_id = unclear(api)
    body = {"decision": "opt_out", "version": 7}
    assert api.post(f"/v1/reviews/{review_id}", body).status_code == 409
    assert json_of(api.get(f"/v1/reviews/{review_id}"))["state"] == "open"


def test_there_is_no_such_review(api: Api) -> None:
    for unknown in ("ZZZZZZZZ", "%00", "a%20b", "x" * 1000, "%ff"):
        assert api.get(f"/v1/reviews/{unknown}").status_code == 404
    assert api.post("/v1/reviews/ZZZZZZZZ", {"decision": "done"}).status_code == 404


def test_what_is_no_decision_is_refused(api: Api) -> None:
    review_id = unclear(api)
    assert api.post(f"/v1/reviews/{review_id}", {"decision": "maybe"}).status_code == 422
    assert api.post(f"/v1/reviews/{review_id}", {"decision": "done"}).status_code == 403


def test_the_most_urgent_comes_first_and_pages_join(api: Api) -> None:
    ids = []
    for number in range(5):
        ids.append(unclear(api, f"+1202555010{number}"))
        api.site.bench.clock.forward(minutes=1)
    seen, cursor = [], ""
    for _ in range(4):
        page = json_of(api.get("/v1/reviews", limit="2", cursor=cursor))
        seen += [one["id"] for one in page["reviews"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == ids


def test_the_overdue_can_be_asked_for_alone(api: Api) -> None:
    first = unclear(api, "+12025550101")
    api.site.bench.clock.forward(hours=2)
    unclear(api, "+12025550102")
    assert listed(api, state="overdue") == []
    api.site.bench.clock.forward(days=1, hours=-1)
    [one] = listed(api, state="overdue")
    assert (one["id"], one["late"]) == (first, True)
    assert json_of(api.get("/v1/reviews", state="overdue", limit="1"))["next"] is not None
    assert len(listed(api)) == 2


def test_a_wish_for_less_tells_what_it_asks_for_as_far_as_it_was_plain(api: Api) -> None:
    api.site.bench.hears(sms("once a week is enough"))
    [one] = listed(api)
    assert one["cause"] == "less"
    assert one["less"] == {
        "pause": False,
        "until": None,
        "pace": {"times": 1, "every": 1, "unit": "week"},
        "channel": None,
        "not_before": None,
        "not_after": None,
        "zone": "America/New_York",
    }
    entries = json_of(api.get("/v1/history", role="record", address=ANN))["entries"]
    assert entries[0]["facts"]["less"] == {
        "pace": {"times": 1, "every": 1, "unit": "week"},
        "zone": "America/New_York",
    }


def test_a_wish_for_less_that_was_not_plain_tells_nothing(api: Api) -> None:
    api.site.bench.hears(sms("fewer please"))
    [one] = listed(api)
    assert (one["cause"], one["less"]) == ("less", None)


def test_a_question_about_ones_own_data_waits_marked_as_such(api: Api) -> None:
    api.site.bench.hears(sms("what do you have on me"))
    [one] = listed(api)
    assert (one["cause"], one["privacy_request"], one["holds"]) == ("privacy", True, None)
