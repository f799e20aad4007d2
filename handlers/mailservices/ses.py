"""Amazon SES through SNS: receiving, complaints, bounces, its own subscription pages.

See `handlers.sns` for what proves a notification. A new subscription is confirmed at SNS's own
host for a topic of ours alone. SNS puts no more than about 150 KB of a mail into a notification.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from handlers.email.undeliverable import is_policy
from handlers.http_client import fetch
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event
from handlers.payload import Payload
from handlers.ports import Malformed, RawRequest, Unsupported
from handlers.settings import List, Part, Settings, is_set_up, part
from handlers.sns import Sns, arns, notification, pinned, require_sns_url, signed

log = logging.getLogger("heed.webhooks")

__all__ = ["configure", "signed"]
PREFIX = "HEED_SES_"
FOR_GOOD = frozenset({"General", "NoEmail", "Suppressed", "OnAccountSuppressionList"})


class SesSettings(Part):
    """`certificate`: a PEM file of SNS's certificates, where nothing may be fetched."""

    topic_arns: Annotated[List, AfterValidator(arns)] = ()
    certificate: Path | None = None


def configure(settings: Settings) -> Ses | None:
    given = part(SesSettings, PREFIX, settings.env)
    return Ses(given, fetch) if is_set_up(given, PREFIX, "topic_arns") else None


class Ses:
    name = "ses"

    def __init__(self, settings: SesSettings, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._sns = Sns(settings.topic_arns, fetch, pinned(settings.certificate, PREFIX))

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        self._sns.verify(request.body, request.received_at)

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        envelope, told = notification(request.body, self._confirm)
        what = told.optional("eventType") or told.optional("notificationType")
        if what == "Received":
            return [_mail(told)]
        found = list(_events(what, told, envelope.text("MessageId")))
        if not found:
            raise Unsupported(what[:40])
        return found

    def _confirm(self, envelope: Payload) -> None:
        url = envelope.text("SubscribeURL")
        require_sns_url(url, envelope.text("TopicArn"))
        self._fetch(url)


def _mail(told: Payload) -> ReceivedMail:
    receipt, mail = told.object("receipt"), told.object("mail")
    content = told.text("content")  # the notification of an S3 action has none: a person fetches it
    if receipt.object("action").optional("encoding") == "BASE64":
        try:
            raw = base64.b64decode(content, validate=False)
        except (binascii.Error, ValueError):
            raise Malformed("content") from None
    else:
        raw = content.encode("utf-8", "surrogatepass")
    recipients = receipt.value.get("recipients")
    return ReceivedMail(
        raw=raw,
        mail_from=mail.optional("source").strip("<>"),
        recipients=tuple(one for one in recipients if isinstance(one, str))
        if isinstance(recipients, list)
        else (),
        vouched=receipt.object("dmarcVerdict").optional("status") == "PASS",
    )


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
