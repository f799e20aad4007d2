"""What stands between an address and a sender of ours: events heard, questions open, sends told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select, update

from bot.model import Context, Conversation, SentMessage
from storage.addresses import Addresses
from storage.errors import Conflict
from storage.rows import EventRow, SendsAround
from storage.schema import conversations, events, sends
from storage.sql import (
    Insertion,
    Row,
    Statement,
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    param,
    plain,
    upsert,
)

_ADDR = param("addr")
_SENDER = param("sender")
_EVENT = Statement(
    select(events.c.message_id, events.c.outcome, events.c.outbox_id, events.c.received_at).where(
        events.c.addr == _ADDR, events.c.key == param("key")
    ),
    of_one=True,
)
_ADD_EVENT = Insertion(events)
_CONVERSATION = Statement(
    select(conversations.c.version, conversations.c.state).where(
        conversations.c.addr == _ADDR, conversations.c.sender == _SENDER
    ),
    of_one=True,
)
_ADD_CONVERSATION = Insertion(conversations)
_CHANGE_CONVERSATION = Statement(
    update(conversations)
    .where(
        conversations.c.addr == _ADDR,
        conversations.c.sender == _SENDER,
        conversations.c.version == param("before"),
    )
    .values(version=param("after"), state=param("new_state"))
)
_ADD_SEND = upsert(sends)
_SEND = select(sends.c.sender, sends.c.topic, sends.c.lang, sends.c.sent_at, sends.c.choices)
_LAST_SEND = Statement(
    _SEND.where(sends.c.addr == _ADDR, sends.c.sender == _SENDER)
    .order_by(sends.c.sent_at.desc(), sends.c.id.desc())
    .limit(1),
    of_one=True,
)
_LAST_BEFORE = Statement(
    select(func.max(sends.c.sent_at)).where(
        sends.c.addr == _ADDR, sends.c.sent_at < param("begin")
    ),
    of_one=True,
)
_BETWEEN = Statement(
    select(func.count()).where(
        sends.c.addr == _ADDR, sends.c.sent_at >= param("begin"), sends.c.sent_at < param("end")
    )
)
_IN_SPITE = Statement(
    select(func.count()).where(
        sends.c.addr == _ADDR, sends.c.sent_at >= param("begin"), sends.c.after_stop == 1
    )
)
_SEND_BY_REFERENCE = Statement(
    _SEND.where(sends.c.addr == _ADDR, sends.c.message_ref == param("ref"))
    .order_by(sends.c.sent_at.desc())
    .limit(1)
)


class Conversations(Addresses):
    def event(self, addr: bytes, key_parts: tuple[str, str, str]) -> EventRow | None:
        """What became of this inbound message when it came first: provider, account, event id."""
        if self._has_none(addr, events):
            return None
        row = self._main.one(_EVENT, addr=addr, key=self._vault.event_hash(key_parts))
        if row is None:
            return None
        return EventRow(
            message_id=row[0], outcome=row[1], outbox_id=row[2], received_at=instant(row[3])
        )

    def remember_event(
        self,
        addr: bytes,
        key_parts: tuple[str, str, str],
        message_id: str,
        outcome: str,
        outbox_id: str | None,
        received_at: datetime,
    ) -> None:
        """So that the message has its effect once.

        Raises:
            Conflict: it already had.
        """
        self._keep(
            _ADD_EVENT,
            addr=addr,
            key=self._vault.event_hash(key_parts),
            message_id=plain(message_id),
            outcome=outcome,
            outbox_id=outbox_id,
            received_at=micros(received_at),
        )

    def conversation(self, addr: bytes, sender: str) -> Conversation:
        """Version 0 where nothing was said yet."""
        if self._has_none(addr, conversations):
            return Conversation()
        row = self._main.one(_CONVERSATION, addr=addr, sender=plain(sender))
        return Conversation() if row is None else _conversation(row)

    def save_conversation(
        self, addr: bytes, sender: str, conversation: Conversation
    ) -> Conversation:
        """Keep it under the next version; `conversation.version` is the one that was read.

        Raises:
            Conflict: it moved since; this unit is rolled back.
        """
        before = conversation.version
        saved = replace(conversation, version=before + 1)
        state = _state(saved)
        if before == 0:
            self._keep(_ADD_CONVERSATION, addr=addr, sender=plain(sender), version=1, state=state)
        elif not self._main.run(
            _CHANGE_CONVERSATION,
            addr=addr,
            sender=plain(sender),
            before=before,
            after=saved.version,
            new_state=state,
        ):
            raise Conflict("the conversation moved since it was read")
        return saved

    def record_send(
        self,
        addr: bytes,
        sent: SentMessage,
        *,
        id: str,  # noqa: A002 - callers say id
        message_ref: str = "",
        after_stop: bool = False,
    ) -> None:
        """Remember that the company sent this; the same id and time again changes nothing.

        `message_ref` is the provider's id of the message, kept as a keyed hash. `after_stop` says
        that it went out although the address was suppressed.
        """
        self._kept.add((addr, sends.name))
        self._main.run(
            _ADD_SEND,
            addr=addr,
            sender=plain(sent.sender),
            sent_at=micros(sent.sent_at),
            id=plain(id),
            topic=plain(sent.topic),
            lang=plain(sent.lang),
            message_ref=self._vault.reference_hash(message_ref) if message_ref else None,
            choices=json.dumps(sent.choices),
            after_stop=int(after_stop),
        )

    def last_send(self, addr: bytes, sender: str) -> SentMessage | None:
        if self._has_none(addr, sends):
            return None
        row = self._main.one(_LAST_SEND, addr=addr, sender=plain(sender))
        return None if row is None else _sent(row)

    def sends_around(self, addr: bytes, acted: datetime, blocked: datetime) -> SendsAround:
        """What the company said it sent to this address before, until and after the block."""
        last = self._main.one(_LAST_BEFORE, addr=addr, begin=micros(acted))
        [(between,)] = self._main.all(_BETWEEN, addr=addr, begin=micros(acted), end=micros(blocked))
        [(after,)] = self._main.all(_IN_SPITE, addr=addr, begin=micros(blocked))
        before = instant_or_none(last[0]) if last else None
        return SendsAround(last_before=before, between=between, after=after)

    def send_by_reference(self, addr: bytes, message_ref: str) -> SentMessage | None:
        """The message that this one answers, by the provider's id of it."""
        row = self._main.one(
            _SEND_BY_REFERENCE, addr=addr, ref=self._vault.reference_hash(message_ref)
        )
        return None if row is None else _sent(row)


