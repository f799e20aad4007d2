"""Mails that a service only tells of are fetched, from where they may lie and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from handlers.mailservices.ses import configure
from handlers.settings import SettingsError, load_settings
from tests.handlers.mailservices.contract import Case, came_of_it, cases, desk_for, post
from tests.handlers.providers.contract import FakeApi, fake_api
from tests.handlers.web_kit import Site
from tests.kit import NOW

RESEND, SES = (next(one for one in cases() if one.name == name) for name in ("resend", "ses"))
MAIL = (
    "From: Ana <ana@reader.example.org>\r\nTo: news@example.com\r\nMessage-ID: <1@r>\r\n\r\n"
    "please unsubscribe me\r\n"
)
STOPPED = {
    "ana@reader.example.org": {
        "entries": ["opted_out reply"],
        "holds": {"channel": "stopped"},
        "answers": [],
    }
}
KEPT = {"entries": ["heard unreadable"], "holds": {}, "answers": []}


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as running:
        yield running


def desk_of(folder: Path, case: Case, api: FakeApi) -> AbstractContextManager[Site]:
    folder.mkdir(exist_ok=True)
    of_each = {
        "resend": {"API_KEY": "re_key"},
        "ses": {
            "BUCKETS": "mails-of-ours",
            "ACCESS_KEY_ID": "AKIAEXAMPLE",
            "SECRET_ACCESS_KEY": "secret",
        },
    }[case.name]
    given = {f"HEED_{case.name.upper()}_{name}": value for name, value in of_each.items()}
    return desk_for(folder, case, **given, **{f"HEED_{case.name.upper()}_API_URL": api.url})


def told_by_resend(
    desk: Site, *, email_id: str = "4ef9a417-02e9-4d39", ago: timedelta = timedelta()
) -> TestResponse:
    data = {
        "email_id": email_id,
        "from": "Ana <ana@reader.example.org>",
        "to": ["news@example.com"],
    }
    body = {"type": "email.received", "created_at": (NOW - ago).isoformat(), "data": data}
    request = RESEND.request(json.dumps(body).encode(), secret=RESEND.about["secret"])
    return post(desk.client, request)


def told_by_ses(desk: Site, *, at: Any = NOW, **action: str) -> TestResponse:
    (fixture,) = (one for one in SES.fixtures() if one.name == "received-in-s3.json")
    envelope = json.loads(fixture.read_bytes())
    message = json.loads(envelope["Message"])
    message["receipt"]["action"] = {
        "type": "S3",
        "bucketName": "mails-of-ours",
        "objectKey": "in/o1",
        **action,
    }
    envelope["Message"] = json.dumps(message)
    request = SES.request(json.dumps(envelope).encode(), secret=SES.about["secret"], at=at)
    return post(desk.client, request)


def with_raw(api: FakeApi, url: str = "") -> str:
    return json.dumps({"raw": {"download_url": url or f"{api.url}/raw?signature=1"}})


def test_resends_mail_is_fetched_whole(tmp_path: Path, api: FakeApi) -> None:
    api.pages = [with_raw(api), MAIL]
    with desk_of(tmp_path, RESEND, api) as desk:
        assert told_by_resend(desk).status_code == 200
        assert came_of_it(desk, RESEND) == STOPPED
    assert [path for path, _ in api.calls] == [
        "/emails/receiving/4ef9a417-02e9-4d39",
        "/raw?signature=1",
    ]
    assert api.authorized == ["Bearer re_key", ""]  # the key goes to the API alone


def test_what_resend_has_taken_apart_is_put_together(tmp_path: Path, api: FakeApi) -> None:
    api.body = json.dumps(
        {
            "raw": None,
            "from": "Ana <ana@reader.example.org>",
            "subject": "Re: Sale",
            "message_id": "<1@r>",
            "headers": {"In-Reply-To": "<0@example.com>"},
            "text": "please unsubscribe me",
            "html": None,
        }
    )
    with desk_of(tmp_path, RESEND, api) as desk:
        assert told_by_resend(desk).status_code == 200
        assert came_of_it(desk, RESEND) == STOPPED


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/raw",
        "https://resend.com.evil.example/raw",
        "https://a@inbound-cdn.resend.com/raw",
        "https://inbound-cdn.resend.com:8443/raw",
        "http://inbound-cdn.resend.com/raw",
        "http://127.0.0.1:1/raw",
        "file:///etc/passwd",
    ],
)
def test_no_other_host_is_called(tmp_path: Path, api: FakeApi, url: str) -> None:
    api.body = with_raw(api, url)
    with desk_of(tmp_path, RESEND, api) as desk:
        assert told_by_resend(desk).status_code == 200
        assert came_of_it(desk, RESEND) == {"provider:resend": KEPT}
    assert len(api.calls) == 1


@pytest.mark.parametrize("email_id", ["../domains", "a/b-c-d-e-f", "x" * 65, "?limit=100"])
def test_an_id_names_a_mail_and_no_other_resource(
    tmp_path: Path, api: FakeApi, email_id: str
) -> None:
    with desk_of(tmp_path, RESEND, api) as desk:
        assert told_by_resend(desk, email_id=email_id).status_code == 200
        assert came_of_it(desk, RESEND) == {"provider:resend": KEPT}
    assert api.calls == []


def test_without_a_key_a_person_is_told(tmp_path: Path, api: FakeApi) -> None:
    with desk_for(tmp_path, RESEND) as desk:
        assert told_by_resend(desk).status_code == 200
        assert came_of_it(desk, RESEND) == {"provider:resend": KEPT}


def test_a_mail_in_a_bucket_is_read_by_a_signed_request(tmp_path: Path, api: FakeApi) -> None:
    api.body = MAIL
    with desk_of(tmp_path, SES, api) as desk:
        assert told_by_ses(desk).status_code == 200
        (found,) = came_of_it(desk, SES).values()
        assert found["entries"] == ["opted_out reply"]
    assert [path for path, _ in api.calls] == ["/mails-of-ours/in/o1"]
    assert "Credential=AKIAEXAMPLE/" in api.authorized[0]
    assert "/us-east-1/s3/aws4_request" in api.authorized[0]


def test_a_bucket_that_is_none_of_ours_is_not_read(tmp_path: Path, api: FakeApi) -> None:
    with desk_of(tmp_path, SES, api) as desk:
        assert told_by_ses(desk, bucketName="somebody-elses").status_code == 200
        assert came_of_it(desk, SES) == {"provider:ses": KEPT}
    assert api.calls == []


@pytest.mark.parametrize("status", [403, 404])
def test_what_is_refused_for_good_reaches_a_person(
    tmp_path: Path, api: FakeApi, status: int
) -> None:
    api.status = status
    with desk_of(tmp_path, SES, api) as desk:
        assert told_by_ses(desk).status_code == 200
        assert came_of_it(desk, SES) == {"provider:ses": KEPT}
    with desk_of(tmp_path / "resend", RESEND, api) as desk:
        assert told_by_resend(desk).status_code == 200
        assert came_of_it(desk, RESEND) == {"provider:resend": KEPT}


@pytest.mark.parametrize("trouble", [{"status": 503}, {"status": 429}, {"drop": True}])
def test_what_cannot_be_had_now_is_asked_for_again_and_at_last_a_person_is_told(
    tmp_path: Path, api: FakeApi, trouble: dict[str, Any]
) -> None:
    for name, value in trouble.items():
        setattr(api, name, value)
    with desk_of(tmp_path, SES, api) as desk:
        assert told_by_ses(desk).status_code == 503
        assert came_of_it(desk, SES) == {}
        late = told_by_ses(desk, at=NOW - timedelta(minutes=50))
        assert late.status_code == 200
        assert came_of_it(desk, SES) == {"provider:ses": KEPT}
    with desk_of(tmp_path / "resend", RESEND, api) as desk:
        assert told_by_resend(desk).status_code == 503
        assert told_by_resend(desk, ago=timedelta(hours=21)).status_code == 200
        assert came_of_it(desk, RESEND) == {"provider:resend": KEPT}


def test_buckets_alone_are_no_setting() -> None:
    env = {"HEED_ENV": "demo", "HEED_SES_BUCKETS": "mails-of-ours"}
    with pytest.raises(SettingsError, match="HEED_SES_TOPIC_ARNS is missing"):
        configure(load_settings(env))
