"""The processes: everything in one (`heed serve`), or one for each job (the Procfile's).

Who holds what under `heed serve`: the web runs in a worker process that granian starts, with a
store and writer of its own; this process holds the SMTP listener, Slack's socket, the outbox
worker, and their store. Each request returns only after its own commit, so nothing acknowledged
waits in either. SIGTERM: no new connections, requests in flight finish, then SMTP, then what is
being sent, then the stores.
"""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from granian.constants import Interfaces
from granian.server.mp import MPServer

from bot.model import Channel
from handlers.crew import Crew
from handlers.email.confirming import Offering
from handlers.email.house import loop_tag, mail_desk
from handlers.email.note import Notes
from handlers.email.rcpt import Mailboxes
from handlers.email.settings import tls_context
from handlers.email.smtp import Listener
from handlers.email.speaker import MailSpeaker
from handlers.joining import Joining
from handlers.links import Links
from handlers.parts import Parts, join
from handlers.ports import Speaker
from handlers.publishing import Destinations, destinations
from handlers.sealing import Sealing
from handlers.settings import Settings, SettingsError
from handlers.slack.deciders import Deciders
from handlers.slack.digest import Digest
from handlers.slack.everywhere import SpeaksEverywhere
from handlers.slack.roster import Roster
from handlers.slack.socket import SocketMode
from handlers.spiking import Spikes
from handlers.sync_chore import Syncing
from handlers.upkeep import Upkeep
from handlers.worker import Worker
from storage import migrate, schema_is_current

log = logging.getLogger("heed.serve")

# A request that dribbles in holds a thread until it is whole; a proxy that buffers goes in front.
BLOCKING_THREADS = 64
DRAIN_S = 30
UP_TRIES, UP_WAIT_S = 600, 0.05


def prepare(settings: Settings) -> None:
    """Bring an embedded database up to date; refuse to run on an outdated shared one.

    Raises:
        SettingsError: `heed migrate` has to run first.
        StoreError: the database does not open.
    """
    make_var(settings)
    if settings.store_url.startswith("sqlite"):
        migrate(settings.store_url)
    elif not schema_is_current(settings.store_url):
        raise SettingsError("HEED_DATABASE_URL names a database of another version: heed migrate")


def make_var(settings: Settings) -> None:
    """The folder of the embedded database, for its owner alone.

    Raises:
        SettingsError: it cannot be made.
    """
    if not settings.store_url.startswith("sqlite"):
        return
    try:
        settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"HEED_VAR is no folder to write to: {error.strerror}") from None


def speakers(parts: Parts) -> Mapping[str, Speaker]:
    """Who sends, by the provider's name in the outbox."""
    mail = parts.mail
    found: dict[str, Speaker] = dict(parts.providers)
    found["smtp"] = MailSpeaker(
        mail.smtp_relay_url,
        mailbox=mail.mail_from or _first_mailbox(parts),
        company=lambda sender: (
            parts.policy.program(parts.policy.sender(Channel.EMAIL, sender).program).title
        ),
        people=parts.settings.human_mailbox,
        loop_tag=loop_tag(parts),
        clock=parts.clock,
        offers=Offering(Links(parts.store, parts.policy), public_url=parts.settings.public_url).of,
        note=Notes(parts.store, public_url=parts.settings.public_url).of,
    )
    if parts.slack is not None:
        found["slack"] = SpeaksEverywhere(parts)
    return found


def _first_mailbox(parts: Parts) -> str:
    mailboxes = [one.id for one in parts.policy.senders.values() if one.channel is Channel.EMAIL]
    return mailboxes[0] if mailboxes else ""


def worker(parts: Parts) -> Worker:
    return Worker(
        store=parts.store,
        desk=parts.desk,
        speakers=speakers(parts),
        clock=parts.clock,
        keep=parts.settings.demo,
        chores=(
            Joining(parts.desk),
            Upkeep(parts.store, parts.policy.retention),
            Sealing(
                parts.store,
                parts.clock,
                Destinations() if parts.settings.demo else destinations(parts),
            ),
            *(() if parts.settings.demo else (Syncing(parts),)),
            Spikes(parts),
            Digest(parts),
            Deciders(parts),
            Roster(parts),
        ),
    )


