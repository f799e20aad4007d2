"""POST /v1/opt-ins: a renewed consent, with the evidence of it. It is what lifts a stop."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.model import Act, Actor, Role
from handlers.parts import Parts
from handlers.web.api.operation import Operation, Operations, Reply
from handlers.web.api.recordings import Heard, Recorded, record


class OptIn(Heard):
    evidence: Annotated[
        str,
        Field(
            pattern=r"\S",
            max_length=10_000,
            description="Where, when and how the person asked for it.",
        ),
    ]


def operations(parts: Parts) -> Operations:
    def opt_in(actor: Actor, heard: OptIn) -> Reply:
        return record(parts, actor, Act.OPT_IN, heard, evidence=heard.evidence)

    return (
        Operation(
            method="POST",
            path="/v1/opt-ins",
            name="recordOptIn",
            summary="Record a renewed opt-in, with its evidence",
            role=Role.ADMIN,
            takes=OptIn,
            gives={201: Recorded, 200: Recorded},
            run=opt_in,
            refuses=(409,),
            idempotent=True,
            example={
                "address": "ann@example.com",
                "scope": "channel",
                "evidence": "ticked the box of the form at /newsletter on 2026-05-01, form v7",
                "source": "website",
            },
        ),
    )
