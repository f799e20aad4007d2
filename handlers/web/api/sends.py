"""POST /v1/sends: what the company sent, as the context of replies; and whether it might have.

No address is created for it: a person who never wrote leaves a keyed hash, not an address.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from bot.model import Actor, Address, Role, SentMessage
from handlers import checking
from handlers.pace import note_sends
from handlers.parts import Parts
from handlers.recorder import new_id
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply
from handlers.web.api.recordings import Contact, Sender
from storage import Session

log = logging.getLogger("heed.api")

BATCH = 1000
UNIT = 100  # sends in one transaction: others wait no longer than for these


class Send(wire.Body):
    address: wire.AddressText
    channel: wire.ChannelName = None
    sender: Annotated[Sender, Field(min_length=1)]
    topic: wire.Name | None = None
    program: wire.Name | None = None
    lang: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    message_id: Annotated[
        str, Field(max_length=998, description="The provider's id of it; counted once.")
    ] = ""
    choices: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
        Field(max_length=20, description="The answers that it offered, such as YES and NO."),
    ] = ()
    sent_at: wire.Moment | None = None
    contact: Contact = ""


class SendBatch(wire.Body):
    sends: Annotated[list[Send], Field(max_length=BATCH)]


class Sent(BaseModel):
    """`after_stop`: the address was blocked for it when it was sent."""

    after_stop: bool


class SentBatch(BaseModel):
    """`after_stop` in the order of the request."""

    after_stop: list[bool]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """`counts`: Heed was not told of this send before."""

    after_stop: bool
    counts: bool


def operations(parts: Parts) -> Operations:
    def send(actor: Actor, sent: Send) -> Reply:
        [after_stop] = _record(parts, actor, [(sent, "")])
        return Reply(body=Sent(after_stop=after_stop), status=202)

    def sends(actor: Actor, batch: SendBatch) -> Reply:
        named = [(sent, f"sends.{number}.") for number, sent in enumerate(batch.sends)]
        after = _record(parts, actor, named)
        return Reply(body=SentBatch(after_stop=after, count=sum(after)), status=202)

    return (
        Operation(
            method="POST",
            path="/v1/sends",
            name="recordSend",
            summary="Tell Heed of a message that was sent",
            role=Role.RECORD,
            takes=Send,
            gives={202: Sent},
            run=send,
            refuses=(409,),
            example={
                "address": "+12025550123",
                "sender": "+12025550100",
                "topic": "promotions",
                "lang": "en",
                "message_id": "campaign-17/4711",
            },
        ),
        Operation(
            method="POST",
            path="/v1/sends/batch",
            name="recordSends",
            summary=f"Tell Heed of up to {BATCH} messages; safe to repeat where each has an id",
            role=Role.RECORD,
            takes=SendBatch,
            gives={202: SentBatch},
            run=sends,
            refuses=(409,),
            example={"sends": [{"address": "ann@example.com", "sender": "news@example.com"}]},
        ),
    )


def _record(parts: Parts, actor: Actor, named: Sequence[tuple[Send, str]]) -> list[bool]:
    now = parts.clock()
    todo: list[tuple[Send, Address, datetime]] = []
    for sent, where in named:
        address = wire.address_of(parts, sent.address, sent.channel, f"{where}address")
        wire.not_future(sent.sent_at, now, f"{where}sent_at")
        todo.append((sent, address, sent.sent_at or now))
    after: list[bool] = []
    for start in range(0, len(todo), UNIT):
        unit = todo[start : start + UNIT]
        after += parts.store.write(lambda session, unit=unit: _unit(session, parts, unit, now))  # type: ignore[misc]
    if any(after):
        log.warning("sent after a stop: %d of %d actor=%s", sum(after), len(after), actor.name)
    return after


def _unit(
    session: Session, parts: Parts, unit: Sequence[tuple[Send, Address, datetime]], now: datetime
) -> list[bool]:
    session.lock(*{session.hash_of(address) for _, address, _ in unit})
    told = [_one(session, parts, sent, address, at, now) for sent, address, at in unit]
    counted = [
        (sent.sender, sent.topic or "", at)
        for (sent, _, at), one in zip(unit, told, strict=True)
        if one.counts
    ]
    note_sends(session, counted, session.chance(1)[0])
    return [one.after_stop for one in told]


def _one(
    session: Session, parts: Parts, sent: Send, address: Address, at: datetime, now: datetime
) -> _Told:
    addr = session.hash_of(address)
    if sent.contact:
        session.link_contact(addr, sent.contact)
    sender = parts.policy.sender(address.channel, sent.sender)
    question = checking.Question(topic=sent.topic or "", program=sent.program or sender.program)
    ruling = checking.rule(session, parts.policy, address, question, at)
    after_stop = any(one.since <= at for one in ruling.because)
    if sent.message_id and session.send_by_reference(addr, sent.message_id) is not None:
        return _Told(after_stop=after_stop, counts=False)
    session.record_send(
        addr,
        SentMessage(
            sender=sent.sender,
            topic=sent.topic or "",
            lang=sent.lang or "",
            sent_at=at,
            choices=sent.choices,
        ),
        id=new_id(now),
        message_ref=sent.message_id,
        after_stop=after_stop,
    )
    return _Told(after_stop=after_stop, counts=True)
