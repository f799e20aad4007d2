"""Mail over real sockets: taken only after the commit, cut before it is read, confirmed once."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.model import Address, Channel
from handlers.email.confirming import Offering
from handlers.email.note import Notes
from handlers.email.rcpt import Mailboxes
from handlers.email.receive import MailDesk
from handlers.email.settings import Relay
from handlers.email.smtp import SIZE_LIMIT, Listener
from handlers.email.speaker import MailSpeaker
from handlers.links import Links
from handlers.parts import operator_words, reader
from handlers.policy_file import PolicyFile
from handlers.worker import Worker
from storage import OutboxState, Store, StoreUnavailable
from tests.kit import MAIL_ANN, POLICY, Bench

TAG = "our-own-tag"
OURS = "optout@example.org"


class Sink:
    """A relay that takes everything and keeps it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.refuse = ""
        self.farewell = "221 bye"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append((envelope.mail_from or "", list(envelope.rcpt_tos), content))
        return "250 taken"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.farewell


@pytest.fixture
def sink() -> Iterator[tuple[Sink, Relay]]:
    handler = Sink()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, Relay(host="127.0.0.1", port=port, tls=False)
    finally:
        controller.stop()


@pytest.fixture
def door(at_desk: Bench) -> Iterator[Listener]:
    at_desk.desk._reader = reader(operator_words(PolicyFile()))  # the real reading
    listener = Listener(mail_desk(at_desk), Mailboxes(POLICY), "127.0.0.1", 0)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def mail_desk(at_desk: Bench, *, trust_loopback: bool = True) -> MailDesk:
    return MailDesk(at_desk.desk, clock=at_desk.clock, trust_loopback=trust_loopback, loop_tag=TAG)


def reply(text: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ann <ann@example.com>"
    message["To"] = OURS
    message["Subject"] = "Re: Spring sale"
    message["Message-ID"] = f"<{abs(hash((text, *headers.values())))}@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def send(door: Listener, message: EmailMessage, mail_from: str = "ann@example.com") -> None:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=10) as smtp:
        smtp.send_message(message, mail_from, [OURS])


def speaker(at_desk: Bench, relay: Relay | None) -> MailSpeaker:
    return MailSpeaker(
        relay,
        mailbox=OURS,
        company=lambda _sender: "Acme",
        people="people@example.com",
        loop_tag=TAG,
        clock=at_desk.clock,
        offers=Offering(Links(at_desk.store, POLICY), public_url="https://optout.example.com").of,
        note=Notes(at_desk.store, public_url="https://optout.example.com").of,
    )


def work(at_desk: Bench, relay: Relay | None) -> None:
    Worker(
        store=at_desk.store,
        desk=at_desk.desk,
        speakers={"smtp": speaker(at_desk, relay)},
        clock=at_desk.clock,
    ).step()


QUOTED = "\n\nOn Mon, 23 Nov 2026 at 10:00, Acme <news@example.org> wrote:\n> Unsubscribe here\n"


def test_a_reply_that_says_stop_is_confirmed_by_one_mail(
    at_desk: Bench, door: Listener, sink: tuple[Sink, Relay]
) -> None:
    relay, where = sink
    message = reply("Please take me off this list, thanks." + QUOTED)
    send(door, message)
    send(door, message)
    work(at_desk, where)
    work(at_desk, where)
    assert at_desk.kinds(MAIL_ANN)[0] == "opted_out"
    assert at_desk.history(MAIL_ANN)[0].words == "Please take me off this list, thanks."
    assert len(relay.taken) == 1
    mail_from, recipients, raw = relay.taken[0]
    confirmation = BytesParser(policy=default).parsebytes(raw)
    assert mail_from == "<>"
    assert recipients == ["ann@example.com"]
    assert confirmation["Auto-Submitted"] == "auto-replied"
    assert confirmation["In-Reply-To"] == message["Message-ID"]
    assert message["Message-ID"] in confirmation["References"]


def test_the_word_in_the_quoted_original_stops_nobody(at_desk: Bench, door: Listener) -> None:
    send(door, reply("Do you have it in blue?" + QUOTED))
    assert at_desk.holds(MAIL_ANN) == {}


def test_what_is_no_stop_is_forwarded_as_it_came(
    at_desk: Bench, door: Listener, sink: tuple[Sink, Relay]
) -> None:
    relay, where = sink
    send(door, reply("Do you have it in blue?" + QUOTED))
    work(at_desk, where)
    mail_from, recipients, raw = relay.taken[0]
    forwarded = BytesParser(policy=default).parsebytes(raw)
    original = next(
        part for part in forwarded.walk() if part.get_content_type() == "message/rfc822"
    )
    assert mail_from == "<>"
    assert recipients == ["people@example.com"]
    assert "in blue?" in original.as_string()


def test_an_unproved_sender_is_recorded_in_silence(at_desk: Bench) -> None:
    desk = mail_desk(at_desk, trust_loopback=False)
    at_desk.desk._reader = reader(operator_words(PolicyFile()))
    desk.receive(reply("unsubscribe me please").as_bytes(), "ann@example.com", (OURS,), "127.0.0.1")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}
    assert at_desk.answers(MAIL_ANN) == []


