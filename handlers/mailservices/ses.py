"""Amazon SES through SNS: receiving, complaints, bounces, its own subscription pages.

See `handlers.sns` for what proves a notification. A new subscription is confirmed at SNS's own
host for a topic of ours alone. SNS puts no more than about 150 KB of a mail into a notification: a
rule that puts mails into a bucket brings longer ones (`handlers.s3`).
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from handlers.email.undeliverable import is_policy
from handlers.http_client import fetch
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event
from handlers.payload import Payload
from handlers.ports import ComeAgain, Malformed, RawRequest, Unsupported
from handlers.s3 import Buckets
from handlers.settings import List, Part, PublicUrl, Settings, SettingsError, is_set_up, part
from handlers.sns import Sns, arns, make_key, notification, pinned, require_sns_url, signed

log = logging.getLogger("heed.webhooks")

__all__ = ["configure", "make_key", "signed"]
PREFIX = "HEED_SES_"
PATIENCE = timedelta(minutes=45)
"""SNS gives up after an hour; a person is told before."""
FOR_GOOD = frozenset({"General", "NoEmail", "Suppressed", "OnAccountSuppressionList"})


class SesSettings(Part):
    """`certificate`: a PEM file of SNS's certificates, where nothing may be fetched.

    `buckets` are those that mails are read from, in `region` (else the first topic's). Without an
    access key, credentials come from where botocore looks (the instance's role).
    """

    topic_arns: Annotated[List, AfterValidator(arns)] = ()
    certificate: Path | None = None
    buckets: List = ()
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = Field(default="", repr=False)
    api_url: PublicUrl = ""


def configure(settings: Settings) -> Ses | None:
    given = part(SesSettings, PREFIX, settings.env)
    if not is_set_up(given, PREFIX, "topic_arns"):
        return None
    return Ses(given, fetch, _buckets(given) if given.buckets else None)


def _buckets(given: SesSettings) -> Buckets:
    try:
        import botocore.session
    except ImportError:
        raise SettingsError(f"{PREFIX}BUCKETS needs botocore: pip install 'heed[aws]'") from None
    return Buckets(
        given.buckets,
        botocore.session.Session(),
        region=given.region or given.topic_arns[0].split(":")[3],
        access_key_id=given.access_key_id,
        secret_access_key=given.secret_access_key,
        api_url=given.api_url,
    )


class Ses:
    name = "ses"

    def __init__(
        self, settings: SesSettings, fetch: Callable[[str], bytes], buckets: Buckets | None = None
    ) -> None:
        self._fetch = fetch
        self._buckets = buckets
        self._sns = Sns(settings.topic_arns, fetch, pinned(settings.certificate, PREFIX))

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        self._sns.verify(request.body, request.received_at)

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        envelope, told = notification(request.body, self._confirm)
        what = told.optional("eventType") or told.optional("notificationType")
        if what == "Received":
            told_at = envelope.moment("Timestamp") or request.received_at
            try:
                return [_mail(told, self._buckets)]
            except ComeAgain as lack:
                if request.received_at - told_at < PATIENCE:
                    raise
                raise Malformed(str(lack)) from None  # SNS will not come again
        found = list(_events(what, told, envelope.text("MessageId")))
        if not found:
            raise Unsupported(what[:40])
        return found

    def _confirm(self, envelope: Payload) -> None:
        url = envelope.text("SubscribeURL")
        require_sns_url(url, envelope.text("TopicArn"))
        self._fetch(url)


def _mail(told: Payload, buckets: Buckets | None) -> ReceivedMail:
    receipt, mail = told.object("receipt"), told.object("mail")
    raw = _content(told, receipt.object("action"), buckets)
    recipients = receipt.value.get("recipients")
    return ReceivedMail(
        raw=raw,
        mail_from=mail.optional("source").strip("<>"),
        recipients=tuple(one for one in recipients if isinstance(one, str))
        if isinstance(recipients, list)
        else (),
        vouched=receipt.object("dmarcVerdict").optional("status") == "PASS",
    )


def _content(told: Payload, action: Payload, buckets: Buckets | None) -> bytes:
    """Of a mail in a bucket that we may not read, a person is told."""
    if action.optional("type") == "S3" and buckets is not None:
        return buckets.mail(action)
    content = told.text("content")
    if action.optional("encoding") == "BASE64":
        try:
            return base64.b64decode(content, validate=False)
        except (binascii.Error, ValueError):
            raise Malformed("content") from None
    return content.encode("utf-8", "surrogatepass")


def _events(what: str, told: Payload, event_id: str) -> Iterator[MailEvent]:
    """SES may name several recipients, each of whom may be the one who complained."""
    match what:
        case "Complaint":
            of, recipients = told.object("complaint"), "complainedRecipients"
            if of.optional("complaintFeedbackType") == "not-spam":
                return
        case "Bounce":
            of, recipients = told.object("bounce"), "bouncedRecipients"
        case "DeliveryDelay":
            of, recipients = told.object("deliveryDelay"), "delayedRecipients"
        case "Subscription":
            yield from _left(told, event_id)
            return
        case _:
            return
    for one in of.objects(recipients):
        yield event(
            _happened(what, of, one),
            told,
            one.optional("emailAddress"),
            event_id=event_id,
            occurred_at=of.moment("timestamp"),
        )


def _happened(what: str, of: Payload, recipient: Payload) -> Happening:
    if what == "Complaint":
        return Happening.COMPLAINED
    gone = of.optional("bounceType") == "Permanent" and of.optional("bounceSubType") in FOR_GOOD
    refused = is_policy(f"{recipient.optional('status')} {recipient.optional('diagnosticCode')}")
    return Happening.BOUNCED if gone and not refused else Happening.DELAYED


def _left(told: Payload, event_id: str) -> Iterator[MailEvent]:
    """Who left by SES's own page: every list, or the topics switched off there."""
    change = told.object("subscription")
    now = change.object("newTopicPreferences")
    before = {
        one.optional("topicName"): one.optional("subscriptionStatus")
        for one in change.object("oldTopicPreferences").objects("topicSubscriptionStatus")
    }
    lists = (
        [""]
        if now.value.get("unsubscribeAll") is True
        else [
            one.optional("topicName")
            for one in now.objects("topicSubscriptionStatus")
            if one.optional("subscriptionStatus") == "OptOut"
            and before.get(one.optional("topicName")) != "OptOut"
        ]
    )
    destination = told.object("mail").value.get("destination")
    people = (
        [one for one in destination if isinstance(one, str)]
        if isinstance(destination, list)
        else []
    )
    for address in people:
        for name in lists:
            yield event(
                Happening.UNSUBSCRIBED,
                told,
                address,
                event_id=f"{event_id}:{name}",
                occurred_at=change.moment("timestamp"),
                list_name=name,
            )
