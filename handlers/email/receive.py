"""One mail as it came over SMTP -> one inbound message -> the desk.

A mail that cannot be read, or not within a second, is kept whole and goes to a person; it is never
refused and never lost.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot import addresses
from bot.model import Address, Assurance, Channel, InboundMessage, MailThread, MessageKind, Over
from handlers.desk import Desk
from handlers.email.answerable import is_answerable
from handlers.email.authentication import authenticated, sending_domain
from handlers.email.flood import Flood, source_of
from handlers.email.parse import ParsedMail, parse_mail
from handlers.email.rcpt import base_mailbox
from handlers.email.undeliverable import is_for_good
from handlers.links import IN_MAIL, Linked, Links, in_mail
from handlers.receipt import Receipt
from storage import StoreError

log = logging.getLogger("heed.smtp")

READ_S = 1.0
CHECK_S = 15.0
THREADS = 8
EXCERPT = 2_000
STOPPED = frozenset({"opted_out", "held"})
MACHINES_REPORTS = (MessageKind.BOUNCE, MessageKind.COMPLAINT)


Check = Callable[[ParsedMail, bytes, str, str], bool]
"""Whether the From domain really sent it, by the mail, its bytes, the peer and the envelope."""


class MailDesk:
    """Takes mails in.

    `trusted` are peers' IP addresses whose Authentication-Results count; with `trust_loopback`
    (the demo) whoever is on this machine is believed. `own` checks what no trusted peer has.
    `mailboxes` are our own, which nobody answers.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        clock: Callable[[], datetime],
        trusted: frozenset[str] = frozenset(),
        authserv_ids: frozenset[str] = frozenset(),
        trust_loopback: bool = False,
        loop_tag: str = "",
        links: Links | None = None,
        flood: Flood | None = None,
        own: Check | None = None,
        mailboxes: frozenset[str] = frozenset(),
    ) -> None:
        self._links = links
        self._flood = flood
        self._own = own
        self._mailboxes = mailboxes
        self._checkers = ThreadPoolExecutor(THREADS, thread_name_prefix="heed-mail-checker")
        self._desk = desk
        self._clock = clock
        self._trusted = trusted
        self._authserv_ids = authserv_ids
        self._trust_loopback = trust_loopback
        self._loop_tag = loop_tag
        # As many as the listener has threads, so that no mail waits for another one's reading.
        self._readers = ThreadPoolExecutor(THREADS, thread_name_prefix="heed-mail-reader")

    def receive(
        self,
        raw: bytes,
        mail_from: str,
        recipients: tuple[str, ...],
        peer: str,
        *,
        vouched: bool = False,
    ) -> Receipt:
        """Take one mail in; returns after the commit.

        `vouched`: who brought it saw DMARC pass for its From, and is to be believed.

        Raises:
            StoreUnavailable: nothing was kept.
        """
        now = self._clock()
        try:
            parsed = self._readers.submit(parse_mail, raw).result(READ_S)
        except TookTooLong:
            return self._desk.receive(
                self._unread(raw, mail_from, recipients, "took_too_long", now)
            )
        except Exception as error:  # noqa: BLE001 - whatever a mail does to a parser, it is kept
            unread = self._unread(raw, mail_from, recipients, type(error).__name__, now)
            return self._desk.receive(unread)
        trusted = self._believed(peer, parsed, raw, mail_from, vouched=vouched)
        message = self._message(parsed, raw, mail_from, recipients, now, trusted=trusted)
        if self._flood is None or message.assurance is not Assurance.UNVERIFIED:
            return self._desk.receive(message)
        return self._receive_unproved(message, raw, peer, self._flood)

    def _receive_unproved(
        self, message: InboundMessage, raw: bytes, peer: str, flood: Flood
    ) -> Receipt:
        """Counted by where it came from, so that forged mails cannot clear a list.

        That is the domain which a trusted MTA saw pass, whatever the From says, else the network.
        """
        now = message.received_at
        trusted = peer in self._trusted
        source = sending_domain(raw, peer_trusted=trusted, authserv_ids=self._authserv_ids)
        source = source or source_of(raw, peer, trusted=trusted)
        batch, over = flood.batch(source, now), flood.over(source, now)
        receipt = self._desk.receive(replace(message, batch=batch, over_limit=over))
        if receipt.outcome in STOPPED and not receipt.duplicate:
            with suppress(StoreError):  # it is committed: not to be sent again for a count
                flood.note(source, now, over)
            if over is Over.NEWS:
                log.warning("too many unproved stops from one source: heed revert %s", batch)
        return receipt

    def _message(
        self,
        mail: ParsedMail,
        raw: bytes,
        mail_from: str,
        recipients: tuple[str, ...],
        now: datetime,
        *,
        trusted: bool,
    ) -> InboundMessage:
        linked = self._linked(mail, recipients, now)
        address = linked.address if linked else self._person(mail, mail_from)
        kind = mail.kind
        if self._is_ours(mail):
            kind = MessageKind.AUTO_REPLY  # our own confirmation come back: never answered
        answerable = is_answerable(raw, mail_from, mailboxes=self._mailboxes, tag=self._loop_tag)
        return InboundMessage(
            provider="smtp",
            account="",
            event_id=_event_id(mail.message_id, raw),
            kind=kind if address is not None else MessageKind.UNREADABLE,
            address=address or _nobody(),
            recipient=base_mailbox(recipients[0]) if recipients else "",
            text=mail.text_to_read,
            received_at=now,
            assurance=_assurance(
                trusted=trusted and (linked is None or _same(mail.from_address, address)),
                linked=linked is not None,
            ),
            scope=linked.scope if linked else None,
            cut=mail.cut,
            undeliverable=linked is not None and is_for_good(mail, raw),
            unread=mail.error,
            in_reply_to=mail.in_reply_to,
            thread=MailThread(
                message_id=mail.message_id,
                references=mail.references,
                subject=mail.subject,
                # only the proved From is answered: an envelope sender elsewhere is nobody's word
                return_path=mail_from if _same(mail_from, address) else "",
                auto_suppress=not answerable,
            ),
            raw=raw,
        )

    def _linked(
        self, mail: ParsedMail, recipients: tuple[str, ...], now: datetime
    ) -> Linked | None:
        """Whom our own token names, in the mailbox it came to or the ids it answers."""
        if self._links is None:
            return None
        ids = [*mail.references.split(), mail.in_reply_to]
        reported = [mail.token] if mail.kind in MACHINES_REPORTS and mail.token else []
        for token in [*in_mail(recipients, ids), *reported]:
            if token and (found := self._links.open(token, IN_MAIL, now)) is not None:
                return found
        return None

    def _person(self, mail: ParsedMail, mail_from: str) -> Address | None:
        """Whom it is about: the bounced or complaining recipient, else who wrote."""
        if mail.kind in MACHINES_REPORTS:
            candidates = [mail.bounce_recipient or ""]
        else:
            candidates = [mail.from_address, mail_from]
        for candidate in candidates:
            try:
                return addresses.email(candidate)
            except addresses.AddressError:
                continue
        return None

    def _is_ours(self, mail: ParsedMail) -> bool:
        return bool(self._loop_tag) and hmac.compare_digest(
            mail.loop_tag.encode(), self._loop_tag.encode()
        )

    def _believed(
        self, peer: str, mail: ParsedMail, raw: bytes, mail_from: str, *, vouched: bool
    ) -> bool:
        if vouched:
            return not mail.duplicate_from
        if self._trust_loopback and _is_loopback(peer):
            return not mail.duplicate_from
        if peer in self._trusted or self._own is None:
            return authenticated(
                mail, raw, peer_trusted=peer in self._trusted, authserv_ids=self._authserv_ids
            )
        checked = self._checkers.submit(self._own, mail, raw, peer, mail_from)
        try:
            return checked.result(CHECK_S)
        except TookTooLong:
            return False  # recorded all the same, and not answered

    def _unread(
        self, raw: bytes, mail_from: str, recipients: tuple[str, ...], why: str, now: datetime
    ) -> InboundMessage:
        try:
            address = addresses.email(mail_from)
        except addresses.AddressError:
            address = _nobody()
        return InboundMessage(
            provider="smtp",
            account="",
            event_id=_event_id("", raw),
            kind=MessageKind.REPLY,
            address=address,
            recipient=base_mailbox(recipients[0]) if recipients else "",
            text=raw[:EXCERPT].decode("utf-8", "replace"),
            received_at=now,
            assurance=Assurance.UNVERIFIED,
            unread=why,
            raw=raw,
        )


def _assurance(*, trusted: bool, linked: bool) -> Assurance:
    if trusted:
        return Assurance.VERIFIED
    return Assurance.LINKED if linked else Assurance.UNVERIFIED


def _same(mail_from: str, address: Address | None) -> bool:
    try:
        return addresses.email(mail_from) == address
    except addresses.AddressError:
        return False


def _nobody() -> Address:
    """Where no usable address can be found; a person reads these."""
    return Address(channel=Channel.OTHER, value="mail:no-address")


def _event_id(message_id: str, raw: bytes) -> str:
    """The Message-ID and the body, since a careless client repeats ids over different words."""
    body = raw.partition(b"\r\n\r\n")[2] or raw
    return f"{message_id[:200]}:{hashlib.sha256(body).hexdigest()}"


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