def test_an_out_of_office_mail_opts_nobody_out_and_is_not_answered(
    at_desk: Bench, door: Listener
) -> None:
    send(door, reply("I am away. To stop, write STOP.", Auto_Submitted="auto-replied"), "")
    assert at_desk.kinds(MAIL_ANN) == ["heard"]
    assert at_desk.history(MAIL_ANN)[0].facts["kind"] == "auto_reply"
    assert at_desk.outbox(MAIL_ANN) == []


def test_only_the_proved_sender_is_answered_not_an_envelope_elsewhere(
    at_desk: Bench, door: Listener, sink: tuple[Sink, Relay]
) -> None:
    relay, where = sink
    send(door, reply("please unsubscribe me"), "victim@example.net")
    work(at_desk, where)
    assert [recipients for _, recipients, _ in relay.taken] == [["ann@example.com"]]


def test_a_relay_that_says_goodbye_badly_was_given_the_mail_all_the_same(
    at_desk: Bench, door: Listener, sink: tuple[Sink, Relay]
) -> None:
    relay, where = sink
    relay.farewell = "421 4.3.2 going away"
    send(door, reply("please unsubscribe me"))
    for _ in range(3):
        work(at_desk, where)
        at_desk.clock.forward(minutes=1)
    assert len(relay.taken) == 1
    assert at_desk.outbox(MAIL_ANN)[0].state is OutboxState.SENT


def test_a_stop_in_one_very_long_line_is_taken(at_desk: Bench, door: Listener) -> None:
    long = b"From: ann@example.com\r\nMessage-ID: <long@example.com>\r\n\r\nplease unsubscribe me. "
    with closing(smtplib.SMTP("127.0.0.1", door.port, timeout=10)) as smtp:
        smtp.ehlo()
        smtp.mail("ann@example.com")
        smtp.rcpt(OURS)
        assert smtp.data(long + b"Kind regards and many thanks for your help. " * 200)[0] == 250
    assert "channel" in at_desk.holds(MAIL_ANN)


def test_a_mail_with_a_null_reverse_path_is_never_answered(at_desk: Bench, door: Listener) -> None:
    send(door, reply("stop"), "<>")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}
    assert at_desk.answers(MAIL_ANN) == []


def test_our_own_confirmation_come_back_is_a_loop_and_ends_here(
    at_desk: Bench, door: Listener
) -> None:
    send(door, reply("stop", X_Heed_Loop=TAG))
    assert at_desk.kinds(MAIL_ANN) == ["heard"]
    assert at_desk.outbox(MAIL_ANN) == []


def test_a_database_that_is_away_makes_the_mail_wait_at_its_sender(
    at_desk: Bench, door: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", away)
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            send(door, reply("stop"))
    assert refusal.value.smtp_code == 451
    assert b"gone" not in refusal.value.smtp_error
    send(door, reply("stop"))
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}


