"""The desk: the only way in. Read; then one transaction of dedupe, decide, record, enqueue; answer.

`receive` returns only after the commit, so whoever it returns to may say 200 or 250. It raises
`StoreUnavailable` when nothing was kept; then the other side must come again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, Protocol

from bot.decide import decide_message
from bot.decide.answers import Voice
from bot.joining import belongs, joined, whole
from bot.model import (
    Channel,
    Context,
    Conversation,
    Inbound,
    InboundMessage,
    Intent,
    Over,
    Reading,
    Recording,
    ReviewDecision,
    ReviewUndo,
)
from bot.reading import READ_LIMIT
from bot.zones import zone_of
from handlers.contacts import link_told
from handlers.mail_ceiling import ceiling, note_ceiling_told
from handlers.receipt import Receipt
from handlers.recorder import Origin, Recorder, Routes, new_id
from handlers.recording_desk import Recordings
from handlers.review_desk import Deciding
from handlers.standing import standing_of
from storage import Session, Store
from storage.rows import EventRow

log = logging.getLogger("heed.desk")

READ_AGAIN = 5
"""How often a message is read anew because the conversation moved meanwhile."""

UNREAD = Reading(intent=Intent.AMBIGUOUS, confidence=0.0, rule="unread", version="-")


class Reader(Protocol):
    """Reads a text in its context; pure and total."""

    def __call__(
        self,
        text: str,
        *,
        channel: Channel,
        context: Context,
        choices: tuple[str, ...],
        lang: str | None,
        sender: str = "",
        at: datetime | None = None,
    ) -> Reading: ...


class Read(NamedTuple):
    """A reading, and the conversation that it was made in."""

    seen: Conversation
    reading: Reading

    def holds_in(self, found: Conversation) -> bool:
        """Whether reading again in the conversation that was found could say anything else."""
        seen = self.seen
        asked = (seen.asked, seen.choices, seen.asked_until)
        same = asked == (found.asked, found.choices, found.asked_until)
        # the conversation's language only helps where the words tell none
        return same and (self.reading.lang is not None or seen.lang == found.lang)


class _Moved(Exception):  # noqa: N818 - it names what happened
    """The conversation is another than the one that the text was read in."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self.conversation = conversation


