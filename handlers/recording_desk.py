"""What the company says it heard elsewhere: decided and recorded in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.decide import decide_import, decide_recording
from bot.decide.answers import Voice
from bot.model import Act, Decision, EntryKind, Recording
from bot.verdict import covered
from handlers.receipt import Receipt
from handlers.recorder import Origin, Recorder, Routes, new_id
from handlers.standing import standing_of
from storage import Session
from storage.rows import EventRow

FORGOTTEN = "erased_and_blocked"
"""The outcome for whom a list must not name again: nothing is written."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    voice: Voice
    clock: Callable[[], datetime]
    routes: Routes

    def record(self, session: Session, recording: Recording) -> Receipt:
        """Record it, once.

        Raises:
            NotAllowed: the actor may not.
        """
        now = self.clock()
        recording = self._completed(recording)
        addr = session.hash_of(recording.address)
        session.lock(addr)
        key, settled = self._settled(session, recording, addr, now)
        if settled is not None:
            return settled
        session.touch(recording.address, now)
        decision = self._decision(session, recording, addr, now)
        origin = Origin(
            message_id=new_id(now),
            recipient=recording.recipient,
            provider=self.routes.provider(
                self.voice.policy.sender(recording.address.channel, recording.recipient)
            ),
        )
        recorder = Recorder(
            session, addr, recording.address, self.routes, now, policy=self.voice.policy.version
        )
        receipt, outbox_id = recorder.record(decision, origin)
        session.remember_event(
            addr, key, receipt.message_id, decision.outcome, outbox_id or None, now
        )
        return receipt

    def weigh(self, session: Session, recording: Recording) -> Receipt:
        """What `record` would answer now, on a snapshot, without the ids that it would give."""
        now = self.clock()
        recording = self._completed(recording)
        addr = session.hash_of(recording.address)
        _, settled = self._settled(session, recording, addr, now)
        if settled is not None:
            return settled
        decision = self._decision(session, recording, addr, now)
        return Receipt(outcome=decision.outcome, message_id="")

    def _completed(self, recording: Recording) -> Recording:
        if not recording.confirm or recording.recipient:
            return recording
        first = self.voice.policy.first_sender(recording.address.channel)
        return replace(recording, recipient=first.id if first else "")

    def _settled(
        self, session: Session, recording: Recording, addr: bytes, now: datetime
    ) -> tuple[Key, Receipt | None]:
        """Under what it happens once; and the receipt, where nothing follows from it any more."""
        imports = recording.act is Act.IMPORT
        # A list is the same list whoever brings it.
        source, name = ("import", "") if imports else (recording.source, recording.actor.name)
        key = (source, name, recording.event_id)
        event = session.event(addr, key)
        while event is not None and imports and (undone := _undone(session, addr, event)):
            key = (source, name, f"{recording.event_id}/{undone}")  # so it may be brought again
            event = session.event(addr, key)
        if event is not None:
            again = Receipt(outcome=event.outcome, message_id=event.message_id, duplicate=True)
            return key, again
        if not imports or not session.is_erased(addr):
            return key, None
        conversation = session.conversation(addr, recording.recipient)
        standing = standing_of(session, addr, recording.recipient, conversation, now)
        policy, channel = self.voice.policy, recording.address.channel
        blocked = covered(recording.scope, standing, policy, channel)
        return key, Receipt(outcome=FORGOTTEN, message_id="") if blocked else None

    def _decision(
        self, session: Session, recording: Recording, addr: bytes, now: datetime
    ) -> Decision:
        conversation = session.conversation(addr, recording.recipient)
        standing = standing_of(session, addr, recording.recipient, conversation, now)
        if recording.act is not Act.IMPORT:
            return decide_recording(recording, standing, self.voice)
        return decide_import(recording, standing, session.history(addr), self.voice.policy)


def _undone(session: Session, addr: bytes, event: EventRow) -> str:
    """The entry that came of it, where that was taken back; else empty."""
    history = session.history(addr)
    made = {entry.id for entry in history if entry.message_id == event.message_id}
    undone = (str(one.facts.get("undoes")) for one in history if one.kind is EntryKind.REVERTED)
    return next((one for one in undone if one in made), "")
