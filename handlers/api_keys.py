"""The bearer keys of `/v1`: HEED_API_KEYS, each with the name and the role of who holds it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.model import Role


class ApiKey(BaseModel):
    """A bearer key: who it is, and what it may do."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str
    role: Role
    key: str = Field(repr=False)


def _api_keys(value: object) -> object:
    keys = []
    for number, spelling in enumerate(value.split(",") if isinstance(value, str) else [], 1):
        fields = spelling.strip().split(":")
        if len(fields) == 1 and fields[0]:
            keys.append(ApiKey(name=f"key{number}", role=Role.CHECK, key=fields[0]))
        elif len(fields) == 3 and all(fields) and fields[1] in set(Role):  # noqa: PLR2004
            keys.append(ApiKey(name=fields[0], role=Role(fields[1]), key=fields[2]))
        else:
            raise ValueError(
                f"has an entry, number {number}, that is neither KEY nor name:role:KEY"
            )
    if len({one.key for one in keys}) < len(keys):
        raise ValueError("has the same key twice, so that nobody can say what it may do")
    return tuple(keys)


ApiKeys = Annotated[tuple[ApiKey, ...], BeforeValidator(_api_keys)]
