"""The demo page belongs to whoever sits at this machine, and to no other site or machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.parts import Parts, join
from handlers.settings import load_settings
from handlers.web.app import create_app
from storage import migrate
from tests.handlers.demo.conftest import Site, demo_environment

A_TEXT = {"number": "+12025550123", "text": "pls stop txting me"}
PATHS = [
    "/",
    "/demo/sms?number=%2B12025550123",
    "/demo/mail?from=ann@example.com&to=news@example.org",
    "/demo/outgoing",
]


@pytest.mark.parametrize("path", PATHS)
def test_outside_the_demo_there_is_no_demo_page(tmp_path: Path, path: str) -> None:
    environment = demo_environment(tmp_path)
    made_up = load_settings(environment).env
    environment |= {**made_up, "HEED_ENV": "production", "HEED_PUBLIC_URL": "https://example.com"}
    Path(environment["HEED_CONFIG"]).touch()
    settings = load_settings(environment)
    migrate(settings.store_url)
    parts = join(settings)
    try:
        client = create_app(parts).test_client()
        assert client.get(path, base_url=settings.http_url).status_code == 404
    finally:
        parts.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.example.com", "0.0.0.0", "[::]"])
def test_a_name_that_was_bound_to_this_machine_is_refused(
    site: Site, parts: Parts, host: str, path: str
) -> None:
    port = parts.settings.http_listen[1]
    assert site.client.get(path, base_url=f"http://{host}:{port}").status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_another_port_is_refused(site: Site, path: str) -> None:
    assert site.client.get(path, base_url="http://127.0.0.1:1").status_code == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_every_name_of_this_machine_opens_the_page(site: Site, parts: Parts, name: str) -> None:
    port = parts.settings.http_listen[1]
    assert site.client.get("/", base_url=f"http://{name}:{port}").status_code == 200


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "", "::ffff:192.0.2.7"])
@pytest.mark.parametrize("path", PATHS)
def test_another_machine_is_refused(site: Site, path: str, peer: str) -> None:
    answer = site.client.get(path, base_url=site.origin, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.status_code == 403


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_every_spelling_of_loopback_is_this_machine(site: Site, peer: str) -> None:
    answer = site.client.get("/", base_url=site.origin, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_behind_a_proxy_nobody_can_say_who_asks(site: Site, header: str) -> None:
    answer = site.client.get("/", base_url=site.origin, headers={header: "for=192.0.2.7"})
    assert answer.status_code == 403


@pytest.mark.parametrize("came_from", ["cross-site", "same-site", "none"])
def test_another_site_cannot_read_the_data(site: Site, came_from: str) -> None:
    assert site.get(PATHS[1], Sec_Fetch_Site=came_from).status_code == 403
    assert site.get(PATHS[1], Sec_Fetch_Site="same-origin").status_code == 200


def test_a_link_from_elsewhere_may_open_the_page(site: Site) -> None:
    assert site.get("/", Sec_Fetch_Site="cross-site").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"X_Heed_Demo": ""},
        {"X_Heed_Demo": "0" * 40},
        {"X_Heed_Demo": "é"},
    ],
)
@pytest.mark.parametrize("path", ["/demo/sms", "/demo/mail"])
def test_another_site_cannot_speak_for_the_phone(
    site: Site, parts: Parts, path: str, headers: dict[str, str]
) -> None:
    assert site.post(path, A_TEXT, **headers).status_code == 403
    assert parts.store.read(lambda session: session.entries_after()) == []


def test_the_token_is_worth_nothing_without_its_cookie(site: Site, parts: Parts) -> None:
    stranger = Site(client=create_app(parts).test_client(), origin=site.origin, token=site.token)
    assert stranger.post("/demo/sms", A_TEXT).status_code == 403


def test_a_cookie_that_somebody_else_set_brings_no_token_with_it(site: Site, parts: Parts) -> None:
    stranger = create_app(parts).test_client()
    stranger.set_cookie("heed-demo", "chosen-by-another-port", domain="127.0.0.1")
    answer = stranger.get("/", base_url=site.origin)
    assert "chosen-by-another-port" not in answer.headers["Set-Cookie"]


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(site: Site) -> None:
    cookie = site.get("/").headers["Set-Cookie"]
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie


def test_a_plain_form_is_refused_even_from_our_own_page(site: Site) -> None:
    answer = site.client.post(
        "/demo/sms",
        base_url=site.origin,
        data=A_TEXT,
        headers={"Origin": site.origin, "X-Heed-Demo": site.token},
    )
    assert answer.status_code == 415


def test_what_is_too_large_is_refused(site: Site) -> None:
    assert site.post("/demo/sms", {**A_TEXT, "text": "a" * 64_000}).status_code == 413
    assert site.post("/demo/sms", {**A_TEXT, "text": "a" * 1_601}).status_code == 400


@pytest.mark.parametrize("body", [[], "stop", {"number": 5}, {"number": "+12025550123"}, {}])
def test_a_body_of_another_shape_is_refused(site: Site, body: object) -> None:
    assert site.post("/demo/sms", body).status_code == 400


@pytest.mark.parametrize(
    "number", ["+12125550123", "+1202555012", "+12025550199", "+1202555012３", "+441632960000", "x"]
)
def test_the_phone_never_has_a_number_that_may_belong_to_somebody(site: Site, number: str) -> None:
    assert site.post("/demo/sms", {**A_TEXT, "number": number}).status_code == 400
    assert (
        site.client.get(
            "/demo/sms", base_url=site.origin, query_string={"number": number}
        ).status_code
        == 400
    )


def test_the_page_keeps_the_content_policy(site: Site) -> None:
    page = site.get("/")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    for forbidden in ("<style", " style=", " onclick=", "http://", "https://"):
        assert forbidden not in page.text
    assert page.text.count("<script") == page.text.count('<script type="module" src="/static/')
