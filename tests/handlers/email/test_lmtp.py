"""Behind a mail server over LMTP, by TCP or a Unix socket, and over STARTTLS."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from handlers.email.rcpt import Mailboxes
from handlers.email.receive import MailDesk
from handlers.email.settings import MailSettings, tls_context
from handlers.email.smtp import Listener
from handlers.settings import SettingsError, load_settings
from storage import StoreUnavailable
from tests.handlers.test_settings import production
from tests.kit import MAIL_ANN, POLICY, Bench

MAIL = b"From: ann@example.com\r\nTo: news@example.com\r\nSubject: Re: Sale\r\n\r\nstop\r\n"
TWO = ["news@example.com", "offers@example.com"]


def desk_of(at_desk: Bench) -> MailDesk:
    return MailDesk(at_desk.desk, clock=at_desk.clock, trust_loopback=True, loop_tag="tag")


@contextmanager
def listening(
    at_desk: Bench, host: str = "127.0.0.1", *, lmtp: bool = True, tls: ssl.SSLContext | None = None
) -> Iterator[Listener]:
    door = Listener(desk_of(at_desk), Mailboxes(POLICY), host, 0, lmtp=lmtp, tls=tls)
    door.start()
    try:
        yield door
    finally:
        door.stop()


def talk(stream: socket.socket, *lines: bytes) -> list[bytes]:
    """Send each and read until nothing more is expected; the answers' lines."""
    reader = stream.makefile("rb")
    answers = [reader.readline()]
    for line in lines:
        stream.sendall(line)
        while True:
            answer = reader.readline()
            answers.append(answer)
            if answer[3:4] != b"-":
                break
    return answers


def test_each_recipient_gets_an_answer_of_its_own(at_desk: Bench) -> None:
    with (
        listening(at_desk) as door,
        socket.create_connection(("127.0.0.1", door.port), timeout=10) as stream,
    ):
        talk(
            stream,
            b"LHLO mx.example.com\r\n",
            b"MAIL FROM:<ann@example.com>\r\n",
            b"RCPT TO:<news@example.com>\r\n",
            b"RCPT TO:<offers@example.com>\r\n",
            b"DATA\r\n",
        )
        stream.sendall(MAIL + b".\r\n")
        reader = stream.makefile("rb")
        assert [reader.readline()[:3] for _ in TWO] == [b"250", b"250"]
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}


def test_while_the_database_is_away_every_recipient_is_asked_to_wait(
    at_desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_inbound: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(at_desk.desk, "receive", away)
    with (
        listening(at_desk) as door,
        smtplib.LMTP("127.0.0.1", door.port) as lmtp,
        pytest.raises(smtplib.SMTPDataError) as later,
    ):
        lmtp.sendmail("ann@example.com", TWO[:1], MAIL)
    assert later.value.smtp_code == 451


def test_over_a_unix_socket(at_desk: Bench, tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with listening(at_desk, str(path)), smtplib.LMTP(str(path)) as lmtp:
        assert lmtp.sendmail("ann@example.com", TWO[:1], MAIL) == {}
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}


def test_a_socket_that_a_killed_process_left_is_replaced_and_a_living_one_is_not(
    at_desk: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "lmtp"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with listening(at_desk, str(path)):
        assert path.stat().st_mode & 0o777 == 0o660
        with pytest.raises(OSError, match="listens"), listening(at_desk, str(path)):
            pass
        with smtplib.LMTP(str(path)) as lmtp:  # the living one goes on
            assert lmtp.noop()[0] == 250


def test_lmtp_is_no_smtp(at_desk: Bench) -> None:
    with (
        listening(at_desk) as door,
        socket.create_connection(("127.0.0.1", door.port), timeout=10) as stream,
    ):
        assert talk(stream, b"EHLO mx.example.com\r\n")[-1][:1] == b"5"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=datetime(2020, 1, 1, tzinfo=UTC),
        not_valid_after=datetime(2100, 1, 1, tzinfo=UTC),
    )
    signed = builder.sign(key, SHA256())
    (folder / "cert").write_bytes(signed.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key").write_bytes(secret)
    return folder


def settings_of(folder: Path) -> MailSettings:
    return MailSettings(smtp_tls_cert=folder / "cert", smtp_tls_key=folder / "key")


def test_starttls_is_offered_where_there_is_a_certificate(
    at_desk: Bench, certificate: Path
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate / "cert"))
    trusting.check_hostname = False
    with (
        listening(at_desk, lmtp=False, tls=tls_context(settings_of(certificate))) as door,
        smtplib.SMTP("127.0.0.1", door.port) as smtp,
    ):
        smtp.starttls(context=trusting)
        smtp.sendmail("ann@example.com", TWO[:1], MAIL)
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}


def test_what_is_sent_before_the_handshake_is_never_taken_for_what_comes_after(
    at_desk: Bench, certificate: Path
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate / "cert"))
    trusting.check_hostname = False
    with (
        listening(at_desk, lmtp=False, tls=tls_context(settings_of(certificate))) as door,
        socket.create_connection(("127.0.0.1", door.port), timeout=10) as stream,
    ):
        talk(stream, b"EHLO mx.example.com\r\n")
        stream.sendall(b"STARTTLS\r\nMAIL FROM:<injected@example.com>\r\n")
        assert stream.recv(100)[:3] == b"220"
        try:
            with trusting.wrap_socket(stream) as safe:
                safe.sendall(b"EHLO mx.example.com\r\nMAIL FROM:<ann@example.com>\r\n")
                said = safe.recv(4096) + safe.recv(4096)
                assert b"503" not in said  # no sender stood there before ours
        except (ssl.SSLError, ConnectionError):
            pass  # refusing the whole connection is as good


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="HEED_SMTP_TLS_CERT"):
        tls_context(settings_of(tmp_path))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("127.0.0.1:24", ("127.0.0.1", 24)), ("/run/heed/lmtp", ("/run/heed/lmtp", 0))],
)
def test_where_lmtp_listens(value: str, expected: tuple[str, int]) -> None:
    assert load_settings(production(HEED_LMTP_LISTEN=value)).lmtp_listen == expected


@pytest.mark.parametrize(
    "ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n\x00.\r\n"], ids=repr
)
def test_no_second_mail_is_smuggled_in_by_a_false_end(at_desk: Bench, ending: bytes) -> None:
    """What one server takes for the end of a mail and another does not (SMTP smuggling)."""
    inner = b"MAIL FROM:<bob@example.com>\r\nRCPT TO:<news@example.com>\r\nDATA\r\n"
    body = MAIL + b"x" + ending + inner + b"From: bob@example.com\r\n\r\nstop\r\n"
    with (
        listening(at_desk, lmtp=False) as door,
        socket.create_connection(("127.0.0.1", door.port), timeout=10) as stream,
    ):
        talk(
            stream,
            b"EHLO mx.example.com\r\n",
            b"MAIL FROM:<ann@example.com>\r\n",
            b"RCPT TO:<news@example.com>\r\n",
            b"DATA\r\n",
        )
        stream.sendall(body + b".\r\n")
        stream.makefile("rb").readline()
    bob = replace(MAIL_ANN, value="bob@example.com")
    assert at_desk.kinds(bob) == []
