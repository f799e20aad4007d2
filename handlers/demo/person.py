"""One address as the page shows it: the talk, how each message was read, the ledger, the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.less import of_facts, spelled
from bot.model import Address, Channel, Context, EntryKind, Intent, Json, LedgerEntry
from handlers.demo import words
from handlers.demo.outgoing import ANSWER_STATES
from handlers.demo.standing import standing
from handlers.parts import Parts
from storage import OutboxItem, Session

PEOPLE = frozenset({"twilio", "smtp", "slack"})


def person(parts: Parts, address: Address, recipient: str, shown: str = "") -> dict[str, Json]:
    """Everything about the address, from one snapshot. Texts are plain, never HTML.

    `recipient` is our end of the talk; `shown` how the address is written for people.
    """
    addr = parts.store.address_hash(address)
    now = parts.clock()

    def read(session: Session) -> dict[str, Json]:
        history = session.history(addr)
        sent = [item for item in session.outbox(addr) if not item.repeatable]
        conversation = session.conversation(addr, recipient)
        asking = conversation.asked_until is not None and conversation.asked_until > now
        return {
            "address": address.value,
            "shown": shown or address.value,
            "channel": str(address.channel),
            "asked": str(conversation.asked) if asking else str(Context.NONE),
            "standing": standing(session, address, now),
            "talk": _talk(history, sent),
            "readings": [
                reading(entry, address.channel)
                for entry in reversed(history)
                if "intent" in entry.facts
            ],
            "ledger": [ledger_entry(entry, address.channel) for entry in reversed(history)],
        }

    return parts.store.read(read)


def reading(entry: LedgerEntry, channel: Channel) -> dict[str, Json]:
    """How the message of this entry was read."""
    facts = entry.facts
    intent = Intent(str(facts["intent"]))
    runner_up = facts.get("runner_up")
    lang = str(facts.get("lang") or "")
    less = of_facts(facts.get("less"))
    return {
        "entry": entry.id,
        "intent": str(intent),
        "title": words.INTENTS[intent],
        "scope": words.scope_in_words(entry.scope, channel),
        "confidence": float(str(facts["confidence"])),
        "lang": words.LANGUAGES.get(lang, lang),
        "rule": str(facts["rule"]),
        "version": str(facts["version"]),
        "runner_up": words.SHORT_INTENTS[Intent(str(runner_up))] if runner_up else "",
        "words": marked(entry.words, facts.get("evidence")),
        "question": str(facts.get("question") or ""),
        "cause": str(facts.get("cause") or ""),
        "repeats": facts.get("repeats") is True,
        "reason": str(facts.get("reason") or "").replace("_", " "),
        "privacy": facts.get("privacy_request") is True,
        "less": spelled(less) if less is not None else "",
    }


def marked(text: str | None, evidence: Json) -> list[Json]:
    """The text in pieces `[words, rule]`; the rule is empty where the words did not decide."""
    if text is None:
        return [["(erased)", ""]]
    pieces: list[Json] = []
    at = 0
    for start, end, rule in sorted(_spans(evidence, len(text))):
        if start < at:  # two rules on the same words: the first shows
            continue
        if start > at:
            pieces.append([text[at:start], ""])
        pieces.append([text[start:end], rule])
        at = end
    if at < len(text):
        pieces.append([text[at:], ""])
    return pieces


def _spans(evidence: Json, length: int) -> list[tuple[int, int, str]]:
    spans = []
    for one in evidence if isinstance(evidence, list) else []:
        if isinstance(one, list) and isinstance(one[0], int) and isinstance(one[1], int):
            start, end = max(0, one[0]), min(length, one[1])
            if start < end:
                spans.append((start, end, str(one[2])))
    return spans


def ledger_entry(entry: LedgerEntry, channel: Channel) -> dict[str, Json]:
    title = words.ENTRIES[entry.kind]
    if entry.kind is EntryKind.ANSWERED:
        outcome = str(entry.facts.get("outcome", ""))
        title = f"Answer {ANSWER_STATES.get(outcome, outcome)}"
    if entry.facts.get("repeats") is True:
        title += ", as before"
    return {
        "id": entry.id,
        "number": entry.number,
        "kind": str(entry.kind),
        "title": title,
        "recorded_at": entry.recorded_at.isoformat(),
        "effective_at": entry.effective_at.isoformat(),
        "scope": str(entry.scope) if entry.scope else "",
        "scope_title": words.scope_in_words(entry.scope, channel),
        "by": str(entry.facts.get("actor") or ""),
    }


def _talk(history: Sequence[LedgerEntry], sent: Sequence[OutboxItem]) -> list[Json]:
    """Both sides in the order in which they spoke."""
    turns: list[tuple[datetime, int, Mapping[str, Any]]] = []
    for entry in history:
        if entry.facts.get("provider") in PEOPLE and "intent" in entry.facts:
            turn: dict[str, Json] = {
                "who": "person",
                "id": entry.id,
                "text": entry.words if entry.words is not None else "(erased)",
                "at": entry.recorded_at.isoformat(),
            }
            turns.append((entry.recorded_at, 0, turn))
    for item in sent:
        turn = {
            "who": "heed",
            "id": item.id,
            "text": str(item.payload.get("text", "")),
            "at": item.created_at.isoformat(),
            "state": ANSWER_STATES.get(str(item.state), str(item.state)),
        }
        turns.append((item.created_at, 1, turn))
    turns.sort(key=lambda turn: turn[:2])
    return [dict(turn) for _, _, turn in turns]