def test_a_mail_that_nobody_can_read_is_kept_for_a_person(
    at_desk: Bench, door: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_raw: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr("handlers.email.receive.parse_mail", break_down)
    send(door, reply("stop"))
    assert at_desk.holds(MAIL_ANN) == {"channel": "held"}
    forwarded = at_desk.outbox(MAIL_ANN)
    assert {item.kind for item in forwarded} == {"forward", "review_card"}


def test_a_mail_that_takes_too_long_is_kept_for_a_person(
    at_desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    hang = threading.Event()
    monkeypatch.setattr("handlers.email.receive.READ_S", 0.01)
    monkeypatch.setattr("handlers.email.receive.parse_mail", lambda _raw: hang.wait(10))
    try:
        mail_desk(at_desk).receive(
            reply("stop").as_bytes(), "ann@example.com", (OURS,), "127.0.0.1"
        )
    finally:
        hang.set()
    assert at_desk.holds(MAIL_ANN) == {"channel": "held"}


def test_a_mail_over_25_megabytes_is_refused_by_its_size(door: Listener) -> None:
    with closing(smtplib.SMTP("127.0.0.1", door.port, timeout=10)) as smtp:
        smtp.ehlo()
        code, _ = smtp.mail("ann@example.com", [f"SIZE={SIZE_LIMIT + 1}"])
        assert code == 552


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"\xff\xfe\x00", b"From: \r\n\r\nstop", b"From ann\r\n"]
)
def test_bytes_that_are_hardly_a_mail_are_taken_and_kept(
    at_desk: Bench, door: Listener, raw: bytes
) -> None:
    with closing(smtplib.SMTP("127.0.0.1", door.port, timeout=10)) as smtp:
        smtp.ehlo()
        smtp.mail("")
        smtp.rcpt(OURS)
        code, _ = smtp.data(raw)
        assert code == 250
    nobody = Address(channel=Channel.OTHER, value="mail:no-address")
    assert at_desk.kinds(nobody) == ["heard"]
    assert at_desk.outbox(nobody) != []


ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r"]


@pytest.mark.parametrize("ending", ENDINGS, ids=[repr(ending) for ending in ENDINGS])
def test_no_second_mail_can_be_smuggled_inside_the_first(
    at_desk: Bench, door: Listener, ending: bytes
) -> None:
    smuggled = (
        b"MAIL FROM:<eve@example.com>\r\nRCPT TO:<optout@example.org>\r\nDATA\r\n"
        b"From: eve@example.com\r\n\r\nstop\r\n"
    )
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        stream = line.makefile("rb")
        stream.readline()
        line.sendall(b"EHLO example.com\r\n")
        while not stream.readline().startswith(b"250 "):
            pass
        for command in (b"MAIL FROM:<ann@example.com>", b"RCPT TO:<optout@example.org>", b"DATA"):
            line.sendall(command + b"\r\n")
            stream.readline()
        line.sendall(b"From: ann@example.com\r\n\r\nhello" + ending + smuggled + b"\r\n.\r\n")
        assert stream.readline()[:1] in (b"2", b"5")  # taken as one mail, or refused whole
    eve = Address(channel=Channel.EMAIL, value="eve@example.com")
    assert at_desk.kinds(eve) == []


def test_an_unknown_mailbox_is_refused_before_the_mail(at_desk: Bench) -> None:
    from dataclasses import replace

    from bot.policy import Sender, sender_key

    sender = Sender(id=OURS, channel=Channel.EMAIL, program="default")
    policy = replace(POLICY, senders={sender_key(Channel.EMAIL, OURS): sender})
    listener = Listener(mail_desk(at_desk), Mailboxes(policy), "127.0.0.1", 0)
    listener.start()
    try:
        with closing(smtplib.SMTP("127.0.0.1", listener.port, timeout=10)) as smtp:
            smtp.ehlo()
            smtp.mail("ann@example.com")
            assert smtp.rcpt("boss@example.org")[0] == 550
            assert smtp.rcpt("OptOut+token@Example.org")[0] == 250
    finally:
        listener.stop()


def test_a_hundred_recipients_are_enough(door: Listener) -> None:
    with closing(smtplib.SMTP("127.0.0.1", door.port, timeout=10)) as smtp:
        smtp.ehlo()
        smtp.mail("ann@example.com")
        codes = [smtp.rcpt(f"optout+{number}@example.org")[0] for number in range(101)]
        assert codes[:100] == [250] * 100
        assert codes[100] == 452


def test_a_relay_that_refuses_for_good_parks_the_mail(
    at_desk: Bench, door: Listener, sink: tuple[Sink, Relay]
) -> None:
    relay, where = sink
    relay.refuse = "550 5.7.1 no"
    send(door, reply("stop"))
    work(at_desk, where)
    assert at_desk.outbox(MAIL_ANN)[0].state is OutboxState.PARKED
    assert at_desk.outbox(MAIL_ANN)[0].error == "smtp_550"


def test_a_relay_that_is_not_there_is_tried_again(at_desk: Bench, door: Listener) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = Relay(host="127.0.0.1", port=taken.getsockname()[1], tls=False)
        send(door, reply("stop"))
        work(at_desk, nobody)
    assert at_desk.outbox(MAIL_ANN)[0].state is OutboxState.PENDING
