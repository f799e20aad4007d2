"""Reads Slack's payloads by field. What is not there, or of another type, is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

Payload: TypeAlias = Mapping[str, Any]


def at(payload: object, *path: str | int) -> object:
    """What stands at the path, None where the path breaks off."""
    found = payload
    for step in path:
        if isinstance(step, str) and isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(step, int) and isinstance(found, Sequence) and not isinstance(found, str):
            found = found[step] if step < len(found) else None
        else:
            return None
    return found


def text_at(payload: object, *path: str | int) -> str:
    """The string at the path; empty where there is none."""
    found = at(payload, *path)
    return found if isinstance(found, str) else ""


def fields_at(payload: object, *path: str | int) -> Payload:
    """The object at the path; empty where there is none."""
    found = at(payload, *path)
    return found if isinstance(found, Mapping) else {}


def moment(ts: str) -> datetime | None:
    """Slack's `ts` (seconds and a six-digit counter) as an instant; None for anything else."""
    seconds, _, counter = ts.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):  # noqa: PLR2004
        return None
    micros = int(counter) if counter.isascii() and counter.isdigit() and len(counter) == 6 else 0  # noqa: PLR2004
    try:
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=micros)
    except (ValueError, OverflowError, OSError):
        return None
