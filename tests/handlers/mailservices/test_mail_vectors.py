"""Published or independently computed signatures: each scheme is what the service says it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from handlers.mailservices.mailgun import Mailgun, MailgunSettings
from handlers.mailservices.mandrill import Mandrill, MandrillSettings
from handlers.mailservices.resend import Resend, ResendSettings
from handlers.mailservices.sendgrid import SIGNATURE, TIMESTAMP, SendGrid, SendGridSettings
from handlers.mailservices.ses import Ses, SesSettings
from handlers.payload import Payload
from handlers.ports import RawRequest, Unsupported, Unverified
from handlers.sns import canonical

SIGNED_AT = datetime.fromtimestamp(1790000010, UTC)


def request(
    body: bytes, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> RawRequest:
    return RawRequest(
        method="POST",
        url="https://optout.example/hooks/mandrill",
        headers=headers or {},
        body=body,
        content_type=kind,
        received_at=SIGNED_AT,
    )


def test_sendgrid_signs_the_time_and_the_raw_body() -> None:
    """The official SDK (6.12.5) takes this one, and not without the line end."""
    sendgrid = SendGrid(
        SendGridSettings(
            public_key=(
                (
                    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbRalpmAONPzm+Dz67ZkWoDvEYt2eK7djYIKyWMxUz6XP"
                    "WRROCqoDJ5w9H9+5l7DASq9iufKLAgm9VciwZ6c6PQ=="
                ),
            )
        )
    )
    body = (
        b'[{"email":"ana@reader.example","timestamp":1790000000,"event":"unsubscribe",'
        b'"sg_event_id":"heed-ev-1","sg_message_id":"m1.recv"}]\r\n'
    )
    headers = {
        TIMESTAMP: "1790000001",
        SIGNATURE: (
            "MEUCIB98DTPAHGrq/cCzn7z5pGHBG0e7AREhe9+/hntzKUStAiEAmLgAriyn5gXsQT/"
            "+EQhMt7mOg6lqKHUTSHuZC2Fr+RM="
        ),
    }
    sendgrid.verify(request(body, headers))
    with pytest.raises(Unverified):
        sendgrid.verify(request(body.rstrip(), headers))


def test_sendgrid_inbound_parse_may_come_with_a_password_in_its_address() -> None:
    only_password = SendGrid(SendGridSettings(webhook_user="heed", webhook_password=("pw",)))
    only_password.verify(request(b"x", {"authorization": "Basic aGVlZDpwdw=="}))
    for wrong in ({}, {"authorization": "Basic aGVlZDpwdw="}, {SIGNATURE: "AAAA"}):
        with pytest.raises(Unverified):
            only_password.verify(request(b"x", wrong))


def test_mailgun_signs_a_time_and_a_token() -> None:
    mailgun = Mailgun(MailgunSettings(signing_key=("heed-mailgun-key",)))
    given = {
        "timestamp": "1790000001",
        "token": "0123456789abcdef0123456789abcdef0123456789abcdef01",
        "signature": "f118107008a807f67952e7a514f2c44e6b4ec0af7bc85fdc33e0ccdaa9cf05dd",
    }
    mailgun.verify(request(json.dumps({"signature": given}).encode()))
    form = "application/x-www-form-urlencoded"
    mailgun.verify(request(urlencode(given).encode(), kind=form))
    forged = "signature=00&timestamp=1&token=2&" + urlencode(given)
    mailgun.verify(request(forged.encode(), kind=form))  # of a field told twice the last counts
    with pytest.raises(Unverified):
        mailgun.verify(request((urlencode(given) + "&token=2").encode(), kind=form))


def test_mandrill_signs_its_public_address_and_the_fields() -> None:
    mandrill = Mandrill(MandrillSettings(webhook_key=("heed-mandrill-key",)))
    events = '[{"event":"unsub","ts":1790000000,"_id":"a1","msg":{"email":"ana@reader.example"}}]'
    body = urlencode({"mandrill_events": events}).encode()
    signed = request(body, {"x-mandrill-signature": "25bdxRsJgS1paH2kUMSIa7OCi1U="})
    mandrill.verify(signed)
    with pytest.raises(Unverified):
        mandrill.verify(replace(signed, url="https://optout.example/hooks/other"))
    typed = MandrillSettings(
        webhook_key=("heed-mandrill-key",), webhook_url="https://optout.example/hooks/mandrill"
    )
    Mandrill(typed).verify(replace(signed, url="http://10.0.0.1/webhooks/mandrill"))


@pytest.mark.parametrize("before", ["", "v1,AAAA ", "v1a,x "])
def test_resend_signs_as_standard_webhooks_do(before: str) -> None:
    """Svix 2.9.1, standardwebhooks 1.1.0 and plain HMAC agree on this one."""
    resend = Resend(
        ResendSettings(webhook_secret=("whsec_aGVlZC1zdml4LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGU=",))
    )
    body = (
        b'{"type":"email.complained","created_at":"2026-09-21T14:13:20.000Z",'
        b'"data":{"email_id":"e1","to":["ana@reader.example"]}}'
    )
    signed = request(
        body,
        {
            "svix-id": "msg_heed1",
            "svix-timestamp": "1790000001",
            "svix-signature": before + "v1,iViX0p6t/bIUtVnB5tWfKx7mbp2wdNGbKgmWvJt91wY=",
        },
    )
    resend.verify(signed)
    with pytest.raises(Unverified):
        resend.verify(replace(signed, received_at=SIGNED_AT + timedelta(minutes=6)))
    with pytest.raises(Unverified):
        resend.verify(signed.with_headers({"svix-id": "msg_heed2"}))


def test_what_sns_signs_for_ses() -> None:
    envelope = {
        "Type": "Notification",
        "MessageId": "id-1",
        "TopicArn": "arn:aws:sns:eu-west-1:111122223333:heed",
        "Message": '{"eventType":"Subscription"}',
        "Timestamp": "2026-09-21T14:13:20.000Z",
        "SignatureVersion": "2",
    }
    signed = canonical(Payload(envelope)) or b""
    assert (
        hashlib.sha256(signed).hexdigest()
        == "8aaaadd365045a2791672fcceb51ee454ed9aa01d358194ceed807ff963a3927"
    )


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=t", True),
        ("https://sns.us-east-1.amazonaws.com.example.org/?Token=t", False),
        ("https://sns.eu-west-1.amazonaws.com/?Token=t", False),
        ("http://sns.us-east-1.amazonaws.com/?Token=t", False),
        ("https://169.254.169.254/latest", False),
    ],
)
def test_a_subscription_is_confirmed_at_sns_and_nowhere_else(url: str, *, called: bool) -> None:
    calls: list[str] = []

    def fetch(asked: str) -> bytes:
        calls.append(asked)
        return b""

    topic = "arn:aws:sns:us-east-1:123456789012:heed-mail"
    ses = Ses(SesSettings(topic_arns=(topic,)), fetch)
    told = {"Type": "SubscriptionConfirmation", "TopicArn": topic, "SubscribeURL": url}
    with pytest.raises(Unsupported if called else Unverified):
        ses.parse(request(json.dumps(told).encode()))
    assert calls == ([url] if called else [])
