"""A real Postfix hands mails over, and keeps them while Heed cannot take them."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable

import pytest

from bot.model import Inbound
from handlers.email.rcpt import Mailboxes
from handlers.email.receive import MailDesk
from handlers.email.smtp import Listener
from handlers.receipt import Receipt
from storage import StoreUnavailable
from tests.handlers.email.postfix import Postfix, postfix
from tests.kit import MAIL_ANN, POLICY, Bench

MAIL = b"From: ann@example.com\r\nTo: news@example.com\r\nSubject: Re: Sale\r\n\r\nstop\r\n"
PATIENCE_S = 30


class Watched:
    """The desk's `receive`, with a gate that can be shut and a signal for each mail."""

    def __init__(self, receive: Callable[[Inbound], Receipt]) -> None:
        self._receive = receive
        self.away = False
        self.tried = threading.Semaphore(0)

    def __call__(self, inbound: Inbound) -> Receipt:
        try:
            if self.away:
                raise StoreUnavailable("away")
            return self._receive(inbound)
        finally:
            self.tried.release()

    def wait(self) -> None:
        assert self.tried.acquire(timeout=PATIENCE_S)


def send(own: Postfix, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", own.port, timeout=PATIENCE_S) as smtp:
        smtp.sendmail("ann@example.com", recipients, MAIL)


def settled(own: Postfix, queue: list[str]) -> bool:
    """Postfix moves a mail a moment after it has our answer."""
    return any(own.queue() == queue for _ in range(200))


@pytest.mark.xdist_group("postfix")
def test_postfix_keeps_a_mail_while_we_are_away_and_then_delivers_it(
    at_desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(at_desk.desk.receive)
    monkeypatch.setattr(at_desk.desk, "receive", watched)
    desk = MailDesk(at_desk.desk, clock=at_desk.clock, trust_loopback=True, loop_tag="tag")
    door = Listener(desk, Mailboxes(POLICY), "127.0.0.1", 0, lmtp=True)
    door.start()
    try:
        with postfix(door.port) as own:
            watched.away = True
            send(own, "news@example.com")
            watched.wait()
            assert settled(own, ["deferred"])
            assert at_desk.kinds(MAIL_ANN) == []

            watched.away = False
            own.flush()
            watched.wait()
            assert settled(own, [])
            assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}

            send(own, "news+a-token@example.com", "offers@example.com")
            watched.wait()
            watched.wait()
            assert settled(own, [])
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                send(own, "somebody@elsewhere.example.org")
    finally:
        door.stop()
