"""Who gets in at /slack/events, and what they learn."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from handlers.ports import RawRequest, Unverified
from handlers.slack.door import BODY_LIMIT, sign, signed_headers, verify
from tests.handlers.slack.office import ANN_IN_SLACK, SECRET, Office, fixture

VECTOR = (
    b"token=x&team_id=T012AB3CD&user_id=U012AB3CD&command=%2Foptout&text=%2B15550100123"
    b"&trigger_id=1.2.3"
)
SIGNED = "v0=e8449955a4101b047b3943c16c75bac880a6fbab5d3b930a776398f804b81f4e"
SIGNED_AT = 1767225600


def request(body: bytes, at: int, **headers: str) -> RawRequest:
    given = {
        "x-slack-request-timestamp": str(SIGNED_AT),
        "x-slack-signature": SIGNED,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return RawRequest(
        method="POST",
        url="https://optout.example.com/slack/events",
        headers=given,
        body=body,
        content_type="application/x-www-form-urlencoded",
        received_at=datetime.fromtimestamp(at, UTC),
    )


def refused(raw: RawRequest) -> str:
    try:
        verify(raw, (SECRET,))
    except Unverified as refusal:
        return refusal.reason
    return ""


def test_the_published_vector_is_accepted() -> None:
    assert len(VECTOR) == 98
    assert sign(SECRET, str(SIGNED_AT), VECTOR) == SIGNED
    independent = hmac.new(SECRET.encode(), f"v0:{SIGNED_AT}:".encode() + VECTOR, hashlib.sha256)
    assert independent.hexdigest() == SIGNED[3:]
    assert refused(request(VECTOR, SIGNED_AT)) == ""


@pytest.mark.parametrize(("age", "reason"), [(299, ""), (300, ""), (301, "time_stale")])
def test_what_is_too_old_or_too_early_is_refused(age: int, reason: str) -> None:
    assert refused(request(VECTOR, SIGNED_AT + age)) == reason
    assert refused(request(VECTOR, SIGNED_AT - age)) == reason


def test_one_altered_byte_is_refused() -> None:
    for place in range(len(VECTOR)):
        altered = bytearray(VECTOR)
        altered[place] ^= 1
        assert refused(request(bytes(altered), SIGNED_AT)) == "signature_wrong"


@pytest.mark.parametrize(
    "headers",
    [
        {"x_slack_signature": ""},
        {"x_slack_request_timestamp": ""},
        {"x_slack_request_timestamp": "soon"},
        {"x_slack_request_timestamp": "٣٣"},
        {"x_slack_request_timestamp": "9" * 400},
        {"x_slack_signature": "v0=é"},
        {"x_slack_signature": "v0=\udcff"},
        {"x_slack_signature": SIGNED.upper()},
        {"x_slack_signature": SIGNED[3:]},
    ],
)
def test_odd_headers_are_refused_and_never_an_error_of_ours(headers: dict[str, str]) -> None:
    assert refused(request(VECTOR, SIGNED_AT, **headers))


def test_the_secret_before_the_last_rotation_is_still_accepted() -> None:
    raw = request(VECTOR, SIGNED_AT)
    verify(raw, ("the-new-one", SECRET))
    with pytest.raises(Unverified):
        verify(raw, ("the-new-one",))
    with pytest.raises(Unverified):
        verify(raw, ())


def test_a_forged_request_learns_nothing_and_leaves_nothing(
    desk: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = json.dumps(fixture("dm-stop")).encode()
    headers = signed_headers("not-the-secret", desk.bench.clock.now, body)
    answer = desk.client.post(
        "/slack/events", data=body, headers=headers, content_type="application/json"
    )
    assert answer.status_code == 401
    assert desk.bench.history(ANN_IN_SLACK) == []
    assert "STOP" not in caplog.text
    assert "U0ANN" not in caplog.text


def test_a_replayed_request_is_refused(desk: Office) -> None:
    body = json.dumps(fixture("dm-stop")).encode()
    headers = signed_headers(SECRET, desk.bench.clock.now - timedelta(seconds=301), body)
    answer = desk.client.post(
        "/slack/events", data=body, headers=headers, content_type="application/json"
    )
    assert answer.status_code == 401
    assert desk.bench.history(ANN_IN_SLACK) == []


def test_slack_may_check_the_certificate_and_the_address(desk: Office) -> None:
    unsigned = desk.client.post(
        "/slack/events",
        data=b"ssl_check=1&token=x",
        content_type="application/x-www-form-urlencoded",
    )
    assert (unsigned.status_code, unsigned.data) == (200, b"")
    challenge = desk.event("url-verification")
    assert challenge.status_code == 200
    assert challenge.json == {"challenge": fixture("url-verification")["challenge"]}
    body = json.dumps(fixture("url-verification")).encode()
    assert (
        desk.client.post("/slack/events", data=body, content_type="application/json").status_code
        == 401
    )


def test_a_command_with_the_word_ssl_check_is_no_check(desk: Office) -> None:
    body = b"ssl_check=1&text=" + b"x" * 2000
    answer = desk.client.post(
        "/slack/events", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe\x00", "application/json"),
        (b"text=\xff", "application/x-www-form-urlencoded"),
        (b"command=%ff&text=", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b"[" * 200_000, "application/json"),
        (b'{"a":' * 100_000, "application/json"),
        (b"payload=%7B", "application/x-www-form-urlencoded"),
        (b"payload=", "application/x-www-form-urlencoded"),
        (b"nothing=of&ours=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(500)), "application/x-www-form-urlencoded"),
        (b"", "application/json"),
    ],
)
def test_what_is_signed_but_unreadable_is_400(desk: Office, body: bytes, content_type: str) -> None:
    assert desk.send(body, content_type).status_code == 400


def test_too_large_a_body_is_refused(desk: Office) -> None:
    assert desk.send(b"x" * (BODY_LIMIT + 1), "application/json").status_code == 413


def test_a_command_may_hold_the_letters_payload(desk: Office) -> None:
    """Bolt's own door takes `payload` anywhere in the body for an interaction."""
    answer = desk.command("lookup payload@example.com")
    assert answer.status_code == 200
    assert "Marketing: allowed" in answer.json["text"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["app-home-opened", "rate-limited", "channel-join"])
def test_events_that_are_none_of_ours_are_answered_200(desk: Office, name: str) -> None:
    assert desk.event(name).status_code == 200
    assert desk.bench.history(ANN_IN_SLACK) == []


def test_no_bytes_whatever_are_an_error_of_ours(desk: Office) -> None:
    chance = random.Random(7)
    shapes = [json.dumps(fixture(name)) for name in ("dm-stop", "block-actions", "view-submission")]
    values = ['""', "null", "[]", "{}", "1", '"x"', "[[]]", '{"id":1}', "true", '"\\ud800"']
    for _ in range(300):
        payload = chance.choice(shapes)
        keys = [part for part in payload.split('"')[1::2] if part]
        for _ in range(chance.randint(1, 3)):
            key = chance.choice(keys)
            start = payload.find(f'"{key}": ')
            if start < 0:
                continue
            start += len(key) + 4
            try:
                _, end = json.JSONDecoder().raw_decode(payload, start)
            except ValueError:
                continue
            payload = payload[:start] + chance.choice(values) + payload[end:]
        form = chance.random() < 0.5
        body = urlencode({"payload": payload}).encode() if form else payload.encode()
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        assert desk.send(body, kind).status_code in (200, 400), payload
