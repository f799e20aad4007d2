"""May we write to this address, and what happened: for `/optout lookup` and the Home's search."""

from __future__ import annotations

from datetime import datetime

from bot import addresses
from bot.model import Actor, Address, LedgerEntry
from bot.policy import Policy
from bot.verdict import Because, Ruling
from handlers.checking import Question, rule
from handlers.parts import Parts
from handlers.slack import words as say
from handlers.slack.access import note_access
from handlers.slack.text import escaped
from storage import Session

LATEST = 8


def look_up(parts: Parts, address: Address, actor: Actor) -> str:
    """What `looked_up` says, and an entry in the person's record that the actor looked.

    Raises:
        StoreUnavailable: nothing was shown.
    """
    now = parts.clock()

    def work(session: Session) -> str:
        text = looked_up(session, parts.policy, address, now)
        note_access(session, session.hash_of(address), actor, "lookup", now)
        return text

    return parts.store.write(work)


def looked_up(session: Session, policy: Policy, address: Address, now: datetime) -> str:
    """The standing in words first, then the newest entries; in mrkdwn, address masked."""
    who = escaped(addresses.masked(address))
    lines = [f"*{who}*"]
    lines.append(_ruling("Marketing", rule(session, policy, address, Question(), now), address))
    for topic in policy.topics.values():
        ruling = rule(session, policy, address, Question(topic=topic.name), now)
        lines.append(_ruling(escaped(topic.title), ruling, address))
    entries = session.history(session.hash_of(address))
    if not entries:
        lines.append("Nothing was ever heard of this address.")
    lines += [_entry(entry, address) for entry in reversed(entries[-LATEST:])]
    if len(entries) > LATEST:
        lines.append(f"and {len(entries) - LATEST} earlier ones")
    return "\n".join(lines)


def _ruling(what: str, ruling: Ruling, address: Address) -> str:
    if ruling.allowed:
        return f"{what}: allowed"
    return f"{what}: blocked ({'; '.join(_because(one, address) for one in ruling.because)})"


def _because(one: Because, address: Address) -> str:
    elsewhere = " by another address of the same person" if one.linked else ""
    covers = escaped(say.scope(one.scope, address.channel))
    return f"{covers} {say.HOLDS[one.hold]}{elsewhere} since {say.date(one.since)}"


def _entry(entry: LedgerEntry, address: Address) -> str:
    text = f"• {say.date(entry.effective_at)}: {say.ENTRIES[entry.kind]}"
    if entry.scope is not None:
        text += f", {escaped(say.scope(entry.scope, address.channel))}"
    actor = str(entry.facts.get("actor") or "")
    return f"{text}, by {say.who(escaped(actor))}" if actor else text
