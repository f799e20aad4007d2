"""Published or independently computed signatures: each scheme is what the provider says it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handlers.ports import RawRequest, Unverified
from handlers.providers.telnyx import Telnyx, TelnyxSettings
from handlers.providers.whatsapp import WhatsApp, WhatsAppSettings

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
    key = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    telnyx = Telnyx(TelnyxSettings(public_key=(key,)))
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
