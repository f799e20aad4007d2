"""GET /v1/suppressions: what one address must not get; for an admin, of all addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from bot.model import Actor, Address, Channel, Hold, Role, Suppression
from handlers.parts import Parts
from handlers.web.api import wire
from handlers.web.api.auth import require
from handlers.web.api.operation import Operation, Operations, Reply

PAGE = 1000


class Listing(wire.Query):
    address: Annotated[str, Field(max_length=500, description="Without it: all, for an admin.")] = (
        ""
    )
    channel: wire.ChannelName = None
    cursor: Annotated[
        str,
        Field(
            pattern=r"^([0-9a-f]{32}\.[a-z0-9:_-]{1,80})?$",
            description="`next` of the page before.",
        ),
    ] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 100


class Suppressed(BaseModel):
    """`channel` and `address` are null once the address was erased."""

    channel: Channel | None
    address: str | None
    scope: str
    hold: Hold
    since: datetime
    until: datetime | None
    entry: str
    flags: list[str]


class SuppressionPage(BaseModel):
    """`next` is the cursor of the next page, null on the last."""

    suppressions: list[Suppressed]
    next: str | None


def operations(parts: Parts) -> Operations:
    def suppressions(actor: Actor, asked: Listing) -> Reply:
        now = parts.clock()
        if asked.address:
            address = wire.address_of(parts, unplussed(asked.address), asked.channel)
            standing = parts.store.read(
                lambda session: session.suppressions(session.hash_of(address), now)
            )
            found = [_suppressed(address, one) for one in standing]
            return Reply(body=SuppressionPage(suppressions=found, next=None))
        require(actor, Role.ADMIN)
        rows = parts.store.read(lambda session: session.all_suppressions(asked.cursor, asked.limit))
        return Reply(
            body=SuppressionPage(
                suppressions=[
                    _suppressed(row.address, row.suppression)
                    for row in rows
                    if row.suppression.until is None or row.suppression.until > now
                ],
                next=rows[-1].cursor if len(rows) == asked.limit else None,
            )
        )

    return (
        Operation(
            method="GET",
            path="/v1/suppressions",
            name="listSuppressions",
            summary="What an address must not get; without `address` all of them (role admin)",
            role=Role.CHECK,
            takes=Listing,
            gives={200: SuppressionPage},
            run=suppressions,
        ),
    )


def unplussed(text: str) -> str:
    """In a query string an unescaped `+` means a space; no number begins with one."""
    return f"+{text[1:]}" if text[:1] == " " and text[1:2].isdigit() else text


def _suppressed(address: Address | None, one: Suppression) -> Suppressed:
    return Suppressed(
        channel=address.channel if address else None,
        address=address.value if address else None,
        scope=str(one.scope),
        hold=one.hold,
        since=one.since,
        until=one.until,
        entry=one.entry_id,
        flags=sorted(one.flags),
    )
