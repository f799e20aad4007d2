"""POST /v1/check and /v1/check/batch: may this be sent?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from bot import addresses
from bot.model import Actor, Address, Channel, Hold, Role
from bot.verdict import Ruling
from handlers import checking
from handlers.parts import Parts
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply

BATCH = 1000
Topic = Annotated[str, Field(max_length=64, description="Empty asks for marketing.")]
Program = Annotated[str, Field(max_length=64, description="Whose message it is, if known.")]


class Check(wire.Body):
    address: wire.AddressText
    channel: wire.ChannelName = None
    topic: Topic = ""
    program: Program = ""


class CheckBatch(wire.Body):
    addresses: Annotated[list[wire.AddressText], Field(max_length=BATCH)]
    channel: wire.ChannelName = None
    topic: Topic = ""
    program: Program = ""


class Cause(BaseModel):
    """A suppression that forbids it; `linked`: of another address of the same contact."""

    scope: str
    hold: Hold
    since: datetime
    until: datetime | None
    entry: str
    linked: bool


class Checked(BaseModel):
    allowed: bool
    because: list[Cause]


class CheckedOne(Checked):
    """`problem` says why an address could not be checked; then it is not allowed."""

    problem: str | None = None


class CheckedBatch(BaseModel):
    """In the order of the request."""

    results: list[CheckedOne]


def operations(parts: Parts) -> Operations:
    def check(_actor: Actor, asked: Check) -> Reply:
        address = wire.address_of(parts, asked.address, asked.channel)
        wire.known_names(parts, topic=asked.topic, program=asked.program)
        question = checking.Question(topic=asked.topic, program=asked.program)
        now = parts.clock()
        ruling = checking.check(parts.store, parts.policy, address, question, now)
        return Reply(body=Checked(allowed=ruling.allowed, because=causes(ruling)))

    def check_batch(_actor: Actor, asked: CheckBatch) -> Reply:
        found = [_parsed(parts, text, asked.channel) for text in asked.addresses]
        known = [one for one in found if isinstance(one, Address)]
        wire.known_names(parts, topic=asked.topic, program=asked.program)
        question = checking.Question(topic=asked.topic, program=asked.program)
        now = parts.clock()
        rulings = iter(checking.check_many(parts.store, parts.policy, known, question, now))
        return Reply(
            body=CheckedBatch(
                results=[
                    _checked(next(rulings)) if isinstance(one, Address) else one for one in found
                ]
            )
        )

    return (
        Operation(
            method="POST",
            path="/v1/check",
            name="check",
            summary="May this be sent to the address now?",
            role=Role.CHECK,
            takes=Check,
            gives={200: Checked},
            run=check,
            example={"address": "+1 202 555 0123", "topic": "promotions"},
        ),
        Operation(
            method="POST",
            path="/v1/check/batch",
            name="checkBatch",
            summary=f"The same for up to {BATCH} addresses",
            role=Role.CHECK,
            takes=CheckBatch,
            gives={200: CheckedBatch},
            run=check_batch,
            example={"addresses": ["+12025550123", "ann@example.com"], "topic": "promotions"},
        ),
    )


def causes(ruling: Ruling) -> list[Cause]:
    return [
        Cause(
            scope=str(one.scope),
            hold=one.hold,
            since=one.since,
            until=one.until,
            entry=one.entry_id,
            linked=one.linked,
        )
        for one in ruling.because
    ]


def _parsed(parts: Parts, text: str, channel: Channel | None) -> Address | CheckedOne:
    try:
        return addresses.parse(text, region=parts.policy.region, channel=channel)
    except addresses.AddressError as error:
        return CheckedOne(allowed=False, because=[], problem=str(error))


def _checked(ruling: Ruling) -> CheckedOne:
    return CheckedOne(allowed=ruling.allowed, because=causes(ruling))
