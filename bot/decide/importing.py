"""What follows from a stop that another system recorded before Heed did: it blocks, and only that.

The instants decide between it and the person's own START, in whichever order the two are told: an
imported stop that is older than a later opt-in is recorded and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.decide.recording import DOUBTED, MAY_RECORD, entry_of
from bot.errors import NotAllowed
from bot.model import (
    Assurance,
    Change,
    Decision,
    EntryKind,
    Hold,
    Intent,
    Json,
    LedgerEntry,
    Recording,
    Scope,
    ScopeKind,
    Standing,
)
from bot.policy import Policy
from bot.verdict import covered

IMPORTED = "imported"
"""The flag of a stop that nobody said to us: it is as old as it says, whenever it was committed."""
_WIDE = (ScopeKind.CHANNEL, ScopeKind.EVERYTHING)


def decide_import(
    recording: Recording, standing: Standing, history: Sequence[LedgerEntry], policy: Policy
) -> Decision:
    """Block, unless that is so already or the person came back after that stop.

    `history` is the address's. A stop without its own time counts from when it is recorded.

    Raises:
        NotAllowed: the actor may only check.
    """
    if recording.actor.role not in MAY_RECORD:
        raise NotAllowed("this key may only check; importing needs the role record or admin")
    stopped_at = recording.occurred_at or recording.received_at
    overruled = next(
        (one for one in history if one.effective_at > stopped_at and _is_back(one, recording)), None
    )
    known = covered(recording.scope, standing, policy, recording.address.channel)
    facts: dict[str, Json] = {
        "batch": recording.batch,
        "dated": recording.occurred_at is not None,
        "repeats": known,
        "overruled_by": overruled.id if overruled is not None else "",
    }
    entry = entry_of(EntryKind.IMPORTED, recording, facts)
    if overruled is not None:
        return Decision(outcome="opted_in_since", entries=(entry,))
    if known:
        return Decision(outcome="already_opted_out", entries=(entry,))
    # What is held on the person's word to us is younger than this stop: no START may pass it by.
    doubted = any(one.hold is Hold.HELD for one in standing.suppressions)
    flags = frozenset({DOUBTED if doubted else IMPORTED})
    change = Change(scope=recording.scope, hold=Hold.STOPPED, flags=flags)
    return Decision(outcome="opted_out", entries=(entry,), changes=(change,))


def _is_back(entry: LedgerEntry, recording: Recording) -> bool:
    """Whether by this entry the person gets again all that the imported stop covers."""
    if entry.kind is EntryKind.OPTED_IN:
        return _covers(entry.scope, recording.scope)
    facts = entry.facts
    return (
        entry.kind is EntryKind.HEARD
        and facts.get("intent") == Intent.OPT_IN
        and facts.get("assurance") == Assurance.VERIFIED
        and "cause" not in facts  # a person decides about it
    )


def _covers(wide: Scope | None, narrow: Scope) -> bool:
    return wide is not None and (wide == narrow or wide.kind in _WIDE)
