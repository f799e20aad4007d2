"""Whose a mail is: our own token before whatever the mail says of itself."""

from __future__ import annotations

import pytest

from bot.model import Address, Channel
from bot.policy import Policy
from bot.tokens import Purpose
from handlers.email.receive import MailDesk
from handlers.links import Links
from tests.kit import MAIL_ANN, Bench

BOB = Address(channel=Channel.EMAIL, value="bob@example.com")


def mail_desk(at_desk: Bench) -> tuple[MailDesk, Links]:
    links = Links(at_desk.store, Policy(company="Acme"))
    return MailDesk(at_desk.desk, clock=at_desk.clock, loop_tag="tag", links=links), links


def token(at_desk: Bench, links: Links, purpose: Purpose) -> str:
    return links.make(purpose, MAIL_ANN, "", at_desk.clock())


def raw(body: str = "stop", **headers: str) -> bytes:
    given = {"From": "bob@example.com", "To": "news@example.com", "Subject": "Re: Sale", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return ("\r\n".join(lines) + f"\r\n\r\n{body}\r\n").encode()


@pytest.mark.parametrize("upper", [False, True])
def test_a_reply_to_our_mailbox_is_the_tokens_persons(at_desk: Bench, *, upper: bool) -> None:
    desk, links = mail_desk(at_desk)
    made = token(at_desk, links, Purpose.MAILTO)
    to = f"news+{made.upper() if upper else made}@example.com"
    desk.receive(raw(To=to), "bob@example.com", (to,), "192.0.2.1")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}
    assert at_desk.holds(BOB) == {}


def test_a_reply_is_known_by_the_message_that_it_answers(at_desk: Bench) -> None:
    desk, links = mail_desk(at_desk)
    ours = f"<h.{token(at_desk, links, Purpose.MESSAGE_ID)}@news.example.com>"
    mail = raw(References=f"<a@example.org> {ours} <b@example.org>", In_Reply_To="<b@example.org>")
    desk.receive(mail, "bob@example.com", ("news@example.com",), "192.0.2.1")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}


def test_a_token_alone_lifts_nothing(at_desk: Bench) -> None:
    desk, links = mail_desk(at_desk)
    to = f"news+{token(at_desk, links, Purpose.MAILTO)}@example.com"
    desk.receive(raw(To=to), "bob@example.com", (to,), "192.0.2.1")
    at_desk.clock.forward(minutes=1)
    desk.receive(raw("start", To=to), "bob@example.com", (to,), "192.0.2.1")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}


@pytest.mark.parametrize("wrong", ["a" * 50, "x", "", "ä", "-" * 64])
def test_a_made_up_token_is_none(at_desk: Bench, wrong: str) -> None:
    desk, _ = mail_desk(at_desk)
    to = f"news+{wrong}@example.com"
    desk.receive(raw(), "bob@example.com", (to,), "192.0.2.1")
    assert at_desk.holds(BOB) == {"channel": "stopped"}


def test_a_link_of_the_web_is_no_mailbox(at_desk: Bench) -> None:
    desk, links = mail_desk(at_desk)
    to = f"news+{token(at_desk, links, Purpose.HTTPS)}@example.com"
    desk.receive(raw(), "bob@example.com", (to,), "192.0.2.1")
    assert at_desk.holds(MAIL_ANN) == {}
