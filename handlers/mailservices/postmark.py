"""Postmark: bounces, complaints, changes of subscription, and inbound mail, at one address.

It signs nothing: HTTP Basic in the address is what proves it. 403 ends its repeats.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from handlers.email.rebuilt import rebuilt
from handlers.email.undeliverable import is_policy
from handlers.mail_service import Happening, MailEvent, ReceivedMail, event, made_id
from handlers.payload import Payload, read_json
from handlers.ports import RawRequest, Unsupported
from handlers.settings import List, Part, Settings, is_set_up, part
from handlers.signatures import require_basic
from handlers.signatures import with_basic as signed

__all__ = ["configure", "signed"]
PREFIX = "HEED_POSTMARK_"
FOR_GOOD = frozenset({"HardBounce", "BadEmailAddress", "ManuallyDeactivated"})
DELAYED = frozenset({"SoftBounce", "Transient", "DnsError", "Blocked", "SMTPApiError"})


class PostmarkSettings(Part):
    webhook_user: str = ""
    webhook_password: List = Field(default=(), repr=False)


def configure(settings: Settings) -> Postmark | None:
    given = part(PostmarkSettings, PREFIX, settings.env)
    if not is_set_up(given, PREFIX, "webhook_user", "webhook_password"):
        return None
    return Postmark(given)


class Postmark:
    name = "postmark"

    def __init__(self, settings: PostmarkSettings) -> None:
        self._basic = [(settings.webhook_user, one) for one in settings.webhook_password]

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        require_basic(request.headers.get("authorization", ""), self._basic)

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        told = read_json(request.body)
        kind = told.optional("RecordType")
        if not kind and ("FromFull" in told.value or "RawEmail" in told.value):
            return [_mail(told)]
        happening = _happening(kind, told)
        if happening is None:
            raise Unsupported(kind[:40])
        address = told.optional("Email") or told.optional("Recipient")
        when = "BouncedAt" if "BouncedAt" in told.value else "ChangedAt"
        return [
            event(
                happening,
                told,
                address,
                event_id=made_id(kind, told.optional("MessageID"), address, told.optional(when)),
                occurred_at=told.moment(when),
                list_name=told.optional("MessageStream"),
            )
        ]


def _happening(kind: str, told: Payload) -> Happening | None:
    """A stop that Postmark set by itself, after a bounce or complaint, is told as that too."""
    if kind == "SpamComplaint":
        return Happening.COMPLAINED
    if kind == "SubscriptionChange":
        by_person = (
            told.value.get("SuppressSending") is True
            and told.optional("SuppressionReason") == "ManualSuppression"
            and told.optional("Origin") == "Recipient"
        )
        return Happening.UNSUBSCRIBED if by_person else None
    if kind != "Bounce":
        return None
    if told.optional("Type") in FOR_GOOD and not is_policy(told.optional("Details")):
        return Happening.BOUNCED
    return Happening.DELAYED if told.optional("Type") in (FOR_GOOD | DELAYED) else None


def _mail(told: Payload) -> ReceivedMail:
    headers = [(one.optional("Name"), one.optional("Value")) for one in told.objects("Headers")]
    raw = told.optional("RawEmail").encode("utf-8", "surrogatepass")
    if not raw:
        named = {name.lower() for name, _ in headers}
        spelled = {
            "From": told.optional("From"),
            "To": told.optional("To"),
            "Subject": told.optional("Subject"),
            "Date": told.optional("Date"),
        }
        headers += [pair for pair in spelled.items() if pair[0].lower() not in named]
        raw = rebuilt(headers, text=told.optional("TextBody"), html=told.optional("HtmlBody"))
    return_path = next((value for name, value in headers if name.lower() == "return-path"), "")
    return ReceivedMail(
        raw=raw,
        mail_from=return_path.strip("<> "),
        recipients=tuple(filter(None, [told.optional("OriginalRecipient")])),
    )
