"""Published or independently computed signatures: each scheme is what the provider says it is."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from plivo import utils as plivo_utils
from telnyx.lib import WebhookVerificationError, verify_webhook_signature
from vonage_http_client.auth import Auth

from handlers.ports import RawRequest, Unverified
from handlers.providers.bird import Bird, BirdSettings
from handlers.providers.plivo import Plivo, PlivoSettings
from handlers.providers.sinch import Sinch, SinchSettings
from handlers.providers.telnyx import Telnyx, TelnyxSettings
from handlers.providers.vonage import Vonage, VonageSettings
from handlers.providers.whatsapp import WhatsApp, WhatsAppSettings
from tests.handlers.providers.contract import cases

SIGNED_AT = datetime.fromtimestamp(1760000000, UTC)


def request(body: bytes, headers: dict[str, str], at: datetime = SIGNED_AT) -> RawRequest:
    return RawRequest(
        method="POST",
        url="https://desk.example.com/hooks",
        headers=headers,
        body=body,
        content_type="application/json",
        received_at=at,
    )


META_BODY = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"100000000000001","changes":[{"value":'
    b'{"messaging_product":"whatsapp","metadata":{"display_phone_number":"12025550199",'
    b'"phone_number_id":"100000000000002"},"contacts":[{"wa_id":"12025550123"}],'
    b'"user_preferences":[{"wa_id":"12025550123","detail":"User requested to stop marketing '
    b'messages","category":"marketing_messages","value":"stop","timestamp":1760000000}]},'
    b'"field":"user_preferences"}]}]}'
)
META_SIGNATURE = "sha256=435f9e5091765013315e5236881d945f294d3acb2a23023a0410ff9a6c7e3079"


def test_meta_signs_the_raw_body() -> None:
    whatsapp = WhatsApp(WhatsAppSettings(app_secret=("heed00000000000000000000000appsec",)))
    whatsapp.verify(request(META_BODY, {"x-hub-signature-256": META_SIGNATURE}))
    for wrong in (META_SIGNATURE.upper(), META_SIGNATURE[7:], META_SIGNATURE[:-1]):
        with pytest.raises(Unverified):
            whatsapp.verify(request(META_BODY, {"x-hub-signature-256": wrong}))
    with pytest.raises(Unverified):
        whatsapp.verify(request(META_BODY + b"\n", {"x-hub-signature-256": META_SIGNATURE}))


TELNYX_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
TELNYX_BODY = (
    b'{"data":{"event_type":"message.received","id":"00000000-0000-4000-8000-0000000000e1",'
    b'"occurred_at":"2025-10-09T08:53:20.000+00:00","payload":{"direction":"inbound","from":'
    b'{"phone_number":"+12025550123"},"id":"00000000-0000-4000-8000-0000000000a1","text":"STOP",'
    b'"to":[{"phone_number":"+12025550199"}],"type":"SMS"},"record_type":"event"}}'
)
TELNYX_SIGNATURE = (
    "cM1If4lkGbCKsFDeNJJO7tGsm2CKwvGThXnR/VHHz7FxJMxhOdOvH8sJ5sgJApzCplyhBXtIeNaIvyZSAfLfBA=="
)


@pytest.mark.parametrize(
    ("age", "taken"),
    [(0, True), (100, True), (300, True), (301, False), (-300, True), (-301, False)],
)
def test_telnyx_signs_the_time_and_the_raw_body(age: int, taken: bool) -> None:  # noqa: FBT001 - a column of the table
    telnyx = Telnyx(TelnyxSettings(public_key=(TELNYX_KEY,)))
    headers = {"telnyx-timestamp": "1760000000", "telnyx-signature-ed25519": TELNYX_SIGNATURE}
    late = request(TELNYX_BODY, headers, SIGNED_AT + timedelta(seconds=age))
    if taken:
        telnyx.verify(late)
    else:
        with pytest.raises(Unverified):
            telnyx.verify(late)
    moved = request(TELNYX_BODY, {**headers, "telnyx-timestamp": "1760000001"})
    with pytest.raises(Unverified):
        telnyx.verify(moved)


def test_telnyx_s_own_package_says_the_same() -> None:
    """It looks at the machine's clock, so that the message is of now."""
    case = next(one for one in cases() if one.name == "telnyx")
    now = datetime.now(UTC)
    good = case.request(TELNYX_BODY, case.about["secret"], at=now)
    telnyx = Telnyx(TelnyxSettings(public_key=(TELNYX_KEY,)))
    stale = case.request(TELNYX_BODY, case.about["secret"], at=now - timedelta(minutes=6))
    for other, fits in (
        (good, True),
        (replace(good, body=good.body.replace(b"STOP", b"SHOP")), False),
        (good.with_headers({"telnyx-timestamp": "1760000000"}), False),
        (replace(stale, received_at=now), False),
    ):
        with nullcontext() if fits else pytest.raises(Unverified):
            telnyx.verify(other)
        with nullcontext() if fits else pytest.raises(WebhookVerificationError):
            verify_webhook_signature(other.body, other.headers, TELNYX_KEY)


