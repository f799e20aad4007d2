"""Twilio: every vector of its signature, and what each webhook leads to."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from bot.model import InboundMessage
from handlers.ports import RawRequest, Unverified
from handlers.providers.twilio import Twilio, TwilioSettings
from storage import OutboxState
from tests.handlers.web_kit import PUBLIC, TOKEN, Site, site
from tests.kit import ANN, NOW

FIXTURES = Path(__file__).parents[2] / "fixtures" / "providers" / "twilio"
VECTOR_TOKEN = "heed0000000000000000000000000tok"
VECTOR_URL = "https://desk.example.com/hooks/twilio?tenant=acme"
VECTOR_FORM = {
    "MessageSid": "SM00000000000000000000000000000001",
    "SmsSid": "SM00000000000000000000000000000001",
    "SmsMessageSid": "SM00000000000000000000000000000001",
    "AccountSid": "AC00000000000000000000000000000001",
    "MessagingServiceSid": "MG00000000000000000000000000000001",
    "From": "+12025550123",
    "To": "+12025550199",
    "Body": "pls take me off",
    "NumMedia": "0",
    "NumSegments": "1",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as joined:
        yield joined


def raw(url: str, body: bytes, signature: str, content_type: str = "") -> RawRequest:
    return RawRequest(
        method="POST",
        url=url,
        headers={"x-twilio-signature": signature},
        body=body,
        content_type=content_type or "application/x-www-form-urlencoded",
        received_at=NOW,
    )


def verifies(url: str, body: bytes, signature: str, content_type: str = "") -> bool:
    twilio = Twilio(
        TwilioSettings(account_sid=VECTOR_FORM["AccountSid"], auth_token=(VECTOR_TOKEN,)), ""
    )
    try:
        twilio.verify(raw(url, body, signature, content_type))
    except Unverified:
        return False
    return True


SHARED = "webhooks_sharedkey_1"
SHARED_VECTOR = "mQjNWbZpy8ISeKxzTYF3HvjDc7PpOEQyWA5mOumHMeI="


def shared(settings_header: str, signature: str = SHARED_VECTOR) -> bool:
    """A desk that expects the shared key, whose secret is here the vector's token."""
    settings = TwilioSettings(
        account_sid=VECTOR_FORM["AccountSid"],
        auth_token=(VECTOR_TOKEN,),
        shared_keys=(f"{SHARED}:{VECTOR_TOKEN}", "webhooks_sharedkey_2:another-secret"),
    )
    header = {"x-twilio-webhooks-signature-settings": settings_header} if settings_header else {}
    try:
        Twilio(settings, "").verify(raw(VECTOR_URL, form(), signature).with_headers(header))
    except Unverified:
        return False
    return True


def test_a_shared_key_signs_with_sha256_and_nothing_talks_us_down() -> None:
    assert shared(f"key={SHARED},algorithm=HMAC_SHA256")
    assert shared(f"key={SHARED}, algorithm=HMAC_SHA256")
    assert not shared("key=webhooks_sharedkey_2,algorithm=HMAC_SHA256")
    assert not shared("key=webhooks_sharedkey_3,algorithm=HMAC_SHA256")
    assert not shared("")
    sha1 = "yKp2xm1gyaneks1YKRofUES3bP0="
    for header in ("", f"key={SHARED},algorithm=HMAC_SHA1", f"key={SHARED}", "algorithm=HMAC_SHA1"):
        assert not shared(header, sha1)


def test_a_shared_key_that_is_half_a_key_is_a_line() -> None:
    with pytest.raises(ValueError, match="ID:SECRET"):
        TwilioSettings(account_sid="AC1", auth_token=("t",), shared_keys=("only-a-secret",))


def form(**changed: str) -> bytes:
    return urlencode({**VECTOR_FORM, **changed}).encode()


def test_vector_plain() -> None:
    assert verifies(VECTOR_URL, form(), "yKp2xm1gyaneks1YKRofUES3bP0=")
    assert not verifies(VECTOR_URL, form(Body="pls take me on"), "yKp2xm1gyaneks1YKRofUES3bP0=")


def test_vector_signed_with_the_default_port() -> None:
    assert verifies(VECTOR_URL, form(), "TJyeVNnuvCgIqn08k9ugZOBgWD4=")


def test_vector_with_white_space_that_must_not_be_trimmed() -> None:
    body = " Stop — por favor 🙏 "
    assert verifies(VECTOR_URL, form(Body=body), "9abgI8Ae8F3w8HgJ3CD8oTuBFnw=")
    assert not verifies(VECTOR_URL, form(Body=body.strip()), "9abgI8Ae8F3w8HgJ3CD8oTuBFnw=")


