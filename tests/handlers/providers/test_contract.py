"""Every provider keeps the same promises.

One folder of fixtures is one provider; nothing else here knows their names.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.addresses import parse
from bot.model import Address
from handlers.ports import (
    Greeter,
    Malformed,
    OutcomeUnknown,
    Provider,
    RawRequest,
    SendError,
    Unsupported,
    Unverified,
)
from storage.rows import OutboxItem
from tests.handlers.providers.contract import Case, cases, expected, fake_api, told
from tests.handlers.web_kit import Site, site
from tests.kit import NOW

CASES = cases()
FIXTURES = [(case, fixture) for case in CASES for fixture in case.fixtures()]
each_provider = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
each_fixture = pytest.mark.parametrize(
    ("case", "fixture"), FIXTURES, ids=[f"{case.name}-{path.stem}" for case, path in FIXTURES]
)


def entries(desk: Site) -> int:
    """How many entries the ledger has, by the database itself."""
    with closing(sqlite3.connect(desk.bench.folder / "heed.db")) as database:
        return int(database.execute("select count(*) from ledger").fetchone()[0])


def item_for(case: Case, to: Address | None) -> OutboxItem:
    return OutboxItem(
        id="o-1",
        addr=b"",
        kind="opted_out",
        channel=parse(case.about["send"]["person"]).channel,
        sender=case.about["send"]["sender"],
        address=to,
        payload={"text": "Done. – Acme"},
        created_at=NOW,
        due_at=NOW,
    )


def post(client: FlaskClient, request: RawRequest) -> TestResponse:
    return client.post(
        urlsplit(request.url).path,
        query_string=urlsplit(request.url).query,
        data=request.body,
        headers=dict(request.headers),
        content_type=request.content_type,
    )


@each_fixture
def test_what_comes_in_is_read_as_written_beside_it(
    tmp_path: Path, case: Case, fixture: Path
) -> None:
    with site(tmp_path, **case.env) as desk:
        provider = desk.parts.providers[case.name]
        request = case.request(fixture.read_bytes(), case.about["secret"])
        provider.verify(request)
        found: object
        try:
            found = [told(inbound) for inbound in provider.parse(request)]
        except Unsupported:
            found = "passed"
        except Malformed as fault:
            found = f"unreadable: {fault}"
    assert found == expected(fixture)


@each_fixture
def test_once_whatever_the_provider_repeats(tmp_path: Path, case: Case, fixture: Path) -> None:
    with site(tmp_path, **case.env) as desk:
        request = case.request(fixture.read_bytes(), case.about["secret"])
        first = post(desk.client, request)
        kept = entries(desk)
        again = post(desk.client, request)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.data == first.data
        assert entries(desk) == kept


@each_provider
def test_what_is_not_signed_by_the_provider_is_403_and_not_stored(
    tmp_path: Path, case: Case
) -> None:
    body = case.stop
    secret, about = case.about["secret"], case.about
    good = case.request(body, secret)
    altered = good.body.replace(b"12025550", b"12025551", 1)
    wrong = [case.request(body)]
    if about.get("signs_body", True):
        wrong.append(replace(good, body=altered))
    for name in good.headers:
        wrong += [
            good.with_headers({name: value})
            for value in ("", "AAAA", "é", "x" * 5000, "sha256=00", "9" * 30)
        ]
    if about["signs_time"]:
        wrong += [
            case.request(body, secret, at=NOW - timedelta(hours=about.get("stale_hours", 1))),
            case.request(body, secret, at=NOW + timedelta(hours=about.get("stale_hours", 1))),
        ]
    with site(tmp_path, **case.env) as desk:
        for request in wrong:
            assert post(desk.client, request).status_code == 403
        assert entries(desk) == 0
        assert post(desk.client, good).status_code == 200


@each_provider
def test_the_secret_before_the_newest_still_opens_while_it_is_listed(
    tmp_path: Path, case: Case
) -> None:
    body = case.stop
    with site(tmp_path, **case.env) as desk:
        request = case.request(body, case.about["previous_secret"])
        assert post(desk.client, request).status_code == 200


@each_provider
def test_in_whatever_order_they_come_a_stop_stays_a_stop(tmp_path: Path, case: Case) -> None:
    with site(tmp_path, **case.env) as desk:
        for fixture in reversed(case.fixtures()):
            if any(one.get("provider_intent") == "start" for one in _messages(fixture)):
                continue  # the person's own later word
            request = case.request(fixture.read_bytes(), case.about["secret"])
            assert post(desk.client, request).status_code == 200
        assert desk.bench.holds(parse(case.about["send"]["person"]))["channel"] == "stopped"


@each_provider
def test_what_nobody_understands_is_taken_and_never_an_error(tmp_path: Path, case: Case) -> None:
    """A 4xx makes some providers drop a message for good, a 5xx makes them send it for ever."""
    with site(tmp_path, **case.env) as desk:
        for body in (b"", b"{}", b"[]", b'{"unheard":"of"}', b"unheard=of", b"[" * 50_000, b"\xff"):
            plain = case.request(body)
            try:
                request = case.signed(plain, case.about["secret"])
            except (UnicodeDecodeError, Unverified):  # a scheme over text cannot sign these bytes
                request = plain
            assert post(desk.client, request).status_code in (200, 403)


@each_provider
def test_there_is_a_fixture_in_another_script(case: Case) -> None:
    texts = [one["text"] for fixture in case.fixtures() for one in _messages(fixture)]
    assert any(not text.isascii() for text in texts)
    assert any(text.isascii() and text for text in texts)


@each_provider
def test_three_megabytes_are_413(tmp_path: Path, case: Case) -> None:
    with site(tmp_path, **case.env) as desk:
        response = post(desk.client, case.request(b"x" * 3_000_001))
        assert response.status_code == 413
        assert entries(desk) == 0


@each_provider
def test_it_is_greeted_where_it_greets_and_else_told_to_post(tmp_path: Path, case: Case) -> None:
    with site(tmp_path, **case.env) as desk:
        path = f"/webhooks/{case.name}"
        if not isinstance(desk.parts.providers[case.name], Greeter):
            assert desk.client.get(path).status_code == 405
            return
        greeting = case.about["greeting"]
        right = desk.client.get(path, query_string=greeting["query"])
        assert (right.status_code, right.text) == (200, greeting["answer"])
        assert desk.client.get(path, query_string=greeting["wrong"]).status_code == 403
        assert desk.client.get(path).status_code == 403


@each_provider
def test_half_of_its_settings_is_one_line_that_names_the_other_half(
    tmp_path: Path, case: Case
) -> None:
    from handlers.settings import SettingsError

    for left_out in case.about["env"]:
        env = {**case.env, left_out: ""}
        with pytest.raises(SettingsError, match=left_out), site(tmp_path, **env):
            pass


# --- sending -------------------------------------------------------------------------------------


@each_provider
def test_it_sends_once_and_tells_refused_from_unknown(tmp_path: Path, case: Case) -> None:
    about = case.about["send"]
    with fake_api() as api, site(tmp_path, **case.env, **_at(case, api.url)) as desk:
        provider = desk.parts.providers[case.name]
        item = item_for(case, parse(about["person"]))

        api.status, api.body = about["taken"]["status"], about["taken"]["body"]
        assert provider.send(item) == about["taken"]["id"]
        assert len(api.calls) == 1
        person = item.address.value if item.address else ""
        assert person.lstrip("+").encode() in api.calls[0][1]

        if "blocked" in about:
            api.status, api.body = about["blocked"]["status"], about["blocked"]["body"]
            assert _refusal(provider, item) == (True, True)
        api.status, api.body = about["refused"]["status"], about["refused"]["body"]
        assert _refusal(provider, item) == (True, False)

        api.status, api.body, api.headers = 429, "{}", {"Retry-After": "7"}
        with pytest.raises(SendError) as wait:
            provider.send(item)
        assert (wait.value.permanent, wait.value.retry_after) == (False, timedelta(seconds=7))

        api.status, api.body, api.headers = 500, "<html>", {}
        with pytest.raises(OutcomeUnknown):
            provider.send(item)
        api.drop = True
        with pytest.raises(OutcomeUnknown):
            provider.send(item)


@each_provider
def test_an_erased_person_is_not_written_to(tmp_path: Path, case: Case) -> None:
    with fake_api() as api, site(tmp_path, **case.env, **_at(case, api.url)) as desk:
        item = item_for(case, None)
        assert _refusal(desk.parts.providers[case.name], item) == (True, False)
        assert api.calls == []


def _refusal(provider: Provider, item: OutboxItem) -> tuple[bool, bool]:
    with pytest.raises(SendError) as refused:
        provider.send(item)
    return refused.value.permanent, refused.value.block


def _at(case: Case, url: str) -> dict[str, str]:
    return {f"HEED_{case.name.upper().replace('-', '_')}_API_URL": url}


def _messages(fixture: Path) -> list[dict[str, str]]:
    found = expected(fixture)
    return [one for one in found if "text" in one] if isinstance(found, list) else []
