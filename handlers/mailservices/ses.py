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
from handlers.payload import Payload, read_json
from handlers.ports import Malformed, RawRequest, Unsupported
from handlers.settings import List, Part, Settings, is_set_up, part
from handlers.sns import CONFIRMATION, NOTIFICATION, Sns, arns, pinned, require_sns_url, signed

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
        envelope = read_json(request.body)
        kind = envelope.optional("Type")
        if kind == CONFIRMATION:
            self._confirm(envelope)
            raise Unsupported("subscription_confirmed")
        if kind != NOTIFICATION:
            log.warning("service=%s no longer subscribed to a topic of ours", self.name)
            raise Unsupported(kind[:40])
        told = read_json(envelope.text("Message").encode("utf-8", "surrogatepass"))
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
    if what == "Complaint":
        complaint = told.object("complaint")
        if complaint.optional("complaintFeedbackType") == "not-spam":
            return
        for one in complaint.objects("complainedRecipients"):
            yield event(
                Happening.COMPLAINED,
                told,
                one.optional("emailAddress"),
                event_id=event_id,
                occurred_at=complaint.moment("timestamp"),
            )
    elif what == "Bounce":
        bounce = told.object("bounce")
        permanent = bounce.optional("bounceType") == "Permanent"
        for one in bounce.objects("bouncedRecipients"):
            gone = permanent and bounce.optional("bounceSubType") in FOR_GOOD
            refused = is_policy(f"{one.optional('status')} {one.optional('diagnosticCode')}")
            yield event(
                Happening.BOUNCED if gone and not refused else Happening.DELAYED,
                told,
                one.optional("emailAddress"),
                event_id=event_id,
                occurred_at=bounce.moment("timestamp"),
            )
    elif what == "DeliveryDelay":
        delay = told.object("deliveryDelay")
        for one in delay.objects("delayedRecipients"):
            yield event(
                Happening.DELAYED,
                told,
                one.optional("emailAddress"),
                event_id=event_id,
                occurred_at=delay.moment("timestamp"),
            )
    elif what == "Subscription":
        yield from _left(told, event_id)


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
