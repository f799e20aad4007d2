"""What comes over the wire, validated; and what goes back.

A refusal names the field and the problem and never repeats a value: values are addresses.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from flask import Response, request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from bot import addresses
from bot.model import Address, Channel
from handlers.checking import unknown
from handlers.parts import Parts
from handlers.web.api.operation import Reply

CLOCK_SKEW = timedelta(minutes=5)
FIRST_YEAR, LAST_YEAR = 2000, 2999  # beyond them a time is a mistake, and some overflow
_FIELD = re.compile(r"[a-z0-9_]{1,40}")
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")

M = TypeVar("M", bound=BaseModel)


class Problem(BaseModel):
    """One thing that is wrong; `field` is a path such as `sends.3.address`, empty for the whole."""

    field: str
    problem: str


class Invalid(Exception):  # noqa: N818 - it names what the request is
    """The request is well-formed and makes no sense: 422."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class Body(BaseModel):
    """A JSON body: no unknown fields, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Query(BaseModel):
    """A query string: no unknown names; everything arrives as text."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Nothing(Query):
    """An operation without a query."""


def _plausible(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"is not between the years {FIRST_YEAR} and {LAST_YEAR}")
    return moment.astimezone(UTC)


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_plausible),
    Field(description="RFC 3339 with a time zone, such as 2026-05-01T09:30:00Z."),
]
AddressText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="A phone number, mail address or Slack `team/user`, as people write them.",
    ),
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A topic or program, as `heed.toml` names it."""
ScopeText = Annotated[
    str,
    Field(
        pattern=r"^(channel|everything|(topic|program):[a-z0-9][a-z0-9_-]{0,63})$",
        description="`channel`, `everything`, `topic:NAME` or `program:NAME`.",
    ),
]
ChannelName = Annotated[
    Channel | None,
    Field(strict=False, description="Told from the address where it is not given."),
]


def body(model: type[M]) -> M:
    """The JSON body of this request.

    Raises:
        UnsupportedMediaType, BadRequest: it is not JSON.
        Invalid: it is, and does not fit.
    """
    if not request.is_json:
        raise UnsupportedMediaType("the body must be JSON: Content-Type: application/json")
    try:
        return model.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        if _faults(error)[0]["type"] == "json_invalid":
            raise BadRequest("the body is not JSON in UTF-8") from None
        raise _invalid(error) from None


def query(model: type[M]) -> M:
    """The query string of this request.

    Raises:
        Invalid: it does not fit.
    """
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise _invalid(error) from None


def respond(reply: Reply) -> Response:
    return Response(
        reply.body.model_dump_json(), status=reply.status, content_type="application/json"
    )


def known_names(parts: Parts, *, topic: str = "", program: str = "", field: str = "") -> None:
    """Refuse a topic or program that `heed.toml` does not name.

    Raises:
        Invalid: it is unknown.
    """
    if kind := unknown(parts.policy, topic=topic, program=program):
        raise Invalid(Problem(field=field or kind, problem=f"is no {kind} of heed.toml"))


def address_of(parts: Parts, text: str, channel: Channel | None, field: str = "address") -> Address:
    """The address that the text names.

    Raises:
        Invalid: none.
    """
    try:
        return addresses.parse(text, region=parts.policy.region, channel=channel)
    except addresses.AddressError as error:
        raise Invalid(Problem(field=field, problem=str(error))) from None


def not_future(moment: datetime | None, now: datetime, field: str) -> None:
    """Clocks differ by minutes, not by more.

    Raises:
        Invalid: it lies in the future.
    """
    if moment is not None and moment > now + CLOCK_SKEW:
        raise Invalid(Problem(field=field, problem="lies in the future"))


def idempotency_key() -> str:
    """The caller's own id of the act, empty without one.

    Raises:
        Invalid: it is none that can be kept.
    """
    key = request.headers.get("Idempotency-Key", "")
    if key and not IDEMPOTENCY_KEY.fullmatch(key):
        raise Invalid(
            Problem(field="Idempotency-Key", problem="is not 1 to 255 visible ASCII characters")
        )
    return key


def _invalid(error: ValidationError) -> Invalid:
    return Invalid(
        *(_problem(fault["loc"], fault["type"], fault["msg"]) for fault in _faults(error))
    )


def _problem(location: tuple[int | str, ...], kind: str, message: str) -> Problem:
    # An unknown field's name comes from the caller and could be anything, an address too.
    steps = [step if _FIELD.fullmatch(step) else "?" for step in map(str, location)]
    what = "is not a field of this request" if kind == "extra_forbidden" else message
    return Problem(field=".".join(steps), problem=what.removeprefix("Value error, "))


def _faults(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False, include_context=False)
