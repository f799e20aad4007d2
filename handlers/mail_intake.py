"""What a mail service told -> inbound messages -> the desk."""

from __future__ import annotations

import logging

from bot import addresses
from bot.model import InboundMessage, MessageKind, Scope, ScopeKind
from bot.policy import Policy
from handlers.desk import Desk
from handlers.email.receive import MailDesk
from handlers.mail_service import Happening, MailEvent, MailService, ReceivedMail
from handlers.ports import Malformed, RawRequest, Unsupported
from handlers.unreadable import for_a_person

log = logging.getLogger("heed.webhooks")

_KINDS = {
    Happening.UNSUBSCRIBED: MessageKind.UNSUBSCRIBE_REQUEST,
    Happening.COMPLAINED: MessageKind.COMPLAINT,
    Happening.BOUNCED: MessageKind.BOUNCE,
    Happening.DELAYED: MessageKind.BOUNCE,
}


class MailIntake:
    """`mail_desk` reads the mails that a service took for us."""

    def __init__(self, desk: Desk, mail_desk: MailDesk, policy: Policy) -> None:
        self._desk = desk
        self._mail_desk = mail_desk
        self._lists = {
            one: Scope(ScopeKind.TOPIC, topic.name)
            for topic in policy.topics.values()
            for one in topic.lists
        }

    def take(self, service: MailService, request: RawRequest) -> None:
        """Take in all that a verified request tells; returns after the last commit.

        Raises:
            StoreUnavailable, ComeAgain: not all of it was kept; the service must come again.
        """
        try:
            told = service.parse(request)
        except Unsupported as nothing:
            log.info("passed service=%s event=%s", service.name, nothing)
            return
        except Malformed as fault:
            log.warning("unreadable service=%s field=%s", service.name, fault)
            self._desk.receive(for_a_person(service.name, request.body, request.received_at))
            return
        for one in told:
            if isinstance(one, ReceivedMail):
                self._mail_desk.receive(
                    one.raw, one.mail_from, one.recipients, "", vouched=one.vouched
                )
            else:
                self._desk.receive(self._message(service.name, one, request))

    def _message(self, service: str, one: MailEvent, request: RawRequest) -> InboundMessage:
        try:
            address = addresses.email(one.address)
        except addresses.AddressError:
            log.warning("unreadable service=%s field=address", service)
            return for_a_person(service, one.told.encode(), request.received_at)
        return InboundMessage(
            provider=service,
            account="",
            event_id=one.event_id,
            kind=_KINDS[one.happening],
            address=address,
            recipient="",
            text="",
            received_at=request.received_at,
            occurred_at=one.occurred_at,
            provider_replied=True,  # the service has shown its own page
            scope=self._lists.get(f"{service}:{one.list_name}"),
            undeliverable=one.happening is Happening.BOUNCED,
        )
