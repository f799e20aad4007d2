"""A word to one person that nobody else sees, after the answer went out.

Best effort: nothing essential is said only here. Refusals and lost races are explained this way.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from slack_sdk import WebClient

from handlers.slack.client import CALL_ERRORS, code_of

log = logging.getLogger("heed.slack.whisper")


class Whisper:
    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="heed-slack-whisper")

    def __call__(self, channel: str, user: str, text: str) -> None:
        """`text` is mrkdwn: what is not ours in it must be escaped already."""
        self._threads.submit(self._say, channel, user, text)

    def _say(self, channel: str, user: str, text: str) -> None:
        try:
            self._client.chat_postEphemeral(channel=channel, user=user, text=text)
        except CALL_ERRORS as error:
            log.warning("not said: %s", code_of(error))
