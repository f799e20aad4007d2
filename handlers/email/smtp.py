"""The SMTP listener. `250` is said only after the desk's commit; anything else is `451`.

aiosmtpd answers an uncaught exception with a permanent 500 and the exception's text; here every
hook is guarded, so that a mail waits at its sender while the database is away.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from handlers.email.rcpt import Mailboxes
from handlers.email.receive import THREADS, MailDesk

log = logging.getLogger("heed.smtp")

SIZE_LIMIT = 25_000_000
RCPT_LIMIT = 100
LINE_LIMIT = 1_000_000
IDLE_S = 60.0
COMMANDS = 1_000

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
        del server
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        peer = session.peer[0] if session.peer else ""  # a Unix socket names none
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
            return LATER
        return TAKEN

    async def handle_exception(self, error: Exception) -> str:
        log.error("smtp error: %s", type(error).__name__)
        return LATER


class _Protocol(SMTP):
    """Takes the long lines of careless clients: refused for good, somebody's stop would bounce."""

    line_length_limit = LINE_LIMIT


class _Controller(Controller):
    """Listens on a socket that is bound already, so that port 0 can be any free one."""

    def __init__(self, handler: Handler, door: socket.socket, **options: Any) -> None:
        host, port = door.getsockname()[:2]
        super().__init__(handler, hostname=host, port=port, **options)
        self._door = door

    def factory(self) -> SMTP:
        return _Protocol(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._door)


class Listener:
    """SMTP on `host:port`; port 0 takes a free one, which `port` then tells.

    Raises:
        OSError: the port is taken, or may not be used.
    """

    def __init__(
        self, desk: MailDesk, mailboxes: Mailboxes, host: str, port: int, *, threads: int = THREADS
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="heed-smtp")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        door = socket.create_server((host, port), family=family)
        self.port: int = door.getsockname()[1]
        self._controller = _Controller(
            Handler(desk, mailboxes, self._threads),
            door,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            timeout=IDLE_S,
            command_call_limit={"*": COMMANDS},
            ident="Heed",
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        """Take no more; finish what is being taken."""
        self._controller.stop()
        self._threads.shutdown(wait=True)
