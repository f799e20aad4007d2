"""From the Home: looking an address up, and one's own settings."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.slack import home, personal, search
from handlers.slack.buttons import More
from tests.handlers.slack.fake import Scripted
from tests.handlers.slack.office import GUEST, KIM, LEE, PHONE, Office, fixture


def press(desk: Office, action: str, user: str = LEE) -> None:
    payload = fixture("block-actions") | {"trigger_id": f"{action}.{user}"}
    payload["user"] |= {"id": user}
    payload["container"] = {"type": "view", "view_id": "V0HOME"}
    del payload["channel"]
    payload["actions"][0] |= {"action_id": action}
    assert desk.interaction(payload).status_code == 200


def submit(desk: Office, callback: str, user: str = LEE, **values: Any) -> dict[str, Any]:
    payload = fixture("view-submission")
    payload["user"]["id"] = user
    payload["view"] |= {
        "callback_id": callback,
        "private_metadata": "",
        "state": {"values": {name: {name: value} for name, value in values.items()}},
    }
    answer = desk.interaction(payload)
    assert answer.status_code == 200
    return answer.json or {}


def save(desk: Office, *, remind: bool, zone: str = "UTC", user: str = LEE) -> dict[str, Any]:
    ticked = [{"value": personal.REMIND}] if remind else []
    values = {"remind": {"selected_options": ticked}, "zone": {"value": zone}}
    return submit(desk, personal.CALLBACK, user, **values)


def look(desk: Office, text: str, user: str = LEE) -> dict[str, Any]:
    return submit(desk, search.CALLBACK, user, address={"value": text})


def test_the_home_leads_to_the_search_and_the_search_to_a_recorded_look_up(desk: Office) -> None:
    desk.command("+1 202 555 0123 rang")
    press(desk, home.SEARCH, KIM)
    assert desk.slack.wait_for("views.open")[0]["view"]["callback_id"] == search.CALLBACK
    answer = look(desk, "(202) 555-0123", KIM)
    assert answer["response_action"] == "update"
    shown = str(answer["view"])
    assert "Marketing: blocked (all marketing text messages stopped" in shown
    assert "5550123" not in shown
    looked = desk.bench.history(PHONE)[-1]
    assert (str(looked.kind), looked.facts["actor"]) == ("looked_up", "slack:T0HOME/U0KIM")


@pytest.mark.parametrize(
    ("text", "user", "why"),
    [("nobody", LEE, "no"), ("", LEE, "no address"), ("+12025550123", GUEST, "guests")],
)
def test_what_cannot_be_looked_up_is_said_under_the_field(
    desk: Office, text: str, user: str, why: str
) -> None:
    assert why in look(desk, text, user)["errors"][search.ADDRESS]


def test_a_long_look_up_stays_within_what_a_section_holds() -> None:
    view = search.result("\n".join(["x" * 300] * 60) + "\n" + "y" * 4_000)
    sizes = [len(one["text"]["text"]) for one in view["blocks"]]
    assert max(sizes) <= 3_000
    assert len(sizes) > 5


def test_settings_are_kept_and_shown_again(desk: Office) -> None:
    assert save(desk, remind=True, zone="Asia/Tokyo") == {}
    press(desk, home.PERSONAL)
    blocks = desk.slack.wait_for("views.open")[0]["view"]["blocks"]
    assert blocks[0]["element"]["initial_options"][0]["value"] == personal.REMIND
    assert blocks[1]["element"]["initial_value"] == "Asia/Tokyo"
    press(desk, home.PERSONAL, KIM)
    others = desk.slack.wait_for("views.open", 2)[1]["view"]["blocks"]
    assert "initial_options" not in others[0]["element"]


def test_the_bars_of_the_home_are_days_of_that_zone(desk: Office) -> None:
    desk.bench.clock.forward(hours=5)  # 17 h in UTC, and tomorrow in Tokyo
    save(desk, remind=False, zone="Asia/Tokyo")
    desk.work()
    assert "Thu 26 Nov" in str(desk.slack.of("views.publish")[-1]["view"])


@pytest.mark.parametrize("zone", ["Berlin", "../../etc/passwd", "/etc/passwd", "\0"])
def test_a_zone_that_there_is_none_of_is_said(desk: Office, zone: str) -> None:
    assert "no time zone" in save(desk, remind=True, zone=zone)["errors"]["zone"]


def test_a_guest_has_no_settings(desk: Office) -> None:
    press(desk, home.PERSONAL, GUEST)
    assert "guests" in save(desk, remind=True, user=GUEST)["errors"]["zone"]
    assert desk.slack.of("views.open") == []


def reminded(desk: Office) -> list[str]:
    """What KIM got by direct message."""
    return [one["text"] for one in desk.slack.of("chat.postMessage") if one["channel"] == KIM]


def taken_on(desk: Office) -> None:
    desk.event("dm-unclear")
    desk.work()
    desk.pick(More.ASSIGN, f"{desk.review().id}.1", user=KIM)


def test_whoever_wishes_so_is_reminded_by_direct_message_of_what_they_took_on(
    desk: Office,
) -> None:
    save(desk, remind=True, user=KIM)
    taken_on(desk)
    desk.bench.clock.forward(hours=12)
    desk.work()
    (text,) = reminded(desk)
    assert "12 hours are left" in text
    assert "|Open the card>" in text
    assert "dunno" not in text


@pytest.mark.parametrize("wish", [True, False])
def test_nobody_else_is_and_nobody_who_said_stop(desk: Office, *, wish: bool) -> None:
    save(desk, remind=wish, user=KIM)
    taken_on(desk)
    if wish:
        desk.says("stop", ts="1795607999.000100", user=KIM)
    desk.bench.clock.forward(hours=12)
    desk.work()
    assert reminded(desk) == []


def test_settings_survive_what_slack_says_of_somebody(desk: Office) -> None:
    save(desk, remind=True, zone="Asia/Tokyo")
    desk.slack.script("users.info", Scripted(status=500, body=None))
    for _ in range(2):
        desk.event("app-home-opened")
        desk.work()
    press(desk, home.PERSONAL)
    assert "Asia/Tokyo" in str(desk.slack.wait_for("views.open")[0]["view"])