PLIVO_TOKEN, PLIVO_NONCE = "heedplivotoken000000000000000000", "05429567804466091622"
PLIVO_BODY = (
    b"From=12025550123&To=12025550199&Text=STOP&Type=sms"
    b"&MessageUUID=00000000-0000-4000-8000-000000000001&Units=1&MessageIntent=optout"
)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (
            "https://desk.example.com/hooks/plivo",
            "D4y+Yjtyv5KqV9Ailk9k5P//t53jeTh+tqYJZ+eJgpA=",
        ),
        (
            "https://desk.example.com/hooks/plivo?tenant=acme",
            "86QtFreLKnV9cNw31p5jpJLNnxEQFryZBfRG6UFoXRQ=",
        ),
    ],
)
def test_plivo_signs_url_form_and_nonce(url: str, signature: str) -> None:
    plivo = Plivo(PlivoSettings(auth_token=(PLIVO_TOKEN,)), url)
    headers = {"x-plivo-signature-v3-nonce": PLIVO_NONCE}
    for header in ("x-plivo-signature-v3", "x-plivo-signature-ma-v3"):
        for value in (signature, f"AAAA,{signature}"):
            plivo.verify(replace(request(PLIVO_BODY, {**headers, header: value}), url=url))
    theirs = dict(parse_qsl(PLIVO_BODY.decode()))
    assert plivo_utils.validate_v3_signature(
        "POST", url, PLIVO_NONCE, PLIVO_TOKEN, signature, theirs
    )
    v2 = {"x-plivo-signature-v2": signature, "x-plivo-signature-v2-nonce": PLIVO_NONCE}
    with pytest.raises(Unverified):  # V2 does not cover the body
        plivo.verify(replace(request(PLIVO_BODY, v2), url=url))


VONAGE_SECRET = "heedvonagesecret0000000000000000"
VONAGE_BODY = (
    b'{"channel":"sms","message_uuid":"00000000-0000-4000-8000-0000000000b1","to":"12025550199",'
    b'"from":"12025550123","timestamp":"2025-10-09T08:53:20Z","text":"STOP"}'
)
VONAGE_TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjAwMDAwMDAsImp0aSI6IjAwMDAwMDAwLTAwMDAt"
    "NDAwMC04MDAwLTAwMDAwMDAwMDBjMSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjEyOTEwNTFiMjMyZGYx"
    "ZGFjZjU0NWRjZTliYmRkZDBiNTFmMWQ0ZDEwNDg5NzAxOGU1ZGI0ZTMwNGI2ZjBkMzciLCJhcGlfa2V5IjoiYWJjZDEy"
    "MzQifQ.c19WI_APt8PELq7G3WCaFlCTkGUz2hxM1pu7JoORfi4"
)
VONAGE_FIELDS = {
    "api-key": "abcd1234",
    "msisdn": "12025550123",
    "to": "12025550199",
    "messageId": "0A0000000123ABCD1",
    "text": "STOP & go = off",
    "type": "text",
    "keyword": "STOP",
    "message-timestamp": "2025-10-09 08:53:20",
    "timestamp": "1760000000",
    "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
}
VONAGE_SIG = "279a2c28304efea7dc0d35c93b73db3e6e38355f91698d5e4d33888356125432"


