"""Sends mail through the relay: confirmations to people, forwards to our own mailbox."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from bot.model import Json, MailThread, NoticeKind
from handlers.email.compose import Forwarded, confirmation_mail, forward_mail, forward_text
from handlers.email.confirming import Offers
from handlers.email.settings import Relay
from handlers.ports import OutcomeUnknown, SendError
from storage import OutboxItem

TIMEOUT_S = 10.0
PERMANENT = 500


class MailSpeaker:
    """`mailbox` is who speaks where the answered mail does not tell; `people` the human mailbox.

    `note` writes what stands above a message that is handed to people, `offers` the links of a
    confirmation.
    """

    def __init__(
        self,
        relay: Relay | None,
        *,
        mailbox: str,
        company: Callable[[str], str],
        people: str,
        loop_tag: str,
        clock: Callable[[], datetime],
        note: Callable[[OutboxItem, datetime], str],
        offers: Callable[[OutboxItem, datetime], Offers],
    ) -> None:
        self._relay = relay
        self._mailbox = mailbox
        self._company = company
        self._people = people
        self._loop_tag = loop_tag
        self._clock = clock
        self._note = note
        self._offers = offers

    def send(self, item: OutboxItem) -> str:
        """See `handlers.ports.Speaker`; the reference is the Message-ID."""
        mail, recipient, message_id = self.compose(item)
        if self._relay is None:
            raise SendError("HEED_SMTP_RELAY_URL_missing", permanent=True)
        _deliver(self._relay, mail, recipient)
        return message_id

    def compose(self, item: OutboxItem) -> tuple[bytes, str, str]:
        """The mail, its one recipient and its Message-ID, without sending it."""
        sender = item.sender if "@" in item.sender else self._mailbox
        if item.kind == NoticeKind.FORWARD and not self._people:
            raise SendError("HEED_HUMAN_MAILBOX_missing", permanent=True)
        if not sender and item.kind == NoticeKind.FORWARD:
            sender = self._people  # no mailbox of ours speaks on that channel
        if not sender:
            raise SendError("HEED_MAIL_FROM_missing", permanent=True)
        message_id = f"<{item.id}@{sender.rpartition('@')[2]}>"
        now = self._clock()
        if item.kind == NoticeKind.FORWARD:
            return self._forward(item, sender, message_id, now), self._people, message_id
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        thread = _thread(item.payload)
        recipient = thread.return_path or item.address.value
        mail = confirmation_mail(
            text=str(item.payload["text"]),
            subject_of=thread,
            sender=sender,
            sender_name=self._company(item.sender),
            recipient=recipient,
            lang=str(item.payload.get("lang", "")),
            message_id=message_id,
            loop_tag=self._loop_tag,
            date=now,
            offers=self._offers(item, now),
        )
        return mail, recipient, message_id

    def _forward(self, item: OutboxItem, sender: str, message_id: str, now: datetime) -> bytes:
        """To our own people: in ASCII wherever theirs is, so that any relay takes it."""
        about = Forwarded(
            sender=sender if sender.isascii() or not self._mailbox else self._mailbox,
            recipient=self._people,
            reason=str(item.payload.get("cause", "")),
            note=self._note(item, now),
            message_id=message_id,
            date=now,
        )
        if item.raw is not None:
            return forward_mail(item.raw, about)
        return forward_text(
            str(item.payload.get("text", "")),
            about,
            who=item.address.value if item.address else "",
            channel=str(item.address.channel) if item.address else "",
        )


def _thread(payload: Mapping[str, Json]) -> MailThread:
    """The mail that it answers; without one, a mail of its own under our subject."""
    answered = payload.get("thread")
    fields = answered if isinstance(answered, dict) else {}
    return MailThread(
        message_id=str(fields.get("message_id", "")),
        references=str(fields.get("references", "")),
        subject=str(fields.get("subject", "") or payload.get("subject", "")),
        return_path=str(fields.get("return_path", "")),
    )


def _deliver(relay: Relay, mail: bytes, recipient: str) -> None:
    """Null reverse path always: nothing that we send may come back as a bounce (RFC 3834 3.3).

    Raises:
        SendError: refused before the mail was handed over.
        OutcomeUnknown: the connection broke after it was handed over, before the answer.
    """
    handed_over = False
    smtp = None
    try:
        smtp = _connect(relay)
        head = mail.partition(b"\r\n\r\n")[0]
        options = ["SMTPUTF8"] if not (recipient.isascii() and head.isascii()) else []
        if options and not smtp.has_extn("smtputf8"):  # RFC 6531 3.2: not to a server without it
            raise SendError("smtputf8_missing", permanent=False)
        _expect(smtp.mail("", options))
        _expect(smtp.rcpt(recipient))
        handed_over = True
        _expect(smtp.data(mail))
    except smtplib.SMTPResponseException as refusal:
        permanent = refusal.smtp_code >= PERMANENT
        raise SendError(f"smtp_{refusal.smtp_code}", permanent=permanent) from None
    except (smtplib.SMTPException, OSError) as error:
        if handed_over:
            raise OutcomeUnknown(type(error).__name__) from None
        raise SendError(type(error).__name__, permanent=False) from None
    else:
        with suppress(smtplib.SMTPException, OSError):  # it is sent, whatever the farewell
            smtp.quit()
    finally:
        if smtp is not None:
            smtp.close()


def _connect(relay: Relay) -> smtplib.SMTP:
    if relay.tls:
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            relay.host, relay.port, timeout=TIMEOUT_S, context=context
        )
    else:
        smtp = smtplib.SMTP(relay.host, relay.port, timeout=TIMEOUT_S)
    smtp.ehlo_or_helo_if_needed()
    safe = relay.tls
    if not relay.tls and smtp.has_extn("starttls"):
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()
        safe = True
    if relay.user:
        if not safe and relay.host not in ("127.0.0.1", "::1", "localhost"):
            raise smtplib.SMTPNotSupportedError("no password over a line that anybody can read")
        smtp.login(relay.user, relay.password)
    return smtp


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:  # noqa: PLR2004 - SMTP's "done"
        raise smtplib.SMTPResponseException(code, text)
