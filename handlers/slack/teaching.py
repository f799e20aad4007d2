"""*Always read this as…* on a decided card: lines for heed.toml, and what they would change.

The window opens at once with the lines; a worker counts and fills it. Nothing is applied: an
operator pastes the lines.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta

from bot.errors import HeedError, NotFound
from bot.model import Actor, Json
from handlers.parts import Parts
from handlers.ports import OutcomeUnknown, SendError
from handlers.proposing import Effect, Proposal, effect, in_words, propose
from handlers.slack import rich
from handlers.slack.access import note_access
from handlers.slack.behind import Behind
from handlers.slack.calling import Caller
from handlers.slack.notices import promise_own
from handlers.slack.payload import Payload, text_at
from handlers.slack.rich import Block
from storage import OutboxItem, Review, Session

log = logging.getLogger("heed.slack.teaching")

TEACHING = "slack_teaching"
"""The outbox's kind for counting and filling the window."""
SHOWN_EVERY = timedelta(seconds=3)
LONGEST = timedelta(minutes=2)
"""Shorter than a worker's lease."""
LATER = timedelta(seconds=10)
_COUNTING = threading.Lock()
"""One counts at a time: a worker's other senders are for people, who are answered soon or never."""
NOT_OPENED = "The window did not open. Please click once more."


class _Closed(Exception):  # noqa: N818 - it names what happened
    """The window takes nothing any more."""


class _TooLong(Exception):  # noqa: N818
    """The time for counting is over."""


class Teaching:
    """Opens the window."""

    def __init__(self, parts: Parts, behind: Behind) -> None:
        self._parts = parts
        self._behind = behind

    def open(self, review: Review, actor: Actor, body: Payload) -> None:
        """Show the lines in a window of the clicker's own. That they saw the words is recorded.

        Raises:
            NotFound, NotAllowed: there is nothing to propose; the message says why.
        """
        parts, now = self._parts, self._parts.clock()

        def work(session: Session) -> list[Proposal]:
            found = propose(session, review, parts.policy, parts.words)
            note_access(session, review.addr, actor, "words", now)
            return found

        proposals = parts.store.write(work)
        channel, user = text_at(body, "container", "channel_id"), text_at(body, "user", "id")
        self._behind.open(
            text_at(body, "trigger_id"),
            window(proposals, ["What they would change is being counted…"]),
            opened=lambda view: self._promise(review.id, view),
            failed=lambda: self._behind.whisper(channel, user, NOT_OPENED),
        )

    def _promise(self, review_id: str, view: str) -> None:
        now = self._parts.clock()
        payload: dict[str, Json] = {"review": review_id, "view": view}
        self._parts.store.write(lambda session: promise_own(session, TEACHING, payload, now))


class Counting:
    """The speaker's part: counts, and fills the window."""

    def __init__(self, parts: Parts, call: Caller) -> None:
        self._parts = parts
        self._call = call

    def fill(self, item: OutboxItem) -> str:
        """A window that is closed, or a Slack that is away, costs the figures and nothing else.

        Raises:
            SendError: another is being counted.
        """
        if not _COUNTING.acquire(blocking=False):
            raise SendError("counting_another", permanent=False, retry_after=LATER)
        try:
            self._fill(item)
        finally:
            _COUNTING.release()
        return ""

    def _fill(self, item: OutboxItem) -> None:
        parts, review_id = self._parts, str(item.payload["review"])

        def read(session: Session) -> list[Proposal]:
            review = session.review(review_id)
            if review is None:
                raise NotFound("there is no review of this id")
            return propose(session, review, parts.policy, parts.words)

        try:
            proposals = parts.store.read(read)
            self._show(item, proposals, self._counted(item, proposals, review_id))
        except (_Closed, HeedError) as reason:
            log.info("not counted to the end review=%s: %s", review_id, type(reason).__name__)

    def _counted(
        self, item: OutboxItem, proposals: Sequence[Proposal], review_id: str
    ) -> list[str]:
        """What to say in the end; how far it is stands in the window meanwhile."""
        parts, begun = self._parts, self._parts.clock()
        shown_at, counted = begun, 0

        def progress(count: int) -> None:
            nonlocal shown_at, counted
            now, counted = parts.clock(), count
            if now - begun >= LONGEST:
                raise _TooLong
            if now - shown_at >= SHOWN_EVERY:
                shown_at = now
                self._show(item, proposals, [f"{count:,} messages counted so far…"])

        try:
            found = [effect(parts.store, one, parts.words, begun, progress) for one in proposals]
        except _TooLong:
            to_the_end = f"heed replay --review {review_id} counts to the end"
            return [f"After {counted:,} messages the counting was ended; {to_the_end}."]
        return [
            line for one, of_it in zip(proposals, found, strict=True) for line in _said(one, of_it)
        ]

    def _show(self, item: OutboxItem, proposals: Sequence[Proposal], said: Sequence[str]) -> None:
        view = window(proposals, said)
        try:
            self._call("views.update", {"view_id": str(item.payload["view"]), "view": view}, item)
        except (SendError, OutcomeUnknown):
            raise _Closed from None


def _said(proposal: Proposal, found: Effect) -> list[str]:
    read = f"{_whom(proposal)}: this message would be read as {proposal.reads}. "
    return [read + ". ".join(in_words(found)) + "."]


def _whom(proposal: Proposal) -> str:
    to = " to this sender" if proposal.sender else ""
    language = " in this language" if proposal.lang else ""
    return f"For messages{to}{language}" if to or language else "For every message"


def window(proposals: Sequence[Proposal], said: Sequence[str]) -> Block:
    """The view: each proposal's lines, then what is known of their effect."""
    blocks: list[Block] = []
    for one in proposals:
        blocks += [
            rich.section(f"*{_whom(one)}*, in heed.toml:"),
            rich.rich_text(rich.preformatted(one.lines)),
        ]
    return {
        "type": "modal",
        "title": rich.plain("Always read this as…"),
        "close": rich.plain("Close"),
        "blocks": [*blocks, *(rich.rich_text(rich.line(rich.words(one))) for one in said)],
    }