def vonage() -> Vonage:
    return Vonage(VonageSettings(signature_secret=(VONAGE_SECRET,), api_key="abcd1234"))


def test_vonage_messages_sign_the_bodys_hash() -> None:
    good = {"authorization": f"Bearer {VONAGE_TOKEN}"}
    vonage().verify(request(VONAGE_BODY, good))
    for body, at in (
        (VONAGE_BODY.replace(b"STOP", b"SHOP"), SIGNED_AT),
        (VONAGE_BODY, SIGNED_AT + timedelta(minutes=6)),
    ):
        with pytest.raises(Unverified):
            vonage().verify(request(body, good, at))
    none = "eyJhbGciOiJub25lIn0." + VONAGE_TOKEN.split(".")[1] + "."
    with pytest.raises(Unverified):
        vonage().verify(request(VONAGE_BODY, {"authorization": f"Bearer {none}"}))


def test_vonage_sms_signs_its_fields_as_its_own_package_does() -> None:
    auth = Auth(api_key="abcd1234", signature_secret=VONAGE_SECRET, signature_method="sha256")
    assert auth.check_signature({**VONAGE_FIELDS, "sig": VONAGE_SIG})
    for sig in (VONAGE_SIG, VONAGE_SIG.upper()):
        vonage().verify(request(json.dumps({**VONAGE_FIELDS, "sig": sig}).encode(), {}))
    for changed in ({"text": "STOP"}, {"sig": "b48bdd50c8778c61ce6a0975f4608b7f"}, {"sig": ""}):
        body = json.dumps({**VONAGE_FIELDS, "sig": VONAGE_SIG, **changed}).encode()
        with pytest.raises(Unverified):
            vonage().verify(request(body, {}))


def test_sinch_signs_body_nonce_and_time() -> None:
    body = (
        b'{"type":"mo_text","id":"01HEED0000000000000000MO01","from":"12025550123",'
        b'"to":"12025550199","body":"STOP","received_at":"2026-11-22T04:00:00.000Z"}'
    )
    headers = {
        "x-sinch-webhook-signature": "P5Lv65kqHdsJOOwPcuFZGZhoKGgx10arNevJx1ZTKiA=",
        "x-sinch-webhook-signature-nonce": "01HEED0000000000000000NONCE",
        "x-sinch-webhook-signature-timestamp": "1760000000",
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
    }
    sinch = Sinch(SinchSettings(webhook_secret=("heed-sinch-secret",)))
    sinch.verify(request(body, headers))
    with pytest.raises(Unverified):
        sinch.verify(request(body.replace(b"STOP", b"SHOP"), headers))


def test_bird_signs_time_url_and_the_bodys_hash() -> None:
    body = (
        b'{"service":"channels","event":"sms.inbound",'
        b'"payload":{"id":"00000000-0000-4000-8000-0000000000f1"}}'
    )
    headers = {
        "messagebird-request-timestamp": "1760000000",
        "messagebird-signature": "d6KkhNAGI7TGvAX4kbZuHAaDQvqpWCqSvtVIOZsXlE0=",
    }
    bird = Bird(BirdSettings(signing_key=("heed-bird-signing-key",)))
    bird.verify(replace(request(body, headers), url="https://desk.example.com/hooks/bird"))
    with pytest.raises(Unverified):
        bird.verify(replace(request(body, headers), url="https://desk.example.com/hooks/bird2"))
