"""What is blocked, from the entries alone: the suppressions are a copy that must agree with it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model import Change, EntryKind, Hold, Json, LedgerEntry

BLOCKS = "blocks"
"""The fact that says which scopes an entry blocked or lifted, and how firmly."""
STRENGTH = {Hold.UNDELIVERABLE: 0, Hold.PAUSED: 1, Hold.HELD: 2, Hold.STOPPED: 3}
"""A weaker hold never replaces a stronger one (promise 4: opt-out wins)."""
# Written beside a decision, and change nothing.
_BESIDE = frozenset({EntryKind.ANSWERED, EntryKind.TOLD, EntryKind.LOOKED_UP})


def spelt(changes: Iterable[Change]) -> Json:
    """The changes, for the facts of the entry that they belong to: `[scope, hold or null]` each."""
    return [[str(one.scope), str(one.hold) if one.hold else None] for one in changes]


def replayed(history: Iterable[LedgerEntry]) -> dict[str, Hold] | None:
    """Each scope that is blocked after these entries, and how firmly.

    None where that cannot be told: facts were made unreadable, or are older than `BLOCKS`.
    """
    held: dict[str, Hold] = {}
    for entry in history:
        if entry.kind in _BESIDE and BLOCKS not in entry.facts:
            continue
        changes = entry.facts.get(BLOCKS)
        if not isinstance(changes, list):
            return None
        for change in changes:
            match change:
                case [str() as scope, None]:
                    held.pop(scope, None)
                case [str() as scope, str() as hold]:
                    new = Hold(hold)
                    if STRENGTH[new] >= STRENGTH[held.get(scope, new)]:
                        held[scope] = new
                case _:
                    return None
    return held
