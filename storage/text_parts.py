"""Parts of long texts, kept until the text is whole or its time is up (`bot.joining`)."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import delete, select

from bot.model import Address, InboundMessage, MessageKind, TextPart
from storage.addresses import Addresses
from storage.schema import text_parts
from storage.sql import Statement, instant, instant_or_none, micros, micros_or_none, param, upsert

_C = text_parts.c
_ADDR = param("addr")
_KEEP = upsert(text_parts)
_OF_WHOLE = Statement(
    select(_C.event, _C.due_at, _C.message_ct).where(
        _C.addr == _ADDR, _C.whole == param("of_whole")
    )
)
_DUE = Statement(
    select(_C.addr, _C.whole)
    .where(_C.due_at <= param("now"))
    .order_by(_C.due_at)
    .limit(param("limit"))
)
_DROP = Statement(delete(text_parts).where(_C.addr == _ADDR, _C.event == param("event")))


class TextParts(Addresses):
    def keep_part(self, message: InboundMessage, due_at: datetime) -> list[InboundMessage]:
        """Keep a part and return all that there are of its text, this one too.

        `due_at` holds for the first; the others are due with it. The same event is kept once.
        """
        addr, key = self.hash_of(message.address), self._key(message)
        due = [row[1] for row in self._main.all(_OF_WHOLE, addr=addr, of_whole=key)]
        event = self._vault.event_hash((message.provider, message.account, message.event_id))
        self._main.run(
            _KEEP,
            addr=addr,
            event=event,
            whole=key,
            due_at=min(due, default=micros(due_at)),
            message_ct=self.seal_for(addr, _spelled(message), "text_parts", event.hex()),
        )
        return self.parts(addr, key)

    def parts_beside(self, message: InboundMessage) -> list[InboundMessage]:
        """What there is of the text that a part belongs to, by its name."""
        return self.parts(self.hash_of(message.address), self._key(message))

    def _key(self, message: InboundMessage) -> bytes:
        """What the parts of one text have in common, apart from its writer."""
        part = message.part
        assert part is not None
        name = json.dumps([message.recipient, part.of, part.total])
        return self._vault.event_hash((message.provider, message.account, f"parts:{name}"))

    def parts(self, addr: bytes, whole: bytes) -> list[InboundMessage]:
        """What there is of one text, as `due_parts` names it; nothing once it was read."""
        address = self.address(addr)
        if address is None:
            return []
        found = []
        for event, _, sealed in self._main.all(_OF_WHOLE, addr=addr, of_whole=whole):
            plain = self.open_for(addr, sealed, "text_parts", event.hex())
            if plain is not None:
                found.append(_message(plain, address))
        return found

    def drop_parts(self, addr: bytes, message: InboundMessage) -> None:
        """The text was read: its parts are kept no longer."""
        for event_id in message.joined:
            event = self._vault.event_hash((message.provider, message.account, event_id))
            self._main.run(_DROP, addr=addr, event=event)

    def due_parts(self, now: datetime, limit: int) -> list[tuple[bytes, bytes]]:
        """Texts that wait no longer, of `limit` parts at most.

        Each is told by whose it is and by what `parts` knows it.
        """
        rows = self._main.all(_DUE, now=micros(now), limit=limit)
        return list(dict.fromkeys((row[0], row[1]) for row in rows))


def _spelled(message: InboundMessage) -> bytes:
    part = message.part
    assert part is not None
    return json.dumps(
        {
            "provider": message.provider,
            "account": message.account,
            "event_id": message.event_id,
            "recipient": message.recipient,
            "text": message.text,
            "received_at": micros(message.received_at),
            "occurred_at": micros_or_none(message.occurred_at),
            "provider_keyword": message.provider_keyword,
            "media_count": message.media_count,
            "in_reply_to": message.in_reply_to,
            "part": [part.of, part.number, part.total],
        }
    ).encode()


def _message(spelled: bytes, address: Address) -> InboundMessage:
    told = json.loads(spelled)
    of, number, total = told.pop("part")
    received_at, occurred_at = told.pop("received_at"), told.pop("occurred_at")
    return InboundMessage(
        kind=MessageKind.MESSAGE,
        address=address,
        received_at=instant(received_at),
        occurred_at=instant_or_none(occurred_at),
        part=TextPart(of=of, number=number, total=total),
        **told,
    )
