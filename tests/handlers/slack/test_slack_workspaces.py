"""One more workspace installs the app: by invitation alone, and served with its own token."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from bot.model import Actor, Address, Channel, Role, Verdict
from handlers.erasing import erase
from handlers.slack.buttons import ACTIONS
from handlers.slack.findings import slack_findings
from handlers.slack.install import invitation_url
from handlers.slack.oauth_state import Kind, Tickets
from handlers.slack.workspaces import forget, known
from storage import Review
from tests.handlers.slack.fake import Scripted, refusal
from tests.handlers.slack.office import LEE, Answer, Office, fixture, office

OURS = "https://optout.example.com"
TOKEN = "xoxb-other-secret-token"
ELSE = Address(channel=Channel.SLACK, value="T0ELSE/U0ELSE")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    more: dict[str, Any] = {
        "HEED_SLACK_CLIENT_ID": "1.2",
        "HEED_SLACK_CLIENT_SECRET": "made-up",
        "HEED_SLACK_TEAM_ID": "T0HOME",
    }
    if request.param == "postgres":
        more["HEED_DATABASE_URL"] = request.getfixturevalue("postgres_server").fresh_url()
    with office(tmp_path, **more) as joined:
        joined.slack.tokens[TOKEN] = "T0ELSE"
        joined.slack.codes = {f"code-{number}": TOKEN for number in range(9)}
        joined.slack.places = {"C0ELSE": "T0ELSE", "D0ELSE": "T0ELSE"}
        yield joined


@dataclass(frozen=True, slots=True)
class Began:
    """An installation that went as far as Slack's own page."""

    at: TestResponse
    state: str


def begin(desk: Office, url: str = "") -> Began:
    invitation = urlsplit(url or invitation_url(desk.parts, "C0ELSE"))
    at = desk.client.get(f"{invitation.path}?{invitation.query}", base_url=OURS)
    asked = parse_qs(urlsplit(at.headers.get("Location", "")).query)
    return Began(at, asked.get("state", [""])[0])


def come_back(desk: Office, state: str, code: str = "code-1") -> TestResponse:
    return desk.client.get(f"/slack/oauth_redirect?code={code}&state={state}", base_url=OURS)


def install(desk: Office, code: str = "code-1") -> None:
    assert come_back(desk, begin(desk).state, code).status_code == 200


def installed(desk: Office) -> list[str]:
    return sorted(desk.parts.store.read(known))


def says(desk: Office, text: str, ts: str = "1795607998.000100") -> None:
    """Somebody of the other workspace writes to the app there."""
    payload = fixture("dm-stop")
    payload |= {"team_id": "T0ELSE", "context_team_id": "T0ELSE", "event_id": f"Ev{ts}"}
    payload["authorizations"][0]["team_id"] = "T0ELSE"
    payload["event"] |= {"user": "U0ELSE", "team": "T0ELSE", "channel": "D0ELSE"}
    payload["event"] |= {"text": text, "ts": ts}
    assert desk.event(payload).status_code == 200


def review(desk: Office) -> Review:
    addr = desk.parts.store.address_hash(ELSE)
    (found,) = desk.parts.store.read(lambda session: session.reviews_of(addr))
    return found


def calls(desk: Office, method: str) -> list[tuple[str, str]]:
    """With which token, where."""
    return [
        (call.token, str(call.args.get("channel", "")))
        for call in desk.slack.calls
        if call.method == method
    ]


def found(desk: Office) -> str:
    return " ".join(one.what for one in slack_findings(desk.parts))


def told(desk: Office, kind: str, **more: Any) -> Answer:
    payload = {
        "type": "event_callback",
        "team_id": "T0ELSE",
        "api_app_id": "A0HEED",
        "event_id": "Ev0GONE",
        "event": {"type": kind, **more},
    }
    return desk.event(payload)


def test_slack_is_asked_for_our_scopes_and_to_come_back_to_us(desk: Office) -> None:
    began = begin(desk)
    assert began.at.status_code == 302
    url = urlsplit(began.at.headers["Location"])
    asked = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("https", "slack.com", "/oauth/v2/authorize")
    assert asked["redirect_uri"] == [f"{OURS}/slack/oauth_redirect"]
    assert "chat:write" in asked["scope"][0].split(",")
    assert "HttpOnly" in began.at.headers["Set-Cookie"]
    assert "Secure" in began.at.headers["Set-Cookie"]


