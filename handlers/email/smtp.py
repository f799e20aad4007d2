"""The SMTP and LMTP listeners. `250` is said only after the desk's commit; anything else is `451`.

aiosmtpd answers an uncaught exception with a permanent 500 and the exception's text; here every
hook is guarded, so that a mail waits at its sender while the database is away.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from handlers.email.rcpt import Mailboxes
from handlers.email.receive import THREADS, MailDesk

log = logging.getLogger("heed.smtp")

SIZE_LIMIT = 25_000_000
RCPT_LIMIT = 100
LINE_LIMIT = 1_000_000
IDLE_S = 60.0
COMMANDS = 1_000

UNIX_PEER = "unix"  # who comes over a Unix socket has no address
_FIRST_S = 5.0

LATER = "451 4.3.0 cannot take it now, try again later"
TAKEN = "250 2.6.0 taken"


class Handler:
    """aiosmtpd's hooks. The work is done in threads: the event loop never waits for the desk."""

    def __init__(self, desk: MailDesk, mailboxes: Mailboxes, threads: ThreadPoolExecutor) -> None:
        self._desk = desk
        self._mailboxes = mailboxes
        self._threads = threads

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Refuse unknown mailboxes here, never by a later bounce."""
        del server, session
        if len(envelope.rcpt_tos) >= RCPT_LIMIT:
            return "452 4.5.3 too many recipients"
        if not self._mailboxes.known(address):
            return "550 5.1.1 no such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        # LMTP is answered for each recipient (RFC 2033 4.2); all of them share one fate here
        answers = len(envelope.rcpt_tos) if isinstance(server, LMTP) else 1
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        peer = session.peer[0] if session.peer else UNIX_PEER
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._threads,
                self._desk.receive,
                raw,
                (envelope.mail_from or "").removeprefix("<>"),  # aiosmtpd's null reverse path
                tuple(envelope.rcpt_tos),
                str(peer),
            )
        except Exception as error:  # noqa: BLE001 - the outermost edge says "later"
            log.error("mail not taken: %s", type(error).__name__)  # noqa: TRY400 - may quote mail
            return _repeated(LATER, answers)
        return _repeated(TAKEN, answers)

    async def handle_exception(self, error: Exception) -> str:
        log.error("smtp error: %s", type(error).__name__)
        return LATER


def _repeated(answer: str, times: int) -> str:
    return "\r\n".join([answer] * max(times, 1))


class _Protocol(SMTP):
    """Takes the long lines of careless clients: refused for good, somebody's stop would bounce."""

    line_length_limit = LINE_LIMIT


class _LocalProtocol(LMTP):
    """The same for LMTP."""

    line_length_limit = LINE_LIMIT


class _Controller(Controller):
    """Listens on a socket that is bound already, so that port 0 can be any free one."""

    def __init__(
        self, handler: Handler, door: socket.socket, protocol: type[SMTP], **options: Any
    ) -> None:
        self._door = door
        self._protocol = protocol
        super().__init__(handler, hostname="127.0.0.1", port=1, **options)

    def factory(self) -> SMTP:
        return self._protocol(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._door)

    def _trigger_server(self) -> None:
        """Aiosmtpd makes sure that a first client is served, whatever the socket's family."""
        with socket.socket(self._door.family) as client:
            client.settimeout(_FIRST_S)
            client.connect(self._door.getsockname())
            client.recv(1)


class Listener:
    """SMTP, or LMTP, on `host:port`; port 0 takes a free one, which `port` then tells.

    A host that begins with `/` is the path of a Unix socket, for whoever is of our group. With
    `tls`, STARTTLS is offered.

    Raises:
        OSError: the port is taken, or may not be used.
    """

    def __init__(
        self,
        desk: MailDesk,
        mailboxes: Mailboxes,
        host: str,
        port: int,
        *,
        threads: int = THREADS,
        lmtp: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="heed-smtp")
        door = _unix_door(host) if host.startswith("/") else _door(host, port)
        name = door.getsockname()
        self.port: int = 0 if isinstance(name, str) else name[1]
        self._controller = _Controller(
            Handler(desk, mailboxes, self._threads),
            door,
            _LocalProtocol if lmtp else _Protocol,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            timeout=IDLE_S,
            command_call_limit={"*": COMMANDS},
            ident="Heed",
            tls_context=tls,
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        """Take no more; finish what is being taken."""
        self._controller.stop()
        self._threads.shutdown(wait=True)


def _door(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _unix_door(path: str) -> socket.socket:
    """A socket file in place of one that a killed process left; a living one is not taken over."""
    door = socket.socket(socket.AF_UNIX)
    try:
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(path)
    except OSError:
        Path(path).unlink(missing_ok=True)
    else:
        door.close()
        raise OSError(errno.EADDRINUSE, "another process listens on this socket")
    door.bind(path)
    Path(path).chmod(0o660)
    door.listen()
    return door
