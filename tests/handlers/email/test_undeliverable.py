"""An address that bounces for good is left alone, nobody has opted out, and it ends by itself."""

from __future__ import annotations

import pytest

from bot.model import Channel
from bot.policy import Policy, TopicKind
from bot.policy import Topic as PolicyTopic
from bot.tokens import Purpose
from bot.verdict import verdict
from handlers.email.receive import MailDesk
from handlers.links import Links
from tests.kit import MAIL_ANN, Bench

BOUNCE = """\
From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{number}@mx.example.org>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

The mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ann@example.com
Action: {action}
Status: {status}

--b
Content-Type: message/rfc822

From: news@example.com
To: ann@example.com
Subject: Sale
{headers}
To unsubscribe click here

--b--
"""


class Post:
    def __init__(self, at_desk: Bench) -> None:
        self.bench = at_desk
        self.links = Links(at_desk.store, Policy(company="Acme"))
        self.desk = MailDesk(at_desk.desk, clock=at_desk.clock, links=self.links)

    def mailbox(self, purpose: Purpose = Purpose.VERP) -> str:
        made = self.links.make(purpose, MAIL_ANN, "", self.bench.clock())
        return f"news+{made}@example.com"

    def bounces(
        self, to: str, *, action: str = "failed", status: str = "5.1.1", headers: str = ""
    ) -> str:
        text = BOUNCE.format(to=to, action=action, status=status, headers=headers, number=id(to))
        raw = text.replace("\n", "\r\n").encode()
        return self.desk.receive(raw, "", (to,), "192.0.2.1").outcome

    def writes(self, text: str) -> None:
        raw = f"From: ann@example.com\r\nTo: news@example.com\r\nSubject: hi\r\n\r\n{text}\r\n"
        self.desk.receive(raw.encode(), "ann@example.com", ("news@example.com",), "192.0.2.1")


def allowed(at_desk: Bench, kind: TopicKind) -> bool:
    own = at_desk.store.read(
        lambda session: session.suppressions(at_desk.addr(MAIL_ANN), at_desk.clock())
    )
    topic = PolicyTopic(name="t", title="t", kind=kind)
    return verdict(own, [], topic, None, at_desk.clock(), channel=Channel.EMAIL).allowed


def test_a_bounce_for_good_marks_the_address_and_opts_nobody_out(at_desk: Bench) -> None:
    post = Post(at_desk)
    assert post.bounces(post.mailbox()) == "undeliverable"
    assert at_desk.kinds(MAIL_ANN) == ["undeliverable"]
    assert at_desk.holds(MAIL_ANN) == {"channel": "undeliverable"}
    assert not allowed(at_desk, TopicKind.MARKETING)
    assert allowed(at_desk, TopicKind.TRANSACTIONAL)


def test_a_bounce_is_known_by_the_mail_that_it_returns(at_desk: Bench) -> None:
    post = Post(at_desk)
    ours = post.mailbox(Purpose.MAILTO)
    headers = f"List-Unsubscribe: <mailto:{ours}>\n"
    assert post.bounces("news@example.com", headers=headers) == "undeliverable"


@pytest.mark.parametrize(
    ("action", "status"),
    [("delayed", "4.4.1"), ("failed", "4.2.2"), ("failed", "5.7.1"), ("failed", "5.7.26")],
)
def test_a_delay_and_a_refusal_of_the_sender_are_only_counted(
    at_desk: Bench, action: str, status: str
) -> None:
    post = Post(at_desk)
    assert post.bounces(post.mailbox(), action=action, status=status) == "bounce"
    assert at_desk.holds(MAIL_ANN) == {}
    assert at_desk.kinds(MAIL_ANN) == ["heard"]


def test_a_bounce_that_anybody_may_have_made_up_marks_nobody(at_desk: Bench) -> None:
    post = Post(at_desk)
    assert post.bounces("news@example.com") == "bounce"
    assert post.bounces("news+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com") == "bounce"
    assert at_desk.holds(MAIL_ANN) == {}


@pytest.mark.parametrize("text", ["When do you open?", "start"])
def test_it_ends_when_the_person_writes(at_desk: Bench, text: str) -> None:
    post = Post(at_desk)
    post.bounces(post.mailbox())
    post.writes(text)
    assert at_desk.holds(MAIL_ANN) == {}
    assert at_desk.history(MAIL_ANN)[1].facts["reached_again"] is True


def test_it_neither_weakens_nor_outlives_a_stop(at_desk: Bench) -> None:
    post = Post(at_desk)
    post.bounces(post.mailbox())
    post.writes("stop")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}
    post.bounces(post.mailbox())
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}
    post.writes("When do you open?")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}
