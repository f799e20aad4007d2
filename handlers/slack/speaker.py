"""Says in Slack what the outbox promised: answers to people, and the reviews' cards.

A card is claimed before it is posted, so that two workers post one. Where the answer of Slack is
lost, an answer to a person is never repeated and a card is: a second card does no harm, since a
decision is a compare-and-set on the review and never on the message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.addresses import slack
from bot.decide.undoing import UNDO_FOR
from bot.model import NoticeKind
from handlers.parts import Parts
from handlers.ports import OutcomeUnknown, SendError
from handlers.slack import cards, homes, people, teaching
from handlers.slack.calling import Caller
from handlers.slack.cards import state_of
from handlers.slack.notices import promise_post
from handlers.slack.payload import text_at
from handlers.slack.reminders import OVER, promise_reminders, text_of
from handlers.slack.showing import WORDS_STAY, card_of, promise_update
from handlers.slack.text import escaped
from handlers.slack.wishes import wishes_of
from storage import OutboxItem, Review, ReviewState, Session

CLAIM = timedelta(seconds=60)
"""Longer than a call may take: an older claim belongs to a worker that died."""
POSTING = "posting"
NO_THREAD = frozenset({"thread_not_found", "message_not_found"})


class SlackSpeaker:
    """See `handlers.ports.Speaker`."""

    def __init__(self, parts: Parts) -> None:
        assert parts.slack is not None
        self._store = parts.store
        self._policy = parts.policy
        self._clock = parts.clock
        self._channel = parts.slack.review_channel
        self._call = Caller(parts)
        self._homes = homes.Homes(parts, self._call)
        self._counting = teaching.Counting(parts, self._call)

    def send(self, item: OutboxItem) -> str:
        match item.kind:
            case NoticeKind.REVIEW_CARD:
                return self._card(item)
            case NoticeKind.REVIEW_UPDATE:
                return self._update(item)
            case NoticeKind.REVIEW_REMINDER:
                return self._remind(item)
            case people.ASK:
                team, user = str(item.payload["team"]), str(item.payload["user"])
                people.learn(self._store, self._call.client, team, user, self._clock())
                return ""
            case teaching.TEACHING:
                return self._counting.fill(item)
            case homes.HOME:
                return self._homes.publish(item)
            case _:
                return self._answer(item)

    # --- answers ---------------------------------------------------------------------------------

    def _answer(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        channel, _, thread = str(item.payload.get("place", "")).rpartition(":")[2].partition("/")
        text = str(item.payload["text"])
        arguments: dict[str, Any] = {
            # without a place, Slack opens the direct message with this person
            "channel": channel or item.address.value.rpartition("/")[2],
            "text": text if item.payload.get("markup") is True else escaped(text),
        }
        if thread:
            arguments["thread_ts"] = thread
        return text_at(self._call("chat.postMessage", arguments, item), "ts")

    # --- cards -----------------------------------------------------------------------------------

    def _card(self, item: OutboxItem) -> str:
        card = self._store.write(lambda session: self._claim(session, item))
        if isinstance(card, str):
            return card
        message = cards.message(card)
        arguments: dict[str, Any] = {
            "channel": self._channel,
            "text": message.text,
            "blocks": list(message.blocks),
        }
        first = self._store.read(lambda session: _first(session, card.review, self._channel))
        try:
            answer = self._post_below(first, arguments, item)
        except (SendError, OutcomeUnknown) as fault:
            self._shows(card.review, "", "", "", f"failed {fault.code}")
            raise
        channel, ts = text_at(answer, "channel") or self._channel, text_at(answer, "ts")
        self._shows(card.review, text_at(answer, "message", "team"), channel, ts, state_of(card))
        if first is not None:
            self._store.write(lambda session: promise_update(session, first, self._clock()))
        return ts

    def _post_below(
        self, first: Review | None, arguments: dict[str, Any], item: OutboxItem
    ) -> object:
        """Where the first card is settled nobody looks at its thread, so the channel sees it too.

        A first card that somebody deleted has no thread.
        """
        if first is None:
            return self._call("chat.postMessage", arguments, item)
        below: dict[str, Any] = {"thread_ts": first.card_ts}
        if first.state is ReviewState.DECIDED:
            below["reply_broadcast"] = True
        try:
            return self._call("chat.postMessage", {**arguments, **below}, item)
        except SendError as refusal:
            if refusal.code not in NO_THREAD:
                raise
        return self._call("chat.postMessage", arguments, item)

    def _claim(self, session: Session, item: OutboxItem) -> cards.Card | str:
        """The card to post, ours alone now; or what there is already.

        Raises:
            SendError: somebody else is posting it.
        """
        session.lock(item.addr)
        review = review_of(session, item)
        if review is None:
            raise SendError("review_gone", permanent=True)
        if review.card_ts or review.state is ReviewState.DECIDED:
            return review.card_ts
        now = self._clock()
        if _claimed(review, now):
            raise SendError("being_posted", permanent=False)
        if not review.card_state:
            promise_reminders(session, review, now)
            promise_update(session, review, now, due_at=now + WORDS_STAY)
        session.set_card(review.addr, review.id, "", "", "", f"{POSTING} {int(now.timestamp())}")
        return card_of(session, review, self._policy, now)

    def _update(self, item: OutboxItem) -> str:
        """Show the review as it stands now. A copy of the card is named by channel and ts."""
        now = self._clock()

        def read(session: Session) -> cards.Card | None:
            review = review_of(session, item)
            return None if review is None else card_of(session, review, self._policy, now)

        card = self._store.read(read)
        if card is None:
            raise SendError("review_gone", permanent=True)
        review = card.review
        copy = str(item.payload.get("ts", ""))
        if not copy and not review.card_ts:
            if _claimed(review, now):
                raise SendError("being_posted", permanent=False)
            return ""  # when it is posted, it shows what stands then
        if not copy and review.card_state == state_of(card):
            return review.card_ts
        message = cards.message(card)
        arguments = {
            "channel": str(item.payload.get("channel", "")) if copy else review.card_channel,
            "ts": copy or review.card_ts,
            "text": message.text,
            "blocks": list(message.blocks),
        }
        answer = self._call("chat.update", arguments, item)
        if not copy:
            shows = state_of(card)
            self._shows(review, review.card_team, review.card_channel, review.card_ts, shows)
            if card.undoable and review.decided_at is not None:  # the button goes in its time
                over = review.decided_at + UNDO_FOR
                self._store.write(lambda session: promise_update(session, review, now, due_at=over))
        return text_at(answer, "ts")

    def _remind(self, item: OutboxItem) -> str:
        review = self._store.read(lambda session: review_of(session, item))
        part = str(item.payload.get("part", ""))
        if review is None or not review.card_ts:
            return ""
        text = text_of(review, part, str(item.payload.get("until", "")), self._clock())
        if not text:
            return ""
        first = self._store.read(lambda session: _first(session, review, review.card_channel))
        arguments: dict[str, Any] = {
            "channel": review.card_channel,
            "thread_ts": (first or review).card_ts,
            "text": text,
        }
        if part == OVER:
            arguments["reply_broadcast"] = True
        ts = text_at(self._call("chat.postMessage", arguments, item), "ts")
        self._remind_by_message(review, text)
        return ts

    def _remind_by_message(self, review: Review, text: str) -> None:
        """Whoever has taken it on and wishes so; never somebody who said stop to us."""
        team, _, user = review.assigned_to.removeprefix("slack:").partition("/")
        if not user or not review.assigned_to.startswith("slack:"):
            return
        link = self._call.link(review)
        said = f"{text} <{link}|Open the card>" if link else text

        def work(session: Session) -> None:
            now = self._clock()
            wishes = wishes_of(session, team, user)
            if wishes.remind and not homes.has_stopped(session, slack(team, user), now):
                promise_post(session, user, said, now)

        self._store.write(work)

    def _shows(self, review: Review, team: str, channel: str, ts: str, state: str) -> None:
        self._store.write(
            lambda session: session.set_card(review.addr, review.id, team, channel, ts, state)
        )


def review_of(session: Session, item: OutboxItem) -> Review | None:
    """Named by the item, else by the ledger entry of the decision that promised it.

    Once the person was erased neither can be read: then it is the review of that entry.
    """
    named = str(item.payload.get("review", ""))
    if not named and item.entry_id:
        entry = session.entry(item.addr, item.entry_id)
        named = "" if entry is None else str(entry.facts.get("review", ""))
    if named:
        return session.review(named)
    reviews = session.reviews_of(item.addr)
    return next((one for one in reviews if one.entry_id == item.entry_id), None)


def _first(session: Session, review: Review, channel: str) -> Review | None:
    """The first card of the same person in the channel, if it is another one.

    The cards of one person stand together in its thread.
    """
    cards_there = (
        one
        for one in session.reviews_of(review.addr)
        if one.card_ts and one.card_channel == channel
    )
    first = next(cards_there, None)
    return None if first is None or first.id == review.id else first


def _claimed(review: Review, now: datetime) -> bool:
    """Whether somebody is posting this card right now."""
    word, _, since = review.card_state.partition(" ")
    return word == POSTING and now.timestamp() - int(since or 0) < CLAIM.total_seconds()
