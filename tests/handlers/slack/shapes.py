"""Shapes of JSON, and what is wrong with a value that should have one.

A shape is given a value and where it stands; it yields what Slack would say, as a JSON pointer and
a few words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = Callable[[Any, str], Iterator[str]]


def string(most: int, *, least: int = 1) -> Shape:
    def check(found: Any, where: str) -> Iterator[str]:
        if not isinstance(found, str):
            yield f"{where}: must be a string"
        elif not least <= len(found) <= most:
            yield f"{where}: must be {least} to {most} characters, is {len(found)}"

    return check


def number(least: int = 0, most: int = 10**10) -> Shape:
    def check(found: Any, where: str) -> Iterator[str]:
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
            yield f"{where}: must be a whole number from {least} to {most}"

    return check


def flag(found: Any, where: str) -> Iterator[str]:
    if not isinstance(found, bool):
        yield f"{where}: must be true or false"


def one_of(*allowed: str) -> Shape:
    def check(found: Any, where: str) -> Iterator[str]:
        if found not in allowed:
            yield f"{where}: must be one of {', '.join(allowed)}"

    return check


def items(shape: Shape, least: int, most: int) -> Shape:
    def check(found: Any, where: str) -> Iterator[str]:
        if not isinstance(found, list):
            yield f"{where}: must be a list"
            return
        if not least <= len(found) <= most:
            yield f"{where}: must hold {least} to {most} items, holds {len(found)}"
        for place, one in enumerate(found):
            yield from shape(one, f"{where}/{place}")

    return check


def fields(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """Every other field is refused, as Slack refuses an "invalid additional property"."""
    known = {**required, **(optional or {})}

    def check(found: Any, where: str) -> Iterator[str]:
        if not isinstance(found, dict):
            yield f"{where}: must be an object"
            return
        yield from (
            f"{where}: missing required field: {name}" for name in required if name not in found
        )
        for name, value in found.items():
            if name in known:
                yield from known[name](value, f"{where}/{name}")
            else:
                yield f"{where}: invalid additional property: {name}"

    return check


def typed(kinds: Mapping[str, Shape]) -> Shape:
    """An object of one of these types; `type` itself belongs to each of the shapes."""

    def check(found: Any, where: str) -> Iterator[str]:
        kind = str(found.get("type")) if isinstance(found, dict) else "none"
        if kind not in kinds:
            yield f"{where}: unsupported type: {kind}"
        else:
            rest = {name: value for name, value in found.items() if name != "type"}
            yield from kinds[kind](rest, where)

    return check
