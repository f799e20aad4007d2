"""A click on a review's card: the decision, or a word to whoever clicked why it was none.

The first decision wins. A button holds the review's id and the version that the card showed;
whoever is late is told who decided and gets a fresh card.
"""

from __future__ import annotations

import logging

from bot.errors import Conflict, HeedError, NotFound
from bot.model import ReviewDecision, Verdict
from handlers.parts import Parts
from handlers.slack import words as say
from handlers.slack.cards import ACTIONS
from handlers.slack.payload import Payload, text_at
from handlers.slack.roles import Roles, clicker
from handlers.slack.showing import promise_update
from handlers.slack.text import escaped
from handlers.slack.whisper import Whisper
from storage import Conflict as Overtaken
from storage import Review, ReviewState, Session

log = logging.getLogger("heed.slack.reviews")

VERDICTS = {action: verdict for verdict, action in ACTIONS.items()}


class Clicks:
    def __init__(self, parts: Parts, roles: Roles, whisper: Whisper) -> None:
        self._parts = parts
        self._roles = roles
        self._whisper = whisper

    def __call__(self, body: Payload) -> None:
        """Decide. Returns after the commit, or after a refusal that changed nothing.

        Raises:
            StoreUnavailable: nothing was decided; Slack shows that the click failed.
        """
        verdict = VERDICTS.get(text_at(body, "actions", 0, "action_id"))
        review_id, version = _button(text_at(body, "actions", 0, "value"))
        if verdict is None or not review_id:
            log.warning("a button of another make was clicked")
            self._tell(body, "This button is of an older make. Decide this review in Heed itself.")
            return
        review = self._parts.store.read(lambda session: session.review(review_id))
        try:
            if review is None:
                raise NotFound("there is no review of this id")
            self._decide(review, verdict, version, body)
        except (Conflict, Overtaken):
            self._late(review_id, body)
        except HeedError as refusal:
            log.info("refused review=%s: %s", review_id, type(refusal).__name__)
            self._tell(body, f"Nothing was changed: {escaped(str(refusal))}.")

    def _decide(self, review: Review, verdict: Verdict, version: int, body: Payload) -> None:
        actor = self._roles.actor(clicker(body))
        self._parts.desk.receive(
            ReviewDecision(
                review_id=review.id,
                address_hash=review.addr,
                verdict=verdict,
                actor=actor,
                received_at=self._parts.clock(),
                version=version,
            )
        )
        # the desk promises the others' card anew, in its own transaction
        if verdict is Verdict.DONE or _clicked(body) != (review.card_channel, review.card_ts):
            self._parts.store.write(lambda session: self._refresh(session, review.id, body))

    def _refresh(self, session: Session, review_id: str, body: Payload) -> Review | None:
        """Have the card rewritten, and the copy of it that was clicked.

        A card whose place we lack (its posting ended unknown) is taken for the card.
        """
        review = session.review(review_id)
        if review is None:
            return None
        now = self._parts.clock()
        channel, ts = _clicked(body)
        if channel and ts and not review.card_ts:
            session.set_card(
                review.addr, review.id, text_at(body, "team", "id"), channel, ts, "found"
            )
        elif ts and (channel, ts) != (review.card_channel, review.card_ts):
            promise_update(session, review, now, channel=channel, ts=ts)
        promise_update(session, review, now)
        return review

    def _late(self, review_id: str, body: Payload) -> None:
        review = self._parts.store.write(lambda session: self._refresh(session, review_id, body))
        self._tell(body, explained(review))

    def _tell(self, body: Payload, text: str) -> None:
        channel, _ = _clicked(body)
        if channel:
            self._whisper(channel, text_at(body, "user", "id"), text)


def explained(review: Review | None) -> str:
    """Why a click came too late, in mrkdwn."""
    if review is None:
        return "This review is gone."
    if review.state is ReviewState.OPEN:
        return "This review has moved on meanwhile; look at the fresh card before you decide."
    verdict = say.VERDICTS[review.verdict] if review.verdict else "decided"
    when = f", {say.date(review.decided_at)}" if review.decided_at else ""
    by = say.who(escaped(review.decided_by))
    return f"Already decided by {by}{when}: {verdict}."


def _button(value: str) -> tuple[str, int]:
    review_id, _, version = value.partition(".")
    plain = version.isascii() and version.isdigit() and len(version) < 10  # noqa: PLR2004
    return (review_id, int(version)) if plain and review_id.isalnum() else ("", 0)


def _clicked(body: Payload) -> tuple[str, str]:
    """Channel and ts of the message whose button it was."""
    channel = text_at(body, "container", "channel_id") or text_at(body, "channel", "id")
    return channel, text_at(body, "container", "message_ts") or text_at(body, "message", "ts")
