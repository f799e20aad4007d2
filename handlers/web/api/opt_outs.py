"""POST /v1/opt-outs: an opt-out that the company heard elsewhere."""

from __future__ import annotations

from pydantic import Field

from bot.model import Act, Actor, Role
from handlers.parts import Parts
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply
from handlers.web.api.recordings import Heard, Recorded, record


class OptOut(Heard):
    confirm: bool = Field(
        default=False, description="Send the one confirmation to the address; needs `sender`."
    )


def operations(parts: Parts) -> Operations:
    def opt_out(actor: Actor, heard: OptOut) -> Reply:
        if heard.confirm and not heard.sender:
            raise wire.Invalid(
                wire.Problem(field="sender", problem="is needed to send a confirmation from")
            )
        return record(parts, actor, Act.OPT_OUT, heard, confirm=heard.confirm)

    return (
        Operation(
            method="POST",
            path="/v1/opt-outs",
            name="recordOptOut",
            summary="Record an opt-out that was heard elsewhere",
            role=Role.RECORD,
            takes=OptOut,
            gives={201: Recorded, 200: Recorded},
            run=opt_out,
            refuses=(409,),
            idempotent=True,
            example={
                "address": "+12025550123",
                "scope": "channel",
                "words": "asked our agent to stop the texts",
                "heard_at": "2026-05-01T09:30:00Z",
                "source": "phone",
            },
        ),
    )
