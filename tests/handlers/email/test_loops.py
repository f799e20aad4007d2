"""No answer of ours ever meets a robot twice, and nobody gets two within a week."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from bot.model import Address, Channel
from handlers.email.house import mail_desk
from handlers.email.speaker import MailSpeaker
from handlers.serve import speakers
from storage import OutboxItem
from tests.handlers.web_kit import Site, site
from tests.kit import MAIL_ANN, mail

OURS = "news@example.org"
POLICY = """
company = "Acme"

[[senders]]
id = "{mailbox}"
channel = "email"
"""
STOP = "please unsubscribe me from this list"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, policy=POLICY.format(mailbox=OURS)) as joined:
        yield joined


def answers(desk: Site, who: Address = MAIL_ANN) -> list[OutboxItem]:
    return [item for item in desk.bench.outbox(who) if not item.repeatable]


def raw(words: str = STOP, number: int = 1, sender: str = MAIL_ANN.value, **more: str) -> bytes:
    given = {"From": sender, "To": OURS, "Subject": "Re: Sale", "Message-ID": f"<{number}@e>"}
    lines = [f"{name.replace('_', '-')}: {text}" for name, text in {**given, **more}.items()]
    return ("\r\n".join(lines) + f"\r\n\r\n{words}\r\n").encode()


def hears(desk: Site, message: bytes, mail_from: str = MAIL_ANN.value) -> str:
    """A mail whose sender somebody vouches for."""
    post = mail_desk(desk.parts)
    return post.receive(message, mail_from, (OURS,), "192.0.2.1", vouched=True).outcome


def sent(desk: Site, item: OutboxItem) -> bytes:
    speaker = speakers(desk.parts)["smtp"]
    assert isinstance(speaker, MailSpeaker)
    return speaker.compose(item)[0]


def test_a_plain_stop_is_answered(desk: Site) -> None:
    assert hears(desk, raw()) == "opted_out"
    assert len(answers(desk)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"List_Id": "<club.example.com>"},
        {"List_Post": "<mailto:club@example.com>"},
        {"List_Unsubscribe": "<mailto:club-leave@example.com>"},
        {"Precedence": "bulk"},
        {"Precedence": "List"},
        {"Precedence": "junk"},
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
        {"X_Apple_Unsubscribe": "true", "Auto_Submitted": "auto-replied"},
        {"X_Auto_Response_Suppress": "All"},
    ],
    ids=str,
)
def test_a_stop_by_a_list_or_with_a_wish_for_silence_counts_and_is_not_answered(
    desk: Site, more: dict[str, str]
) -> None:
    hears(desk, raw(STOP, 1, MAIL_ANN.value, **more))
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
    assert answers(desk) == []


@pytest.mark.parametrize(
    "mail_from",
    ["", "owner-club@example.com", "club-request@example.com", "noreply@example.com", OURS,
     "news+token@example.org", "MAILER-DAEMON@example.com"],
)  # fmt: skip
def test_an_envelope_of_a_robot_or_of_our_own_is_not_answered(desk: Site, mail_from: str) -> None:
    hears(desk, raw(), mail_from)
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
    assert answers(desk) == []


def test_a_mail_of_too_many_hops_is_not_answered(desk: Site) -> None:
    hears(desk, b"Received: from a by b\r\n" * 51 + raw())
    assert answers(desk) == []


def test_at_most_one_answer_within_seven_days_to_an_address_from_a_list(desk: Site) -> None:
    hears(desk, raw())
    desk.bench.clock.forward(hours=1)
    hears(desk, raw("start", 2))
    assert desk.bench.holds(MAIL_ANN) == {}
    desk.bench.clock.forward(days=6)
    assert hears(desk, raw(number=3)) == "opted_out"
    assert len(answers(desk)) == 1
    hears(desk, raw("start", 4))
    desk.bench.clock.forward(days=1, hours=1)
    assert hears(desk, raw(number=5)) == "opted_out"
    assert len(answers(desk)) == 2


def test_another_list_answers_for_itself(desk: Site) -> None:
    desk.bench.hears(mail(STOP, recipient="one@example.org"))
    desk.bench.hears(mail("start", recipient="one@example.org"))
    desk.bench.hears(mail(STOP, recipient="two@example.org"))
    assert [item.sender for item in answers(desk)].count("two@example.org") == 1


def test_two_heeds_that_write_to_each_other_fall_silent_at_once(tmp_path: Path) -> None:
    """The first mail claims to be from the other's mailbox; only one answer is ever written."""
    other_box = "stop@example.net"
    with ExitStack() as stack:
        first_home, second_home = tmp_path / "a", tmp_path / "b"
        first_home.mkdir()
        second_home.mkdir()
        first = stack.enter_context(site(first_home, policy=POLICY.format(mailbox=OURS)))
        second = stack.enter_context(site(second_home, policy=POLICY.format(mailbox=other_box)))
        other = Address(channel=Channel.EMAIL, value=other_box)
        ours = Address(channel=Channel.EMAIL, value=OURS)
        hears(first, raw(sender=other_box), other_box)
        (answer,) = answers(first, other)
        written = sent(first, answer)
        for mail_from in ("", OURS):  # as it leaves us, and as a careless relay rewrites it
            post = mail_desk(second.parts)
            post.receive(written, mail_from, (other_box,), "192.0.2.1", vouched=True)
        assert answers(second, ours) == []
        assert second.bench.holds(ours) == {}


@pytest.mark.parametrize("marked", [True, False])
def test_a_vacation_responder_gets_no_second_answer(desk: Site, *, marked: bool) -> None:
    """Also one that marks nothing and quotes all of what it answers."""
    hears(desk, raw())
    written = message_from_bytes(sent(desk, answers(desk)[0]), policy=default)
    body = written.get_body(("plain",))
    assert body is not None
    for number in range(2, 8):
        more = {"Auto_Submitted": "auto-replied"} if marked else {}
        quoted = "\n".join(f"> {line}" for line in str(body.get_content()).splitlines())
        words = f"I am on holiday until Monday.\n\nOn Wed, Acme wrote:\n{quoted}"
        hears(desk, raw(words, number, In_Reply_To=str(written["Message-ID"]), **more))
        desk.bench.clock.forward(minutes=5)
    assert len(answers(desk)) == 1


def test_a_mailing_list_that_returns_our_answer_hears_nothing(desk: Site) -> None:
    hears(desk, raw())
    written = sent(desk, answers(desk)[0])
    returned = b"List-Id: <club.example.com>\r\nPrecedence: list\r\n" + written
    for mail_from in ("", "owner-club@example.com", MAIL_ANN.value):
        hears(desk, returned, mail_from)
    assert len(answers(desk)) == 1
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