def test_vector_sha256_does_not_pass_as_sha1() -> None:
    signature = "mQjNWbZpy8ISeKxzTYF3HvjDc7PpOEQyWA5mOumHMeI="
    validator = RequestValidator(VECTOR_TOKEN)
    assert signature != validator.compute_signature(VECTOR_URL, VECTOR_FORM)
    assert not verifies(VECTOR_URL, form(), signature)


def test_vector_json_checks_the_hash_of_the_body_too() -> None:
    body = b'{"event":"opt-out","from":"+12025550123"}'
    digest = "4f2c7b3005c78f607e417b7b1b642b1a02a48baee15431ac6238cfffe8d822e6"
    url = f"https://desk.example.com/hooks/twilio/json?bodySHA256={digest}"
    signature = "+gVfPvNQDUpuPvmCIIDgr5ovh1Q="
    assert verifies(url, body, signature, "application/json")
    assert not verifies(url, body.replace(b"out", b"in"), signature, "application/json")
    assert not verifies(url.partition("?")[0], body, signature, "application/json")


def test_vector_repeated_fields() -> None:
    body = b"A=2&A=1&A=1&b=x"
    assert verifies("https://desk.example.com/h", body, "EvJp4AkTWStIB7AJB5TqKeg1ZaQ=")


def test_the_algorithm_by_hand_agrees_with_the_package() -> None:
    """The same string and hash, written out once, so that a change of the package shows."""
    signed = VECTOR_URL + "".join(name + VECTOR_FORM[name] for name in sorted(VECTOR_FORM))
    digest = hmac.new(VECTOR_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    assert base64.b64encode(digest).decode() == "yKp2xm1gyaneks1YKRofUES3bP0="


# --- over HTTP -----------------------------------------------------------------------------------


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.form").read_bytes()


def signed(body: bytes, token: str = TOKEN) -> str:
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    url = f"{PUBLIC}/webhooks/twilio"
    return str(RequestValidator(token).compute_signature(url, fields))


def post(client: FlaskClient, body: bytes, signature: str | None = None) -> TestResponse:
    headers = {"X-Twilio-Signature": signed(body) if signature is None else signature}
    return client.post(
        "/webhooks/twilio",
        data=body,
        headers={name: value for name, value in headers.items() if value},
        content_type="application/x-www-form-urlencoded",
    )


def test_a_signed_stop_gets_one_confirmation_and_is_in_the_ledger(desk: Site) -> None:
    response = post(desk.client, fixture("free-words"))
    assert response.status_code == 200
    assert response.mimetype == "text/xml"
    assert response.text.count("<Message>") == 1
    assert desk.bench.kinds(ANN) == ["opted_out"]
    assert desk.bench.holds(ANN) == {"channel": "stopped"}


def test_the_same_request_again_gets_the_same_answer_and_no_second_entry(desk: Site) -> None:
    first = post(desk.client, fixture("free-words"))
    second = post(desk.client, fixture("free-words"))
    assert second.status_code == 200
    assert second.data == first.data
    assert desk.bench.kinds(ANN) == ["opted_out"]


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "AAAA",
        signed(b"Body=STOP"),
        signed(fixture("free-words"), token="an-old-token"),
        "é",
        "\x00",
    ],
    ids=["missing", "wrong", "of-another-body", "of-a-stale-key", "not-ascii", "nul"],
)
def test_a_signature_that_does_not_match_is_403_and_nothing_is_stored(
    desk: Site, signature: str
) -> None:
    if signature == "\x00":
        signature = "not base64 \\"
    response = post(desk.client, fixture("free-words"), signature)
    assert response.status_code == 403
    assert desk.bench.kinds(ANN) == []


def test_an_altered_byte_is_403(desk: Site) -> None:
    body = fixture("free-words")
    assert (
        post(
            desk.client, body.replace(b"%2B12025550123", b"%2B12025550124"), signed(body)
        ).status_code
        == 403
    )


def test_the_key_before_the_newest_still_works_while_it_is_listed(desk: Site) -> None:
    body = fixture("free-words")
    assert post(desk.client, body, signed(body, token="rotated-token")).status_code == 200


def test_what_twilio_has_answered_is_recorded_in_silence(desk: Site) -> None:
    response = post(desk.client, fixture("advanced-stop"))
    assert "<Message>" not in response.text
    assert desk.bench.kinds(ANN) == ["opted_out"]


