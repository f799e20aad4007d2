"""From a decided review to lines for heed.toml, and what they would change. Nothing is applied.

The lists of heed.toml hold whole messages (`stop`) and phrases that are no part of a wish
(`innocent`), so that a decision can only propose the words of its own message.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.errors import NotAllowed, NotFound
from bot.fold import fold
from bot.model import Channel, Context, Intent, LedgerEntry, Verdict
from bot.policy import Policy, sender_key
from bot.reading import Narrower, Words
from handlers.parts import reader
from handlers.slack.cards import masked_inside
from handlers.stored import every_entry, replayed
from storage import Review, Session, Store

TEACHES: Mapping[Verdict, str] = {Verdict.OPT_OUT: "stop", Verdict.NOT_OPT_OUT: "innocent"}
"""Which list of heed.toml a decision could be put into."""
LONGEST = 100  # as heed.toml takes it
LOOK_BACK = timedelta(days=90)
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`text` in the list `name`; for one sender of ours and one language where they are not empty.

    `reads`: how the message itself would be read then.
    """

    name: str
    text: str = field(repr=False)
    sender: str = ""
    lang: str = ""
    reads: Intent = Intent.OTHER

    @property
    def lines(self) -> str:
        """As they stand in heed.toml."""
        of_whom = [
            f"{name} = {_quoted(value)}"
            for name, value in (("sender", self.sender), ("lang", self.lang))
            if value
        ]
        head = "[[words.for]]" if of_whom else "[words]"
        return "\n".join([head, *of_whom, f"{self.name} = [{_quoted(self.text)}]"])

    def within(self, words: Words) -> Words:
        """The operator's words as they would be."""
        stop = (self.text,) if self.name == "stop" else ()
        innocent = (self.text,) if self.name == "innocent" else ()
        if self.sender or self.lang:
            added = Narrower(sender=self.sender, lang=self.lang, stop=stop, innocent=innocent)
            return replace(words, narrower=(*words.narrower, added))
        return replace(words, stop=words.stop + stop, innocent=words.innocent + innocent)

    def concerns(self, text: str) -> bool:
        """Whether the lines could change how this is read; False only where they cannot."""
        return _squeezed(self.text) in _squeezed(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What the lines change among the messages of the last `LOOK_BACK`."""

    messages: int = 0
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict)
    stops_lost: int = 0
    stops_won: int = 0

    @property
    def changed(self) -> int:
        return sum(self.moves.values())


def propose(session: Session, review: Review, policy: Policy, words: Words) -> list[Proposal]:
    """The narrower one first, where the message has a sender of heed.toml or a language.

    Raises:
        NotFound: the words are not there any more.
        NotAllowed: no list of heed.toml can hold this; the message says why.
    """
    name = TEACHES.get(review.verdict) if review.verdict else None
    if name is None:
        raise NotAllowed("only what was decided as an opt-out or as none can be proposed")
    entry = session.entry(review.addr, review.entry_id)
    if entry is None or not entry.words:
        raise NotFound("the words of this message are not kept any more")
    text = " ".join(entry.words.split())
    if len(text) > LONGEST or not text.isprintable():
        raise NotAllowed(
            f"the message is over {LONGEST} characters; longer ones teach by heed export --labels"
        )
    if masked_inside(text) != text:
        raise NotAllowed("the message names an address, which has no place in heed.toml")
    known = sender_key(review.channel, review.sender) in policy.senders
    lang = str(entry.facts.get("lang") or "")[:2]
    sender = review.sender if known else ""
    everywhere = Proposal(name=name, text=text)
    narrow = [replace(everywhere, sender=sender, lang=lang)] if sender or lang else []
    return [replace(one, reads=_read(one, words, entry, review)) for one in (*narrow, everywhere)]


def effect(
    store: Store,
    proposal: Proposal,
    words: Words,
    now: datetime,
    progress: Progress = lambda _: None,
) -> Effect:
    """Read every stored message that the lines concern, with them and without.

    `progress` is told how many messages were looked at; what it raises ends the counting.
    """
    moves: Counter[tuple[str, str]] = Counter()
    messages = lost = won = 0
    outcomes = replayed(
        every_entry(store),
        reader(proposal.within(words)),
        now - LOOK_BACK,
        rather_than=reader(words),
        only=proposal.concerns,
    )
    for changed in outcomes:
        messages += 1
        progress(messages)
        if changed is not None:
            moves[changed.before, changed.after] += 1
            lost += changed.stop_lost
            won += changed.stop_won
    return Effect(messages=messages, moves=moves, stops_lost=lost, stops_won=won)


def in_words(found: Effect) -> list[str]:
    """What the lines change, for people."""
    looked_at = f"{found.messages:,} messages of the last {LOOK_BACK.days} days"
    said = [f"{looked_at}, {found.changed:,} would be read otherwise"]
    said += [f"{count:,} x {before} -> {after}" for (before, after), count in found.moves.items()]
    if found.stops_lost:
        said.append(f"Careful: {found.stops_lost:,} of them would no longer be a stop")
    return said


def _read(proposal: Proposal, words: Words, entry: LedgerEntry, review: Review) -> Intent:
    found = reader(proposal.within(words))(
        entry.words or "",
        channel=Channel(review.channel),
        context=Context.NONE,
        choices=(),
        lang=str(entry.facts.get("lang") or "") or None,
        sender=review.sender,
    )
    return found.intent


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, fold(text).text))


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)
