"""The SMTP listener. `250` is said only after the desk's commit; anything else is `451`.

aiosmtpd answers an uncaught exception with a permanent 500 and the exception's text; here every
hook is guarded, so that a mail waits at its sender while the database is away.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from handlers.email.rcpt import Mailboxes
from handlers.email.receive import MailDesk

log = logging.getLogger("heed.smtp")

SIZE_LIMIT = 25_000_000
RCPT_LIMIT = 100
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
                envelope.mail_from or "",
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


class Listener:
    """SMTP on `host:port`; port 0 takes a free one, which `port` then tells."""

    def __init__(
        self, desk: MailDesk, mailboxes: Mailboxes, host: str, port: int, *, threads: int = 8
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="heed-smtp")
        self._controller = Controller(
            Handler(desk, mailboxes, self._threads),
            hostname=host,
            port=port,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            timeout=IDLE_S,
            command_call_limit={"*": COMMANDS},
            ident="Heed",
        )

    @property
    def port(self) -> int:
        server = self._controller.server
        sockets = server.sockets if isinstance(server, asyncio.Server) else ()
        return int(sockets[0].getsockname()[1]) if sockets else int(self._controller.port)

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken, or may not be used.
        """
        self._controller.start()

    def stop(self) -> None:
        """Take no more; finish what is being taken."""
        self._controller.stop()
        self._threads.shutdown(wait=True)
