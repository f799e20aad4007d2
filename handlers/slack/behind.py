"""What goes to Slack behind an answer: windows to open and words to one person.

Begun when the answer is on its way, never waited for, so that a Slack that hangs holds up nobody.
Best effort: nothing essential is said only here. A window's trigger lives for three seconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from slack_sdk import WebClient

from handlers.logs import whereabouts
from handlers.slack.client import CALL_ERRORS, code_of
from handlers.slack.payload import text_at
from handlers.slack.rich import Block

log = logging.getLogger("heed.slack.behind")

AT_ONCE = 8
MOST = 64
"""What may wait: a window is of no use after three seconds, and the process ends after it all."""


class Behind:
    """For any number of threads. Above `MOST` nothing more is taken."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._room = threading.Semaphore(MOST)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="heed-slack-behind")

    def whisper(self, channel: str, user: str, text: str) -> None:
        """Tell one person something that nobody else sees.

        `text` is mrkdwn: what is not ours in it must be escaped already.
        """
        if channel and user:
            self.run(lambda: self._say(channel, user, text))

    def open(
        self,
        trigger: str,
        view: Block,
        *,
        opened: Callable[[str], None] = lambda _: None,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Open a window. `opened` is called with its id, or else `failed`."""

        def work() -> None:
            try:
                answer = self._client.views_open(trigger_id=trigger, view=view)
            except CALL_ERRORS as error:
                log.warning("a window did not open: %s", code_of(error))
                failed()
                return
            opened(text_at(answer.data, "view", "id"))

        self.run(work)

    def run(self, work: Callable[[], object]) -> None:
        """Do it when a thread is free."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - the outermost edge of this thread
                log.error("failed: %s", whereabouts(error))  # noqa: TRY400 - it may quote words
            finally:
                self._room.release()

        if not self._room.acquire(blocking=False):
            log.warning("not begun: too much waits for Slack")
            return
        self._threads.submit(guarded)

    def _say(self, channel: str, user: str, text: str) -> None:
        try:
            self._client.chat_postEphemeral(channel=channel, user=user, text=text)
        except CALL_ERRORS as error:
            log.warning("not said: %s", code_of(error))
