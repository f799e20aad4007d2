"""The outbox's calls to Slack: what a refusal means, how long a limit holds, and whether it works.

A limit counts for one method in one channel; what waits for another is sent meanwhile.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from socket import gaierror
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError

from handlers.parts import Parts
from handlers.ports import OutcomeUnknown, SendError
from handlers.slack import trouble
from handlers.slack.client import CALL_ERRORS, LOST, OUTBOX_S, code_of, status_of, web_client
from handlers.slack.payload import text_at
from storage import OutboxItem, Review

log = logging.getLogger("heed.slack.calling")

LIMITED = frozenset({"ratelimited", "rate_limited"})
# Slack's own faults, after which some of the work may have been done.
UNSURE = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
LONGEST_WAIT_S = 86_400


class Caller:
    """For the worker's threads."""

    def __init__(self, parts: Parts) -> None:
        self.client = web_client(parts, OUTBOX_S)
        self._clock = parts.clock
        assert parts.slack is not None
        self._trouble = trouble.Watch(
            parts.store, parts.slack.review_channel, parts.slack.trouble_key
        )
        self._lock = threading.Lock()
        self._limited: dict[tuple[str, str], datetime] = {}

    def __call__(self, method: str, arguments: dict[str, Any], item: OutboxItem) -> object:
        """Call once; links are not unfolded: that would fetch what a stranger wrote.

        Raises:
            SendError: Slack refused, was never reached, or asked us to wait.
            OutcomeUnknown: nobody can say.
        """
        where = (method, str(arguments.get("channel", "")))
        now = self._clock()
        self._wait(where, now)
        if method == "chat.postMessage":
            arguments = {**arguments, "unfurl_links": False, "unfurl_media": False}
        try:
            answer = self.client.api_call(method, json=arguments).data
        except SlackApiError as refusal:
            fault = _refused(refusal, item)
            if isinstance(fault, SendError) and fault.retry_after is not None:
                with self._lock:
                    self._limited[where] = now + fault.retry_after
            self._trouble.refused(fault.code, where[1], now)
            raise fault from None
        except LOST as error:
            raise _lost(error) from None
        self._trouble.works(where[1], now)
        return answer

    def link(self, review: Review) -> str:
        """To the review's card; empty where Slack does not give one, which only costs the link."""
        try:
            answer = self.client.chat_getPermalink(
                channel=review.card_channel, message_ts=review.card_ts
            )
        except CALL_ERRORS:
            return ""
        return text_at(answer.data, "permalink")

    def _wait(self, where: tuple[str, str], now: datetime) -> None:
        with self._lock:
            until = self._limited.get(where)
            if until is not None and until <= now:
                del self._limited[where]
        if until is not None and until > now:
            raise SendError("ratelimited", permanent=False, retry_after=until - now)


def _refused(refusal: SlackApiError, item: OutboxItem) -> SendError | OutcomeUnknown:
    code, status = code_of(refusal), status_of(refusal)
    if status == 429 or code in LIMITED:  # noqa: PLR2004
        wait_s = str(refusal.response.headers.get("Retry-After", ""))
        wait = min(int(wait_s), LONGEST_WAIT_S) if wait_s.isdigit() else None
        after = None if wait is None else timedelta(seconds=wait)
        return SendError("ratelimited", permanent=False, retry_after=after)
    if status >= 500 or code in UNSURE or code.startswith("http_2"):  # noqa: PLR2004
        return SendError(code, permanent=False) if item.repeatable else OutcomeUnknown(code)
    return SendError(code, permanent=True)


def _lost(error: Exception) -> SendError | OutcomeUnknown:
    code = code_of(error)
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ConnectionRefusedError | gaierror):
        return SendError("connect_failed", permanent=False)
    return OutcomeUnknown(code)
