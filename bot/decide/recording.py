"""What follows from what the company recorded, or what a provider told us of its own list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.decide.answers import Voice, opted_out_kind
from bot.errors import NotAllowed
from bot.model import (
    Act,
    Change,
    Decision,
    EntryKind,
    Hold,
    Json,
    NewEntry,
    Reason,
    Recording,
    Role,
    Scope,
    ScopeKind,
    Standing,
    Verdict,
)
from bot.verdict import covered

DOUBTED = "doubted"
"""The flag of a stop that took the place of a doubt: taking it back would drop the doubt too."""
MAY_RECORD = frozenset({Role.RECORD, Role.ADMIN})


def decide_recording(recording: Recording, standing: Standing, voice: Voice) -> Decision:
    """Everybody who may record may move a person towards blocked, only an admin away from it.

    Raises:
        NotAllowed: the actor may not do this, or an opt-in comes without evidence.
    """
    if recording.actor.role not in MAY_RECORD:
        raise NotAllowed("this key may only check; recording needs the role record or admin")
    match recording.act:
        case Act.OPT_OUT:
            return _opt_out(recording, standing, voice)
        case Act.OPT_IN:
            return _opt_in(recording, standing)
        case Act.PROVIDER_BLOCK:
            return _provider_block(recording, standing, voice)
        case Act.ERASE:
            return _erase(recording, standing, voice)
        case Act.REASON:
            facts: dict[str, Json] = {"reason": str(recording.reason or Reason.OTHER)}
            entry = entry_of(EntryKind.REASON_GIVEN, recording, facts)
            return Decision(outcome="reason_given", entries=(entry,))
        case Act.UNDO:
            return _undo(recording, standing)
        case Act.IMPORT:
            raise NotAllowed("an import is decided with the whole history: decide_import")


def _opt_out(recording: Recording, standing: Standing, voice: Voice) -> Decision:
    news = not covered(recording.scope, standing, voice.policy, recording.address.channel)
    wide = recording.scope.kind in (ScopeKind.CHANNEL, ScopeKind.EVERYTHING)
    doubted = wide and any(one.hold is Hold.HELD for one in standing.suppressions)
    flags = {DOUBTED} if doubted else set[str]()
    answer = None
    if recording.confirm and news:
        if not recording.recipient:
            raise NotAllowed("a confirmation needs a sender of yours on this channel")
        sender = voice.policy.sender(recording.address.channel, recording.recipient)
        answer = voice.say(
            opted_out_kind(recording.scope),
            address=recording.address,
            sender=sender,
            words_lang=recording.lang or standing.conversation.lang or None,
            now=recording.occurred_at or recording.received_at,
            heard_at=standing.conversation.heard_at,
            scope=recording.scope,
        )
    return Decision(
        outcome="opted_out" if news else "already_opted_out",
        entries=(entry_of(EntryKind.OPTED_OUT, recording, {"repeats": not news}),),
        changes=(
            (Change(scope=recording.scope, hold=Hold.STOPPED, flags=frozenset(flags)),)
            if news
            else ()
        ),
        stops_again=not news,
        answer=answer,
        settles=Verdict.OPT_OUT if wide else None,
    )


def _opt_in(recording: Recording, standing: Standing) -> Decision:
    if recording.actor.role is not Role.ADMIN:
        raise NotAllowed("recording an opt-in needs the role admin")
    if not recording.evidence.strip():
        raise NotAllowed("an opt-in needs evidence: where, when and how the person asked for it")
    lifted = tuple(
        Change(scope=one.scope, hold=None)
        for one in standing.suppressions
        if recording.scope.kind in (ScopeKind.CHANNEL, ScopeKind.EVERYTHING)
        or one.scope == recording.scope
    )
    return Decision(
        # a part of what is stopped as a whole stays stopped, and says so
        outcome="opted_in" if lifted or not standing.suppressions else "nothing_lifted",
        entries=(entry_of(EntryKind.OPTED_IN, recording, {}),),
        changes=lifted,
    )


def _provider_block(recording: Recording, standing: Standing, voice: Voice) -> Decision:
    """A block in the provider's own list that our ledger did not know."""
    if recording.of_sender:
        program = voice.policy.sender(recording.address.channel, recording.recipient).program
        recording = replace(recording, scope=Scope(ScopeKind.PROGRAM, program))
    news = not covered(recording.scope, standing, voice.policy, recording.address.channel)
    change = Change(scope=recording.scope, hold=Hold.STOPPED, flags=frozenset({"provider"}))
    return Decision(
        outcome="provider_block" if news else "already_opted_out",
        entries=(entry_of(EntryKind.PROVIDER_BLOCK, recording, {"repeats": not news}),),
        changes=(change,) if news else (),
        stops_again=not news,
    )


def _erase(recording: Recording, standing: Standing, voice: Voice) -> Decision:
    """Who wants to be forgotten wants no more messages either: it blocks as their own words would.

    What the entries say becomes unreadable with the rest; that they stand there does not.
    """
    if recording.actor.role is not Role.ADMIN:
        raise NotAllowed("an erasure needs the role admin")
    news = not covered(recording.scope, standing, voice.policy, recording.address.channel)
    stop = entry_of(EntryKind.OPTED_OUT, recording, {"repeats": not news, "rule": "erasure"})
    flags = frozenset({"erasure"})  # a later START goes to a person
    return Decision(
        outcome="erased",
        entries=(*((stop,) if news else ()), entry_of(EntryKind.ERASED, recording, {})),
        changes=(Change(scope=recording.scope, hold=Hold.STOPPED, flags=flags),) if news else (),
        erased_by=recording.actor.name,
    )


def _undo(recording: Recording, standing: Standing) -> Decision:
    """Take back what one entry did and nothing else; a stop said again meanwhile stands."""
    found = tuple(
        one
        for one in standing.suppressions
        if one.entry_id == recording.undoes and DOUBTED not in one.flags
    )
    again = standing.stopped_again_at
    said_again = any(again is not None and again > one.since for one in found)
    if not found or said_again:
        return Decision(
            outcome="nothing_to_undo",
            entries=(entry_of(EntryKind.HEARD, recording, {"undoes": recording.undoes}),),
        )
    return Decision(
        outcome="reverted",
        entries=(entry_of(EntryKind.REVERTED, recording, {"undoes": recording.undoes}),),
        changes=tuple(Change(scope=one.scope, hold=None) for one in found),
    )


def entry_of(kind: EntryKind, recording: Recording, facts: Mapping[str, Json]) -> NewEntry:
    """The fact as whoever recorded it told it, with what the decision adds."""
    return NewEntry(
        kind=kind,
        effective_at=recording.occurred_at or recording.received_at,
        scope=recording.scope,
        words=recording.words,
        facts={
            "actor": recording.actor.name,
            "evidence": recording.evidence,
            "source": recording.source,
            "recipient": recording.recipient,
            "received_at": recording.received_at.isoformat(),
            **facts,
        },
    )