def _sent(row: Row) -> SentMessage:
    return SentMessage(
        sender=row[0],
        topic=row[1],
        lang=row[2],
        sent_at=instant(row[3]),
        choices=tuple(json.loads(row[4])),
    )


def _state(conversation: Conversation) -> str:
    return json.dumps(
        {
            "asked": conversation.asked.value,
            "choices": conversation.choices,
            "asked_until": micros_or_none(conversation.asked_until),
            "lang": conversation.lang,
            "last_opt_in_at": micros_or_none(conversation.last_opt_in_at),
            "clarified_at": micros_or_none(conversation.clarified_at),
            "stopped_again_at": micros_or_none(conversation.stopped_again_at),
            "heard_at": micros_or_none(conversation.heard_at),
        }
    )


def _conversation(row: Row) -> Conversation:
    state = json.loads(row[1])
    return Conversation(
        version=row[0],
        asked=Context(state["asked"]),
        choices=tuple(state["choices"]),
        asked_until=instant_or_none(state["asked_until"]),
        lang=state["lang"],
        last_opt_in_at=instant_or_none(state["last_opt_in_at"]),
        clarified_at=instant_or_none(state["clarified_at"]),
        # what older rows do not have
        stopped_again_at=instant_or_none(state.get("stopped_again_at")),
        heard_at=instant_or_none(state.get("heard_at")),
    )
