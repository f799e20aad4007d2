"""POST /v1/reverts: take back the stops of one flood of forged mails."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from bot.model import Actor, Role
from handlers.parts import Parts
from handlers.reverting import revert
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply


class Batch(wire.Body):
    batch: Annotated[
        str,
        Field(pattern=r"^[0-9]{10}-[a-z2-7]{8}$", description="As the alert names it."),
    ]


class RevertedOut(BaseModel):
    """`found` stops were in the batch; those that were said again or decided meanwhile stand."""

    found: int
    reverted: int


def operations(parts: Parts) -> Operations:
    def take_back(actor: Actor, asked: Batch) -> Reply:
        done = revert(parts, asked.batch, actor)
        return Reply(status=200, body=RevertedOut(found=done.found, reverted=done.reverted))

    return (
        Operation(
            method="POST",
            path="/v1/reverts",
            name="revertBatch",
            summary="Take back the unproved stops of one batch",
            role=Role.ADMIN,
            takes=Batch,
            gives={200: RevertedOut},
            run=take_back,
            example={"batch": "2026112512-abcdefgh"},
        ),
    )