def test_a_default_filtered_number_hears_its_own_words_in_silence(desk: Site) -> None:
    assert "<Message>" not in post(desk.client, fixture("default-filtered-stop")).text
    assert desk.bench.kinds(ANN) == ["opted_out"]


def test_a_default_filtered_number_confirms_free_words(desk: Site) -> None:
    assert post(desk.client, fixture("default-filtered-free-words")).text.count("<Message>") == 1


@pytest.mark.parametrize("name", ["status-21610", "status-63014"])
def test_a_refusal_by_the_persons_own_will_is_a_provider_block(desk: Site, name: str) -> None:
    assert post(desk.client, fixture(name)).status_code == 200
    assert post(desk.client, fixture(name)).status_code == 200
    assert desk.bench.kinds(ANN) == ["provider_block"]
    assert desk.bench.holds(ANN) == {"channel": "stopped"}


def test_a_delivery_receipt_is_no_fact_for_the_ledger(desk: Site) -> None:
    assert post(desk.client, fixture("status-30003")).status_code == 200
    assert desk.bench.kinds(ANN) == []


def test_whatsapp_is_a_channel_of_its_own(desk: Site) -> None:
    from bot.model import Address, Channel

    post(desk.client, fixture("whatsapp-stop"))
    assert desk.bench.kinds(ANN) == []
    who = Address(channel=Channel.WHATSAPP, value=ANN.value)
    assert desk.bench.holds(who) == {"channel": "stopped"}


def test_a_picture_without_words_reaches_a_person(desk: Site) -> None:
    assert "<Message>" not in post(desk.client, fixture("mms-without-words")).text
    reviews = desk.bench.store.read(lambda session: session.open_reviews())
    assert [str(review.cause) for review in reviews] == ["media"]


def test_a_signed_request_that_says_nothing_we_know_is_kept_for_a_person(desk: Site) -> None:
    body = urlencode(
        {"MessageSid": "SM9", "AccountSid": VECTOR_FORM["AccountSid"], "From": "+12025550123"}
    ).encode()
    assert post(desk.client, body).status_code == 200
    reviews = desk.bench.store.read(lambda session: session.open_reviews())
    assert [str(review.cause) for review in reviews] == ["unreadable"]


def test_a_body_over_three_megabytes_is_413_and_nothing_is_stored(desk: Site) -> None:
    response = post(desk.client, b"Body=" + b"a" * 3_000_001, "AAAA")
    assert response.status_code == 413
    assert desk.bench.kinds(ANN) == []


def test_a_body_without_a_length_is_bounded_too(desk: Site) -> None:
    from io import BytesIO

    response = desk.client.post(
        "/webhooks/twilio",
        input_stream=BytesIO(b"Body=" + b"a" * 4_000_000),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": "AAAA"},
    )
    assert response.status_code == 413


def test_a_trailing_slash_is_part_of_what_was_signed(desk: Site) -> None:
    body = fixture("free-words")
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/webhooks/twilio/", fields)
    response = desk.client.post(
        "/webhooks/twilio/",
        data=body,
        headers={"X-Twilio-Signature": signature},
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code == 200


def test_bytes_that_are_no_text_are_403_and_never_500(desk: Site) -> None:
    assert post(desk.client, b"Body=\xff\xfe&From=%ff", "AAAA").status_code == 403
    assert post(desk.client, b"", "AAAA").status_code == 403
    assert post(desk.client, b"&".join([b"a=1"] * 600), "AAAA").status_code == 403


def test_a_provider_without_credentials_has_no_route(desk: Site) -> None:
    assert desk.client.post("/webhooks/vonage", data=b"{}").status_code == 404


def test_get_is_not_a_way_in(desk: Site) -> None:
    response = desk.client.get("/webhooks/twilio")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_the_texts_come_out_as_they_were_typed() -> None:
    twilio = Twilio(TwilioSettings(account_sid=VECTOR_FORM["AccountSid"], auth_token=("t",)), "")
    parsed = twilio.parse(raw("", fixture("unicode"), ""))[0]
    assert isinstance(parsed, InboundMessage)
    assert parsed.text == " Stop — por favor 🙏 "


def test_an_answer_is_escaped_for_xml(desk: Site) -> None:
    response = post(desk.client, fixture("free-words"))
    assert "Acme &amp; Sons" in response.text
    assert [item.state for item in desk.bench.outbox(ANN)] == [OutboxState.INLINE]
