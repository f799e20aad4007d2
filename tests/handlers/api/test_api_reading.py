"""Suppressions and history: what stands, and what was said."""

from __future__ import annotations

from bot.model import CHANNEL_SCOPE, Change, Hold
from tests.handlers.api.kit import Api, json_of
from tests.kit import ANN as ANN_SMS
from tests.kit import GB_ANN, sms

ANN = "+12025550123"


def test_what_one_address_must_not_get(api: Api) -> None:
    receipt = api.site.bench.hears(sms("STOP"))
    answer = api.get("/v1/suppressions", role="check", address=ANN)
    assert json_of(answer) == {
        "suppressions": [
            {
                "channel": "sms",
                "address": ANN,
                "scope": "channel",
                "hold": "stopped",
                "since": "2026-11-25T12:00:00Z",
                "until": None,
                "entry": receipt.entry_id,
                "flags": [],
            }
        ],
        "next": None,
    }


def test_a_plus_that_was_not_escaped_is_still_a_plus(api: Api) -> None:
    """`+44...` arrives as a space and would else be read as an American number."""
    api.site.bench.hears(sms("STOP", who=GB_ANN))
    headers = {"Authorization": "Bearer record-key"}
    for path in ("suppressions", "history"):
        answer = api.client.get(f"/v1/{path}?address=+447700900123", headers=headers)
        assert len(next(iter(json_of(answer).values()))) == 1


def test_the_whole_list_comes_in_pages_without_gap_or_repetition(api: Api) -> None:
    people = [f"person{number}@example.com" for number in range(7)]
    for person in people:
        api.post("/v1/opt-outs", {"address": person})
        api.post("/v1/opt-outs", {"address": person, "scope": "topic:promotions"})
    seen, cursor, pages = [], "", 0
    while True:
        page = json_of(api.get("/v1/suppressions", limit="4", cursor=cursor))
        seen += [(one["address"], one["scope"]) for one in page["suppressions"]]
        pages += 1
        if page["next"] is None:
            break
        cursor = page["next"]
    assert len(seen) == len(set(seen))
    assert {address for address, _ in seen} == set(people)
    assert pages == -(-len(seen) // 4) or (len(seen) % 4 == 0 and pages == len(seen) // 4 + 1)


def test_the_whole_list_is_for_admins_alone(api: Api) -> None:
    for role in ("check", "record"):
        assert api.get("/v1/suppressions", role=role).status_code == 403


def test_a_pause_that_ended_is_no_suppression(api: Api) -> None:
    bench = api.site.bench
    bench.hears(sms("hello there"))
    pause = Change(scope=CHANNEL_SCOPE, hold=Hold.PAUSED, until=bench.clock.forward(days=1))
    bench.store.write(
        lambda session: session.apply(bench.addr(), pause, since=bench.clock.now, entry_id="e")
    )
    bench.clock.forward(days=-1)
    assert len(json_of(api.get("/v1/suppressions"))["suppressions"]) == 1
    assert api.blocked(ANN)
    bench.clock.forward(days=1)
    assert json_of(api.get("/v1/suppressions")) == {"suppressions": [], "next": None}
    assert json_of(api.get("/v1/suppressions", address=ANN))["suppressions"] == []
    assert not api.blocked(ANN)


def test_history_tells_what_was_said_how_it_was_read_and_when(api: Api) -> None:
    api.site.bench.hears(sms("pls stop texting me"))
    api.post("/v1/opt-ins", {"address": ANN, "evidence": "form v7"})
    entries = json_of(api.get("/v1/history", role="record", address=ANN))["entries"]
    assert [one["kind"] for one in entries] == ["opted_out", "opted_in"]
    assert [one["number"] for one in entries] == [1, 2]
    assert entries[0]["words"] == "pls stop texting me"
    assert entries[0]["scope"] == "channel"
    assert entries[0]["facts"]["intent"] == "opt_out"
    assert entries[0]["effective_at"] == "2026-11-25T12:00:00Z"
    assert entries[1]["facts"]["evidence"] == "form v7"


def test_history_tells_by_when_each_rule_wanted_it_heeded(api: Api) -> None:
    api.site.bench.hears(sms("pls stop texting me"))
    api.site.bench.hears(sms("help"))
    stop, asked = json_of(api.get("/v1/history", address=ANN))["entries"]
    clocks = {one["rule"]: one for one in stop["deadlines"]}
    assert clocks["us_tcpa"]["kept"] is True
    assert clocks["us_tcpa"]["due"] == "2026-12-10T12:00:00Z"
    assert "64.1200" in clocks["us_tcpa"]["source"]
    assert {one["duty"] for one in stop["deadlines"]} >= {"stop", "confirm"}
    assert all(one["kept"] is None for one in stop["deadlines"] if one["duty"] != "stop")
    assert asked["deadlines"] == []


def test_nobody_we_heard_of_has_no_history(api: Api) -> None:
    assert json_of(api.get("/v1/history", address="bea@example.com")) == {"entries": []}


def test_an_erased_person_is_still_suppressed_and_no_longer_named(api: Api) -> None:
    bench = api.site.bench
    bench.hears(sms("STOP"))
    bench.store.write(lambda session: session.erase(bench.addr(ANN_SMS)))
    [row] = json_of(api.get("/v1/suppressions"))["suppressions"]
    assert (row["address"], row["channel"], row["hold"]) == (None, None, "stopped")
    assert api.blocked(ANN)
    [entry] = json_of(api.get("/v1/history", address=ANN))["entries"]
    assert (entry["words"], entry["facts"]) == (None, {})