def test_its_people_are_answered_and_reviewed_there_with_its_own_token(desk: Office) -> None:
    install(desk)
    assert installed(desk) == ["T0ELSE"]
    says(desk, "dunno")
    desk.work()
    assert calls(desk, "chat.postMessage") == [(TOKEN, "C0ELSE")]
    waiting = review(desk)
    assert (waiting.card_team, waiting.card_channel) == ("T0ELSE", "C0ELSE")
    says(desk, "stop", "1795607999.000100")
    desk.work()
    assert desk.bench.holds(ELSE) == {"channel": "stopped"}
    assert calls(desk, "chat.postMessage")[1:] == [(TOKEN, "D0ELSE")]
    assert calls(desk, "chat.update") == [(TOKEN, "C0ELSE")]


def click_there(desk: Office) -> None:
    """A member of the other workspace decides on the card there."""
    payload = deepcopy(fixture("block-actions"))
    payload["user"] |= {"id": LEE, "team_id": "T0ELSE"}
    payload["team"]["id"] = "T0ELSE"
    payload["channel"]["id"] = payload["container"]["channel_id"] = "C0ELSE"
    payload["container"]["message_ts"] = review(desk).card_ts
    value = f"{review(desk).id}.{review(desk).version}"
    payload["actions"][0] |= {"action_id": ACTIONS[Verdict.OPT_OUT], "value": value}
    desk.slack.users[LEE] = {"team_id": "T0ELSE"}
    assert desk.interaction(payload).status_code == 200


def test_its_team_decides_there(desk: Office) -> None:
    install(desk)
    says(desk, "dunno")
    desk.work()
    click_there(desk)
    assert review(desk).decided_by == f"slack:T0ELSE/{LEE}"
    desk.slack.calls.clear()
    desk.work()  # asks who the clicker is, there
    assert {call.token for call in desk.slack.calls if call.method == "users.info"} == {TOKEN}


def test_the_first_workspace_goes_on_as_before(desk: Office) -> None:
    install(desk)
    desk.event("dm-unclear")
    desk.says("stop", ts="1795607999.000200")
    desk.work()
    assert {token for token, _ in calls(desk, "chat.postMessage")} == {"xoxb-made-up"}


def test_the_token_lies_nowhere_in_the_open(desk: Office) -> None:
    install(desk)
    files = [path for path in desk.bench.folder.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)
    said = desk.parts.store.read(
        lambda session: [session.setting("secret:slack:T0ELSE"), session.secret("slack:T0ELSE")]
    )
    assert said[0] is not None
    assert TOKEN not in said[0]
    assert said[1] == TOKEN


def test_without_an_invitation_nobody_installs_the_app(desk: Office) -> None:
    tickets = Tickets(desk.parts.store, desk.bench.clock)
    good = tickets.invite("C0ELSE")
    ticket = tickets.read(good, Kind.INVITATION)
    assert ticket is not None
    forged = good.replace("C0ELSE", "C0MINE")
    for bad in (
        "",
        "x",
        "é" * 9,
        "a.b.c.d.e.f",
        forged,
        good[:-1],
        tickets.state(ticket),
        "9" * 999,
    ):
        assert (
            desk.client.get(
                "/slack/install", query_string={"invitation": bad}, base_url=OURS
            ).status_code
            == 403
        )
    assert desk.client.get("/slack/install", base_url=OURS).status_code == 403


def test_an_invitation_is_good_for_a_day(desk: Office) -> None:
    url = invitation_url(desk.parts, "C0ELSE")
    desk.bench.clock.forward(hours=24)
    assert begin(desk, url).at.status_code == 403


def test_an_invitation_is_good_once(desk: Office) -> None:
    url = invitation_url(desk.parts, "C0ELSE")
    one, other = begin(desk, url), begin(desk, url)
    assert come_back(desk, other.state).status_code == 200
    desk.client.set_cookie("slack-app-oauth-state", one.state, domain="optout.example.com")
    assert come_back(desk, one.state, "code-2").status_code == 401
    assert begin(desk, url).at.status_code == 403


def test_a_state_comes_back_once(desk: Office) -> None:
    state = begin(desk).state
    assert come_back(desk, state).status_code == 200
    desk.client.set_cookie("slack-app-oauth-state", state, domain="optout.example.com")
    assert come_back(desk, state, "code-2").status_code == 401
    assert len(calls(desk, "oauth.v2.access")) == 1


def test_a_state_is_good_for_ten_minutes(desk: Office) -> None:
    state = begin(desk).state
    desk.bench.clock.forward(minutes=10)
    assert come_back(desk, state).status_code == 401
    assert installed(desk) == []


def test_a_forged_state_does_nothing(desk: Office) -> None:
    state = begin(desk).state
    for forged in (state.replace("C0ELSE", "C0MINE"), f"{state[:-1]}x", "s.1.1.C.9.x", "x" * 999):
        desk.client.set_cookie("slack-app-oauth-state", forged, domain="optout.example.com")
        assert come_back(desk, forged).status_code == 401
    assert calls(desk, "oauth.v2.access") == []