class Doors:
    """The mail listeners of one process: SMTP, and LMTP where it is set."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    def start(self) -> None:
        for one in self._listeners:
            one.start()

    def stop(self) -> None:
        """Take no more; finish what is being taken."""
        for one in self._listeners:
            one.stop()


def doors(parts: Parts) -> Doors:
    desk = mail_desk(parts)
    mailboxes, tls = Mailboxes(parts.policy), tls_context(parts.mail)
    with _listening("HEED_SMTP_LISTEN", parts.settings.smtp_listen):
        found = [Listener(desk, mailboxes, *parts.settings.smtp_listen, tls=tls)]
    if parts.settings.lmtp_listen is not None:
        with _listening("HEED_LMTP_LISTEN", parts.settings.lmtp_listen):
            found.append(Listener(desk, mailboxes, *parts.settings.lmtp_listen, lmtp=True, tls=tls))
    return Doors(found)


@contextmanager
def _listening(variable: str, at: tuple[str, int]) -> Iterator[None]:
    """Raises SettingsError: nobody can listen there; which variable says so, and what to do."""
    try:
        yield
    except OSError as error:
        where = at[0] if at[0].startswith("/") else f"{at[0]}:{at[1]}"
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"{variable}: another program listens on {where} already; "
                f"stop it, or set {variable} to another place"
            ) from None
        why = (
            os.strerror(error.errno or 0)
            if (error.errno or 0) in errno.errorcode
            else error.strerror
        )
        raise SettingsError(f"{variable}: cannot listen on {where}: {why}") from None


def web_server(settings: Settings) -> MPServer:
    # Forking a process that runs threads would copy their locks.
    multiprocessing.set_start_method("spawn", force=True)
    host, port = settings.http_listen
    return MPServer(
        "handlers.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=BLOCKING_THREADS,
        backpressure=1024,
        workers_kill_timeout=DRAIN_S,
        respawn_failed_workers=True,
        log_enabled=False,
        websockets=False,
    )


def serve(settings: Settings, say: str) -> None:
    """Everything in one process tree, until SIGTERM or SIGINT. `say` is printed once it listens."""
    prepare(settings)
    parts = join(settings)
    with ExitStack() as stack:
        stack.callback(parts.close)
        outbox = Crew(worker(parts), parts.store)
        outbox.start()
        stack.callback(outbox.stop)
        mail = doors(parts)
        mail.start()
        stack.callback(mail.stop)
        if parts.slack is not None and parts.slack.app_token:
            slack = SocketMode(parts)
            slack.start()
            stack.callback(slack.stop)
        _serve_web(settings, lambda: print(say, flush=True))  # noqa: T201 - the command's output


def run_web(settings: Settings) -> None:
    prepare(settings)
    join(settings).close()  # a wrong setting shows here, as a line, not in the worker
    _serve_web(settings, lambda: log.info("web is up on %s", settings.http_url))


def _serve_web(settings: Settings, when_up: Callable[[], None]) -> None:
    host, port = settings.http_listen
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _listening("HEED_HTTP_LISTEN", (host, port)):
        socket.create_server((host, port), family=family).close()  # granian would share a taken one
    server = web_server(settings)
    server.on_startup(
        threading.Thread(target=_wait_until_up, args=(settings, when_up), daemon=True).start
    )
    server.serve()


def _wait_until_up(settings: Settings, then: Callable[[], None]) -> None:
    """The worker loads for a moment; whoever is told that it is up finds it up."""
    host, port = settings.http_listen
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    for _ in range(UP_TRIES):
        try:
            with socket.create_connection((host, port), timeout=1):
                then()
                return
        except OSError:
            time.sleep(UP_WAIT_S)
    log.error("the web did not come up on port %s", port)


def run_until_signal(settings: Settings, what: str) -> None:
    """The Procfile's `smtp`, `slack` and `worker`: start, wait for a signal, finish."""
    prepare(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parts = join(settings)
    with ExitStack() as stack:
        stack.callback(parts.close)
        runner: Crew | Doors | SocketMode
        if what == "worker":
            runner = Crew(worker(parts), parts.store)
        elif what == "smtp":
            runner = doors(parts)
        else:
            if parts.slack is None or not parts.slack.app_token:
                raise SettingsError(
                    "HEED_SLACK_APP_TOKEN is missing; without Socket Mode, Slack comes in over "
                    "HTTP (heed web) and no slack process is needed"
                )
            runner = SocketMode(parts)
        runner.start()
        stack.callback(runner.stop)
        log.info("%s is up, process %s", what, os.getpid())
        stop.wait()
