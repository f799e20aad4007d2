"""SNS: only Amazon's own hosts, only our topics, and subscriptions are taken by API."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from handlers.payload import Payload
from handlers.ports import Unverified
from handlers.sns import Sns, canonical, require_sns_url
from tests.handlers.providers.contract import Case, cases, fake_api
from tests.handlers.providers.test_contract import post
from tests.handlers.web_kit import site
from tests.kit import NOW

TOPIC = "arn:aws:sns:us-east-1:123456789012:heed-inbound"
NOTIFICATION: dict[str, Any] = {
    "Type": "Notification",
    "MessageId": "00000000-0000-4000-8000-0000000000ac",
    "TopicArn": TOPIC,
    "Timestamp": "2025-10-09T08:53:20.000Z",
    "SignatureVersion": "1",
    "Message": (
        '{"originationNumber":"+12025550123","destinationNumber":"+12025550199",'
        '"messageKeyword":"KEYWORD_000000000000","messageBody":"STOP",'
        '"inboundMessageId":"00000000-0000-4000-8000-0000000000aa",'
        '"previousPublishedMessageId":"00000000-0000-4000-8000-0000000000ab"}'
    ),
}
CONFIRMATION: dict[str, Any] = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "00000000-0000-4000-8000-0000000000ad",
    "TopicArn": TOPIC,
    "Token": "heedtoken",
    "Message": "You have chosen to subscribe",
    "SubscribeURL": (
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=heedtoken"
    ),
    "Timestamp": "2025-10-09T08:53:20.000Z",
}


@pytest.mark.parametrize(
    ("envelope", "digest"),
    [
        (NOTIFICATION, "bc708d51706385e57877493435cdf6241204636a803be152600b205fe6d1e8f8"),
        (CONFIRMATION, "8f0918865307f2c578aa36851fdceca33e9557ef1fe137a3830748cbf4c51cf6"),
    ],
)
def test_vectors_of_what_is_signed(envelope: dict[str, Any], digest: str) -> None:
    content = canonical(Payload(envelope))
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == digest


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com:444/a.pem",
        "https://sns.us-east-1.amazonaws.com@stranger.example.com/a.pem",
        "https://sns.us-east-1.amazonaws.com.stranger.example.com/a.pem",
        "https://stranger.example.com/a.pem",
        "https://s3.us-east-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com/a.pem",
        "https://127.0.0.1/a.pem",
        "",
    ],
)
def test_no_other_host_is_ever_called(url: str) -> None:
    with pytest.raises(Unverified):
        require_sns_url(url, TOPIC)

    def fetch(url: str) -> bytes:
        raise AssertionError("called")

    body = json.dumps({**NOTIFICATION, "Signature": "AAAA", "SigningCertURL": url}).encode()
    with pytest.raises(Unverified):
        Sns([TOPIC], fetch).verify(body, NOW)


def test_its_own_host_is_asked_once() -> None:
    case = next(case for case in cases() if case.name == "aws-sns")
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return (case.folder / "certificates.pem").read_bytes()

    sns = Sns([TOPIC], fetch)
    for _ in range(2):
        sns.verify(case.request(case.stop, case.about["secret"]).body, NOW)
    assert asked == ["https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0000.pem"]


@pytest.fixture
def aws() -> Case:
    return next(case for case in cases() if case.name == "aws-sns")


def test_anybodys_topic_is_not_ours(tmp_path: Path, aws: Case) -> None:
    with site(tmp_path, **aws.env) as desk:
        body = aws.stop.replace(b"heed-inbound", b"anybodys")
        assert post(desk.client, aws.request(body, aws.about["secret"])).status_code == 403


def test_a_subscription_is_taken_by_api_and_by_no_url(tmp_path: Path, aws: Case) -> None:
    body = json.dumps({**CONFIRMATION, "SubscribeURL": "https://stranger.example.com/"}).encode()
    answer = (
        '<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        "<ConfirmSubscriptionResult><SubscriptionArn>arn:x</SubscriptionArn>"
        "</ConfirmSubscriptionResult></ConfirmSubscriptionResponse>"
    )
    with fake_api() as api, site(tmp_path, **aws.env, HEED_AWS_SNS_API_URL=api.url) as desk:
        api.body, api.headers = answer, {"Content-Type": "text/xml"}
        assert post(desk.client, aws.request(body, aws.about["secret"])).status_code == 200
        assert [b"Token=heedtoken" in sent for _, sent in api.calls] == [True]
        api.status, api.body = 500, "<ErrorResponse/>"  # SNS comes again
        assert post(desk.client, aws.request(body, aws.about["secret"])).status_code == 500
