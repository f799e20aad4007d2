"""What helps to read a proof and is not sealed: who made it, the answers, deadlines and sends."""

from __future__ import annotations

from importlib.metadata import version

from bot.deadlines import of_entry
from bot.model import EntryKind, Json
from bot.policy import Policy
from bot.regimes import Duty
from handlers.parts import Parts
from handlers.policies import texts
from storage import OutboxItem, Session

BLOCKING = frozenset({EntryKind.OPTED_OUT, EntryKind.HELD, EntryKind.PROVIDER_BLOCK})


def notes(parts: Parts, session: Session, addr: bytes) -> dict[str, Json]:
    """For the proof of one address, as of now."""
    return {
        "company": parts.policy.company,
        "made_at": parts.clock().isoformat(),
        "heed": version("heed"),
        "answers": [_answer(item) for item in session.outbox(addr) if not item.repeatable],
        "deadlines": _deadlines(parts.policy, session, addr),
        "sends": _sends(session, addr),
        "policies": texts(
            session,
            (str(one.facts["policy"]) for one in session.history(addr) if "policy" in one.facts),
        ),
    }


def _sends(session: Session, addr: bytes) -> list[Json]:
    """For each new block, what the company told us that it sent around it; zeros are shown too."""
    found: list[Json] = []
    for entry in session.history(addr):
        if entry.kind not in BLOCKING or entry.facts.get("repeats"):
            continue
        sends = session.sends_around(addr, entry.effective_at, entry.recorded_at)
        found.append(
            {
                "entry": entry.number,
                "last_before": sends.last_before.isoformat() if sends.last_before else None,
                "between_act_and_block": sends.between,
                "after_the_block": sends.after,
            }
        )
    return found


def _answer(item: OutboxItem) -> Json:
    return {
        "about": item.entry_id,
        "kind": item.kind,
        "text": str(item.payload.get("text", "")),
        "state": str(item.state),
        "promised_at": item.created_at.isoformat(),
        "sender": item.sender,
        "provider": item.provider,
        "provider_ref": item.provider_ref,
    }


def _deadlines(policy: Policy, session: Session, addr: bytes) -> list[Json]:
    """For each opt-out, by when it had to be heeded by the rules that may apply, and whether."""
    address = session.address(addr)
    if address is None:
        return []
    return [
        {
            "entry": entry.number,
            "rule": one.regime.name,
            "source": one.regime.source,
            "due": one.due.isoformat(),
            "blocked_at": entry.recorded_at.isoformat(),
            "kept": entry.recorded_at <= one.due,
        }
        for entry in session.history(addr)
        for one in of_entry(entry, address.channel, address, policy.deadlines)
        if one.regime.duty is Duty.STOP
    ]
