"""Writes one decision into the session of its transaction: entries, changes, review, promises."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.model import (
    Address,
    Answer,
    Channel,
    Decision,
    InboundMessage,
    Json,
    MailThread,
    NewEntry,
    Notice,
    NoticeKind,
    ReviewCause,
    Verdict,
)
from bot.policy import Sender
from bot.replay import BLOCKS, spelt
from handlers.mail_ceiling import note_answer
from handlers.receipt import Receipt
from storage.rows import OutboxItem, OutboxState, ReviewState
from storage.session import Session

ANY_SENDER = ""
"""The conversation under this name holds what is known whoever of us is written to."""
REVIEW_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# What the person's own clear word settles; an erasure or a wrong number is still to be seen to.
SETTLED_BY_WORD = frozenset(
    {ReviewCause.UNCLEAR, ReviewCause.MAY_BE_STOP, ReviewCause.LATE_STOP, ReviewCause.MEDIA}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Where messages to our own side go; what has no destination is not promised.

    `review_channel` is a Slack channel id; without one no card is promised. `providers` names who
    sends on a channel where no message tells.
    """

    review_channel: str = ""
    providers: Mapping[Channel, str] = field(default_factory=dict)

    def provider(self, sender: Sender) -> str:
        """Who sends for this sender of ours: as configured, else the one for its channel."""
        return sender.provider or self.providers.get(sender.channel, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the answer to a message needs to know of it."""

    message_id: str
    recipient: str
    provider: str = ""
    place: str = ""
    inline: bool = False
    thread: MailThread | None = None

    @classmethod
    def of(cls, message: InboundMessage, message_id: str) -> Origin:
        return cls(
            message_id=message_id,
            recipient=message.recipient,
            provider=message.provider,
            place=message.place,
            inline=message.answers_inline,
            thread=message.thread,
        )


def new_id(moment: datetime, chance: Callable[[int], bytes] = os.urandom) -> str:
    """28 hex digits that sort by time: milliseconds, then chance."""
    return f"{int(moment.timestamp() * 1000):012x}{chance(8).hex()}"


def new_review_id() -> str:
    """Eight letters that one can read out over the phone."""
    return "".join(secrets.choice(REVIEW_ALPHABET) for _ in range(8))


class Recorder:
    """One decision, one address, one transaction; `policy` is the version it was made under."""

    def __init__(
        self,
        session: Session,
        addr: bytes,
        address: Address,
        routes: Routes,
        now: datetime,
        *,
        policy: str,
    ) -> None:
        self._session = session
        self._addr = addr
        self._address = address
        self._routes = routes
        self._now = now
        self._policy: dict[str, Json] = {"policy": policy} if policy else {}

    def record(self, decision: Decision, origin: Origin) -> tuple[Receipt, str]:
        """Write it all; return the receipt and the id of the promised answer, empty if none."""
        session, now = self._session, self._now
        entry_id = ""
        changed = [change for change in decision.changes if change.hold is not None]
        entries = _with_answer(decision, origin)
        for number, entry in enumerate(entries):
            recorded_id = self._new_id()
            blocks = spelt(decision.changes if number == len(entries) - 1 else ())
            fact = replace(entry, facts={**entry.facts, **self._policy, BLOCKS: blocks})
            session.append(
                self._addr, fact, id=recorded_id, message_id=origin.message_id, recorded_at=now
            )
            # the last entry is the fact itself where a decision stands before it
            entry_id = recorded_id if number == 0 or changed else entry_id
        since = decision.entries[-1].effective_at
        for change in decision.changes:
            session.apply(self._addr, change, since=since, entry_id=entry_id)
        if decision.settles is not None:
            self._settle(decision)
        review_id = self._open_review(decision, origin, entry_id)
        if decision.conversation is not None:
            session.save_conversation(self._addr, origin.recipient, decision.conversation)
        self._note_anywhere(decision)
        for notice in decision.notices:
            self._notify(notice, origin, entry_id, review_id)
        outbox_id = self._answer(decision.answer, origin, entry_id)
        if decision.erased_by:
            self._erase(decision.erased_by)
        receipt = Receipt(
            outcome=decision.outcome,
            message_id=origin.message_id,
            entry_id=entry_id,
            review_id=review_id,
            inline_text=decision.answer.text if decision.answer and origin.inline else "",
        )
        return receipt, outbox_id

    def _new_id(self) -> str:
        return new_id(self._now, self._session.chance)

    def _note_anywhere(self, decision: Decision) -> None:
        """What every sender of ours must know, so that a late stop or START is told apart."""
        said = decision.conversation
        restarted = said.last_opt_in_at if said is not None else None
        if restarted is None and not decision.stops_again:
            return
        known = self._session.conversation(self._addr, ANY_SENDER)
        new = replace(
            known,
            last_opt_in_at=restarted or known.last_opt_in_at,
            stopped_again_at=self._now if decision.stops_again else known.stopped_again_at,
        )
        if new != known:
            self._session.save_conversation(self._addr, ANY_SENDER, new)

    def _settle(self, decision: Decision) -> None:
        assert decision.settles is not None
        for review in self._session.reviews_of(self._addr):
            if review.state is ReviewState.OPEN and review.cause in SETTLED_BY_WORD:
                self._session.decide_review(
                    self._addr, review.id, None, decision.settles, by="customer", at=self._now
                )
                self._notify(
                    Notice(kind=NoticeKind.REVIEW_UPDATE, facts={"review": review.id}),
                    Origin(message_id="", recipient=review.sender),
                    review.entry_id,
                    review.id,
                )

    def _erase(self, by: str) -> None:
        """Close what nobody could decide any more, take the words off the cards, drop the key."""
        for review in self._session.reviews_of(self._addr):
            verdict = Verdict.DONE if review.holds is None else Verdict.OPT_OUT
            self._session.decide_review(self._addr, review.id, None, verdict, by=by, at=self._now)
            self._notify(
                Notice(kind=NoticeKind.REVIEW_UPDATE),
                Origin(message_id="", recipient=review.sender),
                review.entry_id,
                review.id,
            )
        self._session.erase(self._addr)

    def _open_review(self, decision: Decision, origin: Origin, entry_id: str) -> str:
        if decision.review is None:
            return ""
        review_id = new_review_id()
        self._session.open_review(
            self._addr,
            decision.review,
            id=review_id,
            sender=origin.recipient,
            channel=self._address.channel,
            entry_id=entry_id,
            opened_at=self._now,
        )
        card = Notice(kind=NoticeKind.REVIEW_CARD, facts={"review": review_id})
        if not decision.review.told:
            return review_id
        told = any(notice.kind is NoticeKind.FORWARD for notice in decision.notices)
        if not self._routes.review_channel and not told:  # a team without Slack decides by mail
            facts: dict[str, Json] = {
                "cause": str(decision.review.cause),
                "text": decision.entries[-1].words,
            }
            card = Notice(kind=NoticeKind.FORWARD, facts=facts)
        self._notify(card, origin, entry_id, review_id)
        return review_id

    def _notify(self, notice: Notice, origin: Origin, entry_id: str, review_id: str) -> None:
        # A message for our people waits also where no mailbox is set yet: nothing is dropped.
        forward = notice.kind is NoticeKind.FORWARD
        if not forward and not self._routes.review_channel:
            return
        self._session.promise(
            OutboxItem(
                id=self._new_id(),
                addr=self._addr,
                kind=str(notice.kind),
                channel=Channel.EMAIL if forward else Channel.SLACK,
                provider="smtp" if forward else "slack",
                sender=origin.recipient,
                payload={"review": review_id, **notice.facts},
                raw=notice.raw,
                entry_id=entry_id,
                message_id=origin.message_id,
                repeatable=True,
                created_at=self._now,
                due_at=self._now,
            )
        )

    def _answer(self, answer: Answer | None, origin: Origin, entry_id: str) -> str:
        if answer is None:
            return ""
        note_answer(self._session, self._address, self._now)
        outbox_id = self._new_id()
        payload: dict[str, Json] = {
            "text": answer.text,
            "subject": answer.subject,
            "lang": answer.lang,
            "template": answer.template,
            "question": str(answer.question),
            "place": origin.place,
            "choices": list(answer.choices),
        }
        if origin.thread is not None:
            payload["thread"] = {
                "message_id": origin.thread.message_id,
                "references": origin.thread.references,
                "subject": origin.thread.subject,
                "return_path": origin.thread.return_path,
            }
        self._session.promise(
            OutboxItem(
                id=outbox_id,
                addr=self._addr,
                kind=str(answer.kind),
                channel=self._address.channel,
                provider=origin.provider,
                sender=origin.recipient,
                payload=payload,
                entry_id=entry_id,
                message_id=origin.message_id,
                confirmation=answer.confirmation,
                repeatable=False,
                state=OutboxState.INLINE if origin.inline else OutboxState.PENDING,
                created_at=self._now,
                due_at=self._now,
                expires_at=answer.expires_at,
            )
        )
        return outbox_id


def _with_answer(decision: Decision, origin: Origin) -> Sequence[NewEntry]:
    """The entries; the last holds our answer, verbatim, to be sealed and proved with the rest.

    What became of the answer later (sent, dropped, unknown) is an entry of its own.
    """
    answer = decision.answer
    if answer is None:
        return decision.entries
    *before, last = decision.entries
    said: dict[str, Json] = {
        "kind": str(answer.kind),
        "template": answer.template,
        "lang": answer.lang,
        "text": answer.text,
        "in_response": origin.inline,
    }
    return (*before, replace(last, facts={**last.facts, "answer": said}))
