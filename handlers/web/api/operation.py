"""One operation of the API: its route, who may, what it takes and gives.

The blueprint routes, guards and parses by this description, and `openapi.py` documents it, so that
neither can say something else than what happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, Generic, Literal, TypeVar

from pydantic import BaseModel

from bot.model import Actor, Role

Given = TypeVar("Given", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    body: BaseModel
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Given]):
    """`takes` is the JSON body of a POST and the query of a GET; `run` gets it validated.

    `path` is Flask's; its `<names>` arrive at `run` as keywords. `gives` says what answers with
    which status. `refuses` are the errors beside those that every operation can have.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    summary: str
    role: Role
    takes: type[Given]
    gives: Mapping[int, type[BaseModel]]
    run: Callable[Concatenate[Actor, Given, ...], Reply]
    example: Mapping[str, Any] = field(default_factory=dict)
    refuses: tuple[int, ...] = ()
    idempotent: bool = False  # heeds the Idempotency-Key header


Operations = tuple[Operation[Any], ...]