def test_another_browser_than_the_one_that_began_is_refused(desk: Office) -> None:
    """Else somebody could have a victim finish an installation of their own."""
    state = begin(desk).state
    desk.client.delete_cookie("slack-app-oauth-state", domain="optout.example.com")
    assert come_back(desk, state).status_code == 400
    assert installed(desk) == []


@pytest.mark.parametrize("answer", [Scripted(drop=True), refusal("invalid_code")])
def test_a_code_that_slack_does_not_take_installs_nothing_and_can_be_tried_again(
    desk: Office, answer: Scripted
) -> None:
    url = invitation_url(desk.parts, "C0ELSE")
    desk.slack.script("oauth.v2.access", answer)
    assert come_back(desk, begin(desk, url).state).status_code == 401
    assert installed(desk) == []
    assert come_back(desk, begin(desk, url).state, "code-2").status_code == 200


def test_whoever_declines_in_slack_is_told(desk: Office) -> None:
    state = begin(desk).state
    answer = desk.client.get(
        f"/slack/oauth_redirect?error=access_denied&state={state}", base_url=OURS
    )
    assert answer.status_code == 200
    assert "access_denied" in answer.text
    assert installed(desk) == []


def test_when_the_app_is_removed_its_token_goes_and_the_operator_hears(desk: Office) -> None:
    install(desk)
    assert told(desk, "app_uninstalled").status_code == 200
    assert desk.parts.store.read(lambda session: session.secret("slack:T0ELSE")) is None
    assert "in the Slack workspace T0ELSE nothing can be posted (app_uninstalled)" in found(desk)
    assert (desk.client.get("/readyz").json or {})["slack"] == "T0ELSE app_uninstalled"
    install(desk, "code-2")  # by another invitation, it is as before
    assert "T0ELSE" not in found(desk)


def test_what_waited_for_a_workspace_that_is_gone_reaches_the_first_one(desk: Office) -> None:
    install(desk)
    says(desk, "dunno")
    told(desk, "tokens_revoked", tokens={"oauth": [], "bot": ["U0HEED"]})
    desk.work()
    assert calls(desk, "chat.postMessage") == [("xoxb-made-up", "C0REVIEW")]


def test_a_users_token_that_was_revoked_is_none_of_ours(desk: Office) -> None:
    install(desk)
    assert told(desk, "tokens_revoked", tokens={"oauth": ["U0LEE"], "bot": []}).status_code == 200
    assert desk.parts.store.read(lambda session: session.secret("slack:T0ELSE")) == TOKEN


def test_trouble_in_one_workspace_is_not_trouble_in_another(desk: Office) -> None:
    install(desk)
    desk.slack.script("chat.postMessage", refusal("is_archived"))
    says(desk, "dunno")
    desk.work()
    desk.event("dm-unclear")
    desk.work()  # posts well in the first
    assert "in the Slack workspace T0ELSE nothing can be posted (is_archived)" in found(desk)
    assert "Slack took the last that was posted" in found(desk)


def test_a_workspace_that_was_forgotten_is_unknown(desk: Office) -> None:
    install(desk)
    assert desk.parts.store.write(lambda session: forget(session, "T0ELSE"))
    assert not desk.parts.store.write(lambda session: forget(session, "T0ELSE"))
    assert installed(desk) == []
    assert desk.parts.store.read(lambda session: session.secret("slack:T0ELSE")) is None


def test_the_words_of_whoever_is_erased_leave_its_channel_too(desk: Office) -> None:
    install(desk)
    says(desk, "dunno, leave me be")
    desk.work()
    erase(
        desk.parts, ELSE, actor=Actor(name="api:ops", role=Role.ADMIN), source="api", event_id="1"
    )
    desk.work()
    (call,) = [one for one in desk.slack.calls if one.method == "chat.update"]
    assert (call.token, call.args["channel"]) == (TOKEN, "C0ELSE")
    assert "leave" not in str(call.args)


def test_its_team_may_nothing_once_it_was_forgotten_though_slack_still_sends(desk: Office) -> None:
    install(desk)
    says(desk, "dunno")
    desk.work()
    desk.parts.store.write(lambda session: forget(session, "T0ELSE"))
    for _ in range(2):  # the second time Slack was asked about them
        click_there(desk)
        desk.work()
    assert review(desk).decided_by == ""


def test_without_a_client_id_there_is_nothing_to_install(tmp_path: Path) -> None:
    with office(tmp_path) as one:
        assert one.client.get("/slack/install").status_code == 404
        assert one.client.get("/slack/oauth_redirect").status_code == 404
