"""One-click unsubscribing: POST stops, GET shows, and nothing else is ever lifted or told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import tokens
from bot.model import Act, Actor, Address, Recording, Role
from bot.pages import texts
from bot.tokens import Purpose
from handlers.links import Links
from tests.handlers.web_kit import PUBLIC, Site, site
from tests.kit import MAIL_ANN, mail, plain_reader

POLICY = """
company = "Acme & Sons"
help_contact = "help@example.com"

[[topics]]
name = "newsletter"
title = "the newsletter"

[[senders]]
id = "news@example.com"
channel = "email"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, policy=POLICY) as joined:
        yield joined


def link(desk: Site, list_name: str = "", who: Address = MAIL_ANN) -> str:
    links = Links(desk.parts.store, desk.parts.policy)
    return f"/u/{links.make(Purpose.HTTPS, who, list_name, desk.bench.clock())}"


def undo_of(page: str) -> str:
    return page.partition('action="')[2].partition('"')[0]


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_mail_providers_post_stops_at_once(desk: Site, content_type: str) -> None:
    response = desk.client.post(
        link(desk), data={"List-Unsubscribe": "One-Click"}, content_type=content_type
    )
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
    assert desk.bench.outbox(MAIL_ANN) == []  # the answer was given already


def test_only_the_list_of_the_link_is_stopped(desk: Site) -> None:
    desk.client.post(link(desk, "newsletter"), data={"List-Unsubscribe": "One-Click"})
    assert desk.bench.holds(MAIL_ANN) == {"topic:newsletter": "stopped"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_follows_the_link_changes_nothing(desk: Site, method: str) -> None:
    response = desk.client.open(link(desk), method=method)
    assert response.status_code == 200
    assert desk.bench.holds(MAIL_ANN) == {}
    assert response.headers["Cache-Control"] == "no-store"


def test_the_page_has_one_button_and_tells_no_address(desk: Site) -> None:
    page = desk.client.get(link(desk, "newsletter")).text
    assert page.count("<button") == 1
    assert "<script" not in page
    assert "the newsletter" in page
    assert "Acme &amp; Sons" in page
    assert "ann@example.com" not in page


@pytest.mark.parametrize("body", [b"", b"hello", b"List-Unsubscribe=Two-Clicks", b"\xff\xfe"])
def test_a_valid_link_counts_whatever_the_body_is(desk: Site, body: bytes) -> None:
    assert desk.client.post(link(desk), data=body).status_code == 200
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
    facts = desk.bench.history(MAIL_ANN)[-1].facts
    assert facts["evidence"] == "unsubscribe link, body not as in RFC 8058"


def test_a_link_of_nobody_is_answered_like_a_known_one(desk: Site) -> None:
    one_click = {"List-Unsubscribe": "One-Click"}
    known = desk.client.post(link(desk), data=one_click)
    for token in ("x", "a" * 50, "%00", "ä" * 50, "b" * 4000):
        unknown = desk.client.post(f"/u/{token}", data=one_click)
        assert (unknown.status_code, unknown.data) == (known.status_code, known.data)
        assert desk.client.get(f"/u/{token}").status_code == 200


def test_twice_is_once_and_who_came_back_may_leave_again(desk: Site) -> None:
    for _ in range(2):
        desk.client.post(link(desk), data={"List-Unsubscribe": "One-Click"})
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
    ops = Actor(name="api:ops", role=Role.ADMIN)
    back = Recording(
        act=Act.OPT_IN,
        address=MAIL_ANN,
        scope=desk.bench.history(MAIL_ANN)[0].scope or pytest.fail("no scope"),
        actor=ops,
        source="api",
        event_id="back",
        received_at=desk.bench.clock.forward(minutes=1),
        evidence="signed up again at the desk",
    )
    desk.bench.desk.receive(back)
    assert desk.bench.holds(MAIL_ANN) == {}
    desk.bench.clock.forward(minutes=1)
    desk.client.post(link(desk), data={"List-Unsubscribe": "One-Click"})
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


def test_undo_takes_back_this_act_for_a_day(desk: Site) -> None:
    page = desk.client.post(link(desk), data={"List-Unsubscribe": "Page"}).text
    assert "/undo" in page
    assert texts()["en"]["undone"].split(".")[0] in desk.client.post(undo_of(page)).text
    assert desk.bench.holds(MAIL_ANN) == {}
    assert desk.bench.kinds(MAIL_ANN) == ["opted_out", "reverted"]


def test_undo_ends_after_a_day(desk: Site) -> None:
    page = desk.client.post(link(desk), data={"List-Unsubscribe": "Page"}).text
    desk.bench.clock.forward(hours=25)
    assert desk.client.post(undo_of(page)).status_code == 200
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


def test_undo_lifts_no_stop_that_was_said_since(desk: Site) -> None:
    page = desk.client.post(link(desk), data={"List-Unsubscribe": "Page"}).text
    desk.bench.clock.forward(minutes=5)
    desk.client.post(link(desk), data={"List-Unsubscribe": "One-Click"})
    desk.client.post(undo_of(page))
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


def test_undo_lifts_no_stop_that_stood_before(desk: Site) -> None:
    desk.client.post(link(desk), data={"List-Unsubscribe": "One-Click"})
    desk.bench.clock.forward(minutes=5)
    page = desk.client.post(link(desk), data={"List-Unsubscribe": "Page"}).text
    assert "/undo" not in page


def test_undo_drops_no_doubt_that_stood_before(desk: Site) -> None:
    desk.bench.desk._reader = plain_reader
    desk.bench.hears(mail("hm"))
    assert desk.bench.holds(MAIL_ANN) == {"channel": "held"}
    page = desk.client.post(link(desk), data={"List-Unsubscribe": "Page"}).text
    assert "/undo" not in page
    entry = desk.bench.history(MAIL_ANN)[-1]
    links = Links(desk.parts.store, desk.parts.policy)
    assert links.undo(MAIL_ANN, entry.id, desk.bench.clock()) == ""
    forced = tokens.make(
        desk.parts.store.token_key,
        Purpose.UNDO,
        desk.bench.addr(MAIL_ANN),
        entry.id,
        desk.bench.clock(),
    )
    desk.client.post(f"/u/{forced}/undo")
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


def test_the_link_itself_undoes_nothing(desk: Site) -> None:
    path = link(desk)
    desk.client.post(path, data={"List-Unsubscribe": "One-Click"})
    desk.client.post(f"{path}/undo")
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


@pytest.mark.parametrize("lang", sorted(texts()))
def test_the_page_speaks_the_readers_language(desk: Site, lang: str) -> None:
    page = desk.client.get(link(desk), headers={"Accept-Language": f"{lang}-XX,en;q=0.5"}).text
    assert f'<html lang="{lang}">' in page
    assert texts()[lang]["button"] in page


def test_every_language_says_the_same_things() -> None:
    keys = {frozenset(table) for table in texts().values()}
    assert len(keys) == 1


def test_three_megabytes_are_413(desk: Site) -> None:
    assert desk.client.post(link(desk), data=b"x" * 3_000_001).status_code == 413
    assert desk.bench.holds(MAIL_ANN) == {}


# --- headers -------------------------------------------------------------------------------------


def test_headers_for_a_mail(desk: Site) -> None:
    response = desk.client.post(
        "/v1/headers",
        json={"address": "Ann@Example.com", "list": "newsletter"},
        headers={"Authorization": "Bearer record-key"},
    )
    assert response.status_code == 200
    found = response.json["headers"] if response.json else {}
    assert set(found) == {
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Reply-To",
        "Return-Path",
        "Message-ID",
    }
    url = found["List-Unsubscribe"].split(">")[0].removeprefix("<")
    assert url.startswith(f"{PUBLIC}/u/")
    desk.client.post(url.removeprefix(PUBLIC), data={"List-Unsubscribe": "One-Click"})
    assert desk.bench.holds(MAIL_ANN) == {"topic:newsletter": "stopped"}
    assert len(found["Reply-To"].rpartition("@")[0]) <= 64  # RFC 5321 4.5.3.1.1
    for value in found.values():
        assert "ann@" not in value.lower()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"address": "+12025550123"}, "address"),
        ({"address": "ann@example.com", "list": "no-such"}, "list"),
    ],
)
def test_headers_for_nobody_are_refused(desk: Site, body: dict[str, str], field: str) -> None:
    response = desk.client.post(
        "/v1/headers", json=body, headers={"Authorization": "Bearer record-key"}
    )
    assert response.status_code == 422
    assert response.json is not None
    assert response.json["problems"][0]["field"] == field


def test_a_link_outlives_years(desk: Site) -> None:
    path = link(desk)
    desk.bench.clock.now += timedelta(days=2000)
    desk.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
