"""Brevo (once Sendinblue): events of both its products, and inbound parsing, at one address.

Nothing in what it sends is signed: HTTP Basic in the address is what proves it. Its times follow
the account's zone, but for those in seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

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
PREFIX = "HEED_BREVO_"
HAPPENINGS = {
    "unsubscribe": Happening.UNSUBSCRIBED,
    "unsubscribed": Happening.UNSUBSCRIBED,
    "spam": Happening.COMPLAINED,
    "complaint": Happening.COMPLAINED,
    "hard_bounce": Happening.BOUNCED,
    "hardBounce": Happening.BOUNCED,
    "invalid_email": Happening.BOUNCED,
    "soft_bounce": Happening.DELAYED,
    "softBounce": Happening.DELAYED,
    "deferred": Happening.DELAYED,
    "blocked": Happening.DELAYED,
}


class BrevoSettings(Part):
    webhook_user: str = ""
    webhook_password: List = Field(default=(), repr=False)


def configure(settings: Settings) -> Brevo | None:
    given = part(BrevoSettings, PREFIX, settings.env)
    if not is_set_up(given, PREFIX, "webhook_user", "webhook_password"):
        return None
    return Brevo(given)


class Brevo:
    name = "brevo"

    def __init__(self, settings: BrevoSettings) -> None:
        self._basic = [(settings.webhook_user, one) for one in settings.webhook_password]

    def verify(self, request: RawRequest) -> None:
        """See `handlers.mail_service.MailService`."""
        require_basic(request.headers.get("authorization", ""), self._basic)

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        told = read_json(request.body)
        if "items" in told.value:
            return list(map(_mail, told.objects("items")))
        kind = told.text("event")
        happening = HAPPENINGS.get(kind)
        if happening is None:
            raise Unsupported(kind[:40])
        if happening is Happening.BOUNCED and is_policy(told.optional("reason")):
            happening = Happening.DELAYED
        address = told.optional("email")
        when = told.optional("ts_epoch") or told.optional("ts_event") or told.optional("ts")
        key = made_id(kind, told.optional("message-id"), address, when)
        return [
            event(
                happening,
                told,
                address,
                event_id=key,
                occurred_at=_moment(told),
                list_name=told.optional("tag"),
            )
        ]


def _moment(told: Payload) -> datetime | None:
    milliseconds = told.optional("ts_epoch")
    if milliseconds.isdigit() and len(milliseconds) <= 13:  # noqa: PLR2004 - until the year 2286
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return told.moment("ts_event")


def _mail(item: Payload) -> ReceivedMail:
    raw = rebuilt(
        list(_headers(item.object("Headers"))),
        text=item.optional("RawTextBody"),
        html=item.optional("RawHtmlBody"),
    )
    return ReceivedMail(
        raw=raw,
        mail_from=item.object("From").optional("Address"),
        recipients=tuple(
            one.optional("Address") for one in item.objects("To") if one.optional("Address")
        ),
    )


def _headers(given: Payload) -> Iterator[tuple[str, str]]:
    for name, value in given.value.items():
        values = value if isinstance(value, list) else [value]
        yield from ((name, one) for one in values if isinstance(one, str))
