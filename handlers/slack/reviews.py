"""A click on a review's card: the decision, or a word to whoever clicked why it was none.

The first decision wins. A button holds the review's id and the version that the card showed;
whoever is late is told who decided and gets a fresh card.
"""

from __future__ import annotations

import logging
from datetime import datetime

from bot.errors import Conflict, HeedError, NotFound
from bot.model import ReviewDecision, ReviewUndo, Verdict
from handlers.parts import Parts
from handlers.slack import words as say
from handlers.slack.behind import Behind
from handlers.slack.buttons import ACTIONS, MENU, TEACH, UNDO, More, read_value
from handlers.slack.menu import Menu
from handlers.slack.payload import Payload, text_at
from handlers.slack.reminders import promise_reminders
from handlers.slack.roles import Roles, clicker
from handlers.slack.showing import promise_update
from handlers.slack.teaching import Teaching
from handlers.slack.text import escaped
from storage import Conflict as Overtaken
from storage import Review, ReviewState, Session

log = logging.getLogger("heed.slack.reviews")

VERDICTS = {action: verdict for verdict, action in ACTIONS.items()}
NEEDS_SURETY = frozenset({Verdict.NOT_OPT_OUT, More.SHOW, TEACH})
"""What goes away from "blocked", or shows whom it is about or what they wrote."""


class Clicks:
    def __init__(self, parts: Parts, roles: Roles, behind: Behind) -> None:
        self._parts = parts
        self._roles = roles
        self._behind = behind
        self._menu = Menu(parts, roles, behind)
        self._teaching = Teaching(parts, behind)

    def __call__(self, body: Payload) -> None:
        """Carry it out. Returns after the commit, or after a refusal that changed nothing.

        Raises:
            StoreUnavailable: nothing was decided; Slack shows that the click failed.
        """
        act, review_id, version = _clicked_on(body)
        if act is None or not review_id:
            log.warning("a button of another make was clicked")
            self._tell(body, "This button is of an older make. Decide this review in Heed itself.")
            return
        review = self._parts.store.read(lambda session: session.review(review_id))
        try:
            if review is None:
                raise NotFound("there is no review of this id")
            self._carry_out(review, act, version, body)
        except (Conflict, Overtaken) as late:
            self._late(review_id, body, late)
        except HeedError as refusal:
            log.info("refused review=%s: %s", review_id, type(refusal).__name__)
            self._tell(body, f"Nothing was changed: {escaped(str(refusal))}.")

    def _carry_out(
        self, review: Review, act: Verdict | More | str, version: int, body: Payload
    ) -> None:
        actor = self._roles.actor(clicker(body), surely=act in NEEDS_SURETY)
        match act:
            case More.ASSIGN:
                self._menu.assign(review, actor)
                return
            case More.SHOW:
                self._menu.show(review, actor, body)
                return
            case More.SCOPE:
                self._menu.choose_scope(review, version, body)
                return
            case More.ERASURE:
                act = Verdict.ERASURE
            case _ if act == TEACH:
                self._teaching.open(review, actor, body)
                return
        now = self._parts.clock()
        if isinstance(act, Verdict):
            self._parts.desk.receive(
                ReviewDecision(
                    review_id=review.id,
                    address_hash=review.addr,
                    verdict=act,
                    actor=actor,
                    received_at=now,
                    version=version,
                )
            )
        else:
            self._parts.desk.receive(
                ReviewUndo(
                    review_id=review.id,
                    address_hash=review.addr,
                    actor=actor,
                    received_at=now,
                    version=version,
                )
            )
            self._parts.store.write(lambda session: self._new_clock(session, review, now))
        # the desk promises the others' card anew, in its own transaction
        if act is Verdict.DONE or _clicked(body) != (review.card_channel, review.card_ts):
            self._parts.store.write(lambda session: self._refresh(session, review.id, body))

    def _new_clock(self, session: Session, before: Review, now: datetime) -> None:
        """Remind of a clock that an undo has set anew; of the old one it was promised already."""
        after = session.review(before.id)
        if after is not None and after.due_at != before.due_at:
            promise_reminders(session, after, now)

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

    def _late(self, review_id: str, body: Payload, late: Exception) -> None:
        review = self._parts.store.write(lambda session: self._refresh(session, review_id, body))
        undoing = _clicked_on(body)[0] == UNDO
        refused = f"Nothing was changed: {escaped(str(late))}."
        self._tell(body, refused if undoing else explained(review))

    def _tell(self, body: Payload, text: str) -> None:
        self._behind.whisper(_clicked(body)[0], text_at(body, "user", "id"), text)


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


def _clicked_on(body: Payload) -> tuple[Verdict | More | str | None, str, int]:
    """What was asked for, None where it is nothing of ours; the review, and the version shown."""
    action = text_at(body, "actions", 0, "action_id")
    if action == MENU:
        picked = text_at(body, "actions", 0, "selected_option", "value")
        name, _, value = picked.partition(".")
        return (More(name) if name in set(More) else None, *read_value(value))
    value = text_at(body, "actions", 0, "value")
    other = action if action in (UNDO, TEACH) else None
    return (VERDICTS.get(action) or other, *read_value(value))


def _clicked(body: Payload) -> tuple[str, str]:
    """Channel and ts of the message whose button it was."""
    channel = text_at(body, "container", "channel_id") or text_at(body, "channel", "id")
    return channel, text_at(body, "container", "message_ts") or text_at(body, "message", "ts")
