"""GET /v1/reports: the monthly proof sheet, as `heed report` prints it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from bot.model import Actor, Role
from bot.sheet import Month, Sheet
from handlers.parts import Parts
from handlers.reporting import report
from handlers.web.api import wire
from handlers.web.api.operation import Operation, Operations, Reply


class Asked(wire.Query):
    month: Annotated[
        str,
        Field(
            pattern=r"^(2[0-9]{3}-(0[1-9]|1[0-2]))?$",
            description="`YYYY-MM`, in UTC; the running month where it is not given.",
        ),
    ] = ""


class Report(RootModel[Sheet]):
    """Numbers, names of rules and versions; no address and no word."""


def operations(parts: Parts) -> Operations:
    def reports(_actor: Actor, asked: Asked) -> Reply:
        now = parts.clock()
        month = Month.parse(asked.month) if asked.month else Month.of(now)
        return Reply(body=Report(report(parts.store, parts.policy, month, now)))

    return (
        Operation(
            method="GET",
            path="/v1/reports",
            name="readReport",
            summary="The proof sheet of one month: how soon stops were heeded, and what is overdue",
            role=Role.ADMIN,
            takes=Asked,
            gives={200: Report},
            run=reports,
        ),
    )