class Desk:
    """All parts are joined in `handlers/parts.py`; `clock` returns the present instant in UTC."""

    def __init__(
        self,
        *,
        store: Store,
        voice: Voice,
        reader: Reader,
        clock: Callable[[], datetime],
        routes: Routes,
    ) -> None:
        self.store = store
        self.voice = voice
        self.clock = clock
        self._reader = reader
        self._routes = routes
        self._reviews = Deciding(voice=voice, clock=clock, routes=routes)
        self._recordings = Recordings(voice=voice, clock=clock, routes=routes)

    def receive(self, inbound: Inbound) -> Receipt:
        """Take one inbound value in and return after the commit.

        Raises:
            StoreUnavailable: nothing was kept.
            NotAllowed, NotFound, Conflict: an actor's recording or decision was refused.
        """
        if isinstance(inbound, InboundMessage | Recording):
            ours = self.voice.policy.known_as(inbound.address.channel, inbound.recipient)
            inbound = replace(inbound, recipient=ours) if ours != inbound.recipient else inbound
        match inbound:
            case InboundMessage():
                receipt = self._part(inbound) if inbound.part else self._message(inbound)
                link_told(self.store, inbound.address, inbound.also)
                log.info(
                    "heard message=%s provider=%s channel=%s kind=%s intent=%s outcome=%s%s",
                    receipt.message_id,
                    inbound.provider,
                    inbound.address.channel,
                    inbound.kind,
                    receipt.reading.intent if receipt.reading else "-",
                    receipt.outcome,
                    " duplicate" if receipt.duplicate else "",
                )
            case Recording():
                receipt = self.store.write(
                    lambda session: self._recordings.record(session, inbound),
                    about=self.store.address_hash(inbound.address),
                )
                link_told(self.store, inbound.address, inbound.also)
                log.info(
                    "recorded message=%s source=%s act=%s actor=%s outcome=%s",
                    receipt.message_id,
                    inbound.source,
                    inbound.act,
                    inbound.actor.name,
                    receipt.outcome,
                )
            case ReviewDecision() | ReviewUndo():
                receipt = self.store.write(lambda session: self._reviews.decide(session, inbound))
                log.info(
                    "decided review=%s verdict=%s actor=%s outcome=%s",
                    receipt.review_id,
                    inbound.verdict if isinstance(inbound, ReviewDecision) else "undo",
                    inbound.actor.name,
                    receipt.outcome,
                )
        return receipt

    def weigh(self, recording: Recording) -> Receipt:
        """What `receive` would say of it now; nothing is recorded.

        Raises:
            StoreUnavailable, NotAllowed: as `receive` does.
        """
        return self.store.read(lambda session: self._recordings.weigh(session, recording))

    def join(self, addr: bytes, of_whole: bytes, *, unread: str = "") -> Receipt | None:
        """Read what there is of a text in parts; None where somebody else just did.

        With `unread`, why that is not possible, a person reads it instead.

        Raises:
            StoreUnavailable: it waits on.
        """
        parts = self.store.read(lambda session: session.parts(addr, of_whole))
        return self.receive(replace(joined(parts), unread=unread)) if parts else None

    # --- what people and machines sent -----------------------------------------------------------

    def _part(self, message: InboundMessage) -> Receipt:
        """Keep a part of a long text, and read the text with the last of them.

        What dies in between waits for `handlers.joining`, whole or not.
        """
        kept = self.store.write(
            lambda session: self._keep_part(session, message),
            about=self.store.address_hash(message.address),
        )
        if isinstance(kept, Receipt):
            return kept
        if not belongs(message, kept):
            return self._message(replace(message, part=None))
        if whole(kept):
            return self._message(joined(kept))
        return Receipt(outcome="part_kept", message_id="")

    def _keep_part(
        self, session: Session, message: InboundMessage
    ) -> Receipt | list[InboundMessage]:
        """All that there are of its text; the receipt of the text where that was read already."""
        now = self.clock()
        addr = session.touch(message.address, now)
        event = session.event(addr, (message.provider, message.account, message.event_id))
        if event is not None:
            return self._again(session, addr, event, message)
        known = session.parts_beside(message)
        if not belongs(message, known):
            return known
        return session.keep_part(message, now + self.voice.policy.clocks.parts)

    def _message(self, message: InboundMessage) -> Receipt:
        if len(message.text) > READ_LIMIT:  # what was not read may say stop: a person looks
            message = replace(message, cut=True)
        addr = self.store.address_hash(message.address)
        message_id = new_id(message.received_at)
        seen = Conversation()  # most people were asked nothing; the transaction looks
        for _ in range(READ_AGAIN):
            before = Read(seen, self._read(message, seen))
            try:
                return self.store.write(
                    lambda session, before=before: self._record_message(  # type: ignore[misc]
                        session, addr, message, message_id, before
                    ),
                    about=addr,
                )
            except _Moved as moved:
                seen = moved.conversation
        # Somebody writes into this conversation without pause: read it where nobody can.
        return self.store.write(
            lambda session: self._record_message(session, addr, message, message_id, None)
        )

    def _read(self, message: InboundMessage, seen: Conversation) -> Reading:
        if message.unread:
            return UNREAD
        asked = seen.asked
        if seen.asked_until is not None and message.received_at > seen.asked_until:
            asked = Context.NONE
        policy = self.voice.policy
        sender = policy.sender(message.address.channel, message.recipient)
        written = min(message.occurred_at or message.received_at, message.received_at)
        return self._reader(
            message.text,
            channel=message.address.channel,
            context=asked,
            choices=seen.choices if asked is Context.SCOPE_ASKED else (),
            lang=seen.lang or None,
            sender=message.recipient,
            at=written.astimezone(zone_of(message.address, sender, policy)),
        )

    def _record_message(
        self,
        session: Session,
        addr: bytes,
        message: InboundMessage,
        message_id: str,
        before: Read | None,
    ) -> Receipt:
        now = self.clock()
        session.touch(message.address, now)
        keys = _keys(message)
        for key in keys:  # of a text in parts, any: the others wait on and are read by themselves
            event = session.event(addr, key)
            if event is not None:
                return self._again(session, addr, event, message)
        conversation = session.conversation(addr, message.recipient)
        if before is None:
            before = Read(conversation, self._read(message, conversation))
        elif not before.holds_in(conversation):
            raise _Moved(conversation)
        policy = self.voice.policy
        full = ceiling(session, message.address, policy, now)
        standing = standing_of(
            session, addr, message.recipient, conversation, now, mail_ceiling=full
        )
        decision = decide_message(message, before.reading, standing, self.voice, now)
        recorder = Recorder(
            session, addr, message.address, self._routes, now, policy=policy.version
        )
        if full is Over.NEWS:
            note_ceiling_told(session, message.address, policy, now)
        receipt, outbox_id = recorder.record(decision, Origin.of(message, message_id))
        for key in keys:
            session.remember_event(
                addr, key, message_id, decision.outcome, outbox_id or None, message.received_at
            )
        session.drop_parts(addr, message)
        return replace(receipt, reading=before.reading)

    def _again(
        self, session: Session, addr: bytes, event: EventRow, message: InboundMessage
    ) -> Receipt:
        """A provider's retry: the same answer, unless it would come too late to be the one."""
        text = ""
        late = message.received_at - event.received_at > self.voice.policy.clocks.inline_replay
        if event.outbox_id and message.answers_inline and not late:
            item = session.item(addr, event.outbox_id)
            text = str(item.payload.get("text", "")) if item is not None else ""
        return Receipt(
            outcome=event.outcome,
            message_id=event.message_id,
            duplicate=True,
            inline_text=text,
        )


def _keys(message: InboundMessage) -> list[tuple[str, str, str]]:
    """What makes it happen once: its event, and those of the parts that it was joined from."""
    events = message.joined or (message.event_id,)
    return [(message.provider, message.account, event_id) for event_id in events]
