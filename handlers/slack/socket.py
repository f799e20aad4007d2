"""Socket Mode: for a desk behind a firewall. Our connection goes out; the same dispatch answers.

An envelope is acknowledged only after the commit; one that failed is sent again by Slack. The
client's own reconnecting is off: it opens connections faster than Slack allows (Tier 1).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from socket import SHUT_RDWR

from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from handlers.parts import Parts
from handlers.ports import HttpAnswer
from handlers.slack.client import CALL_ERRORS, LOST, OUTBOX_S, code_of, quiet, web_client
from handlers.slack.everywhere import Everywhere
from handlers.slack.trouble import switched
from storage import StoreError

log = logging.getLogger("heed.slack.socket")

PING_S = 10.0
SILENT_S = 60.0
"""Without a pong this long, a connection is called dead though its socket looks alive."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
DRAIN_S = 10.0


class SocketMode:
    """`start` returns at once and keeps a connection open until `stop`."""

    def __init__(
        self, parts: Parts, *, ping_s: float = PING_S, first_wait_s: float = FIRST_WAIT_S
    ) -> None:
        assert parts.slack is not None
        self._dispatch = Everywhere(parts)
        self._store = parts.store
        self._first_wait_s = first_wait_s
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._working = 0
        self._client = SocketModeClient(
            app_token=parts.slack.app_token,
            web_client=web_client(parts, OUTBOX_S),
            logger=quiet(),
            auto_reconnect_enabled=False,
            ping_interval=ping_s,
            on_close_listeners=[lambda *_: self._wake.set()],
            on_error_listeners=[lambda _: self._wake.set()],
            on_message_listeners=[self._frame],
        )
        self._client.socket_mode_request_listeners.append(self._envelope)
        self._keeper = threading.Thread(target=self._keep, name="heed-slack-socket", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        """Take nothing new, finish what is being recorded, then close."""
        self._stopping.set()
        self._wake.set()
        with self._idle:
            self._idle.wait_for(lambda: self._working == 0, DRAIN_S)
        if self._keeper.ident is not None:
            self._keeper.join(DRAIN_S)
        close(self._client)

    def healthy(self) -> bool:
        """Connected, and Slack answered a ping lately. "Connected but silent" is not healthy."""
        session = self._client.current_session
        if session is None or not session.is_active():
            return False
        heard = session.last_ping_pong_time
        return heard is not None and time.time() - heard < SILENT_S

    # --- the connection --------------------------------------------------------------------------

    def _keep(self) -> None:
        wait_s = self._first_wait_s
        while not self._stopping.is_set():
            if self._connected():
                wait_s = self._first_wait_s
                pause_s = self._first_wait_s
            else:
                pause_s, wait_s = wait_s, min(wait_s * 2, LONGEST_WAIT_S)
            self._wake.wait(pause_s)
            self._wake.clear()

    def _connected(self) -> bool:
        if self._client.is_connected():
            return True
        try:
            self._client.connect_to_new_endpoint()
        except CALL_ERRORS as error:
            log.warning("no connection: %s", code_of(error))
            return False
        if self._client.is_connected():
            log.info("connected")
            self._switch(off=False)
            return True
        log.warning("no connection: the handshake failed")
        return False

    def _frame(self, text: str) -> None:
        """Slack says why it ends a connection; `link_disabled`: Socket Mode was switched off.

        Every other reason is a change of connections, which the client makes by itself.
        """
        if '"link_disabled"' in text and json.loads(text).get("reason") == "link_disabled":
            self._switch(off=True)

    def _switch(self, *, off: bool) -> None:
        try:
            switched(self._store, off=off)
        except StoreError as fault:
            log.warning("not noted: %s", type(fault).__name__)

    # --- what comes in ---------------------------------------------------------------------------

    def _envelope(self, client: BaseSocketModeClient, envelope: SocketModeRequest) -> None:
        with self._idle:
            if self._stopping.is_set():  # unacknowledged, it goes to another process
                return
            self._working += 1
        try:
            answer = self._dispatch(envelope.payload, _headers(envelope))
            if answer.status == 200:  # noqa: PLR2004 - committed
                client.send_socket_mode_response(
                    SocketModeResponse(envelope.envelope_id, _payload(answer))
                )
            else:
                log.warning("not acknowledged: status=%s", answer.status)
        except LOST as error:  # it comes again, and has had its effect already
            log.warning("the acknowledgement was lost: %s", type(error).__name__)
        finally:
            with self._idle:
                self._working -= 1
                self._idle.notify_all()


def close(client: SocketModeClient) -> None:
    """Wake its receiver first: closing would wait for it, which listens three seconds at a time."""
    session = client.current_session
    sock = session.sock if session is not None else None
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(SHUT_RDWR)
    client.close()


def _headers(envelope: SocketModeRequest) -> Mapping[str, str]:
    headers = {}
    if envelope.retry_attempt is not None:
        headers["x-slack-retry-num"] = str(envelope.retry_attempt)
    if envelope.retry_reason is not None:
        headers["x-slack-retry-reason"] = envelope.retry_reason
    return headers


def _payload(answer: HttpAnswer) -> dict[str, object] | None:
    if not answer.body:
        return None
    if answer.content_type.startswith("application/json"):
        found = json.loads(answer.body)
        return found if isinstance(found, dict) else None
    return {"text": answer.body.decode()}
