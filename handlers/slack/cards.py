"""A review's card: one message in the review channel, a view of the review and never the truth.

No address, no words and no name go into button values, block ids or the notification's text, which
also shows on lock screens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot import addresses
from bot.deadlines import Deadline
from bot.less import of_facts, spelled
from bot.model import Address, Intent, Json, ReviewCause, Verdict
from handlers.slack import buttons, rich
from handlers.slack import words as say
from handlers.slack.rich import Block
from handlers.slack.text import shown
from storage import Review, ReviewState

WORDS_LIMIT, WORDS_LINES = 900, 12
EVIDENCE_LIMIT = 120
NAME_LIMIT = 100

# Blocked already: what is left is to see to it.
FOLLOW_UPS = frozenset(
    {ReviewCause.ERASURE, ReviewCause.WRONG_NUMBER, ReviewCause.RESTART, ReviewCause.BLOCKED_THERE}
)

_MAILBOX = re.compile(r"(\w)[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")
_NUMBER = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card shows. `address` and `words` are None once erased.

    `facts` are those of the ledger entry. `cannot_ask` says why the customer cannot be asked, empty
    where they can. `legal` is the strictest clock that would bind if it is a stop. `below` counts
    the later reviews of the same person, whose cards stand in the thread of this one. Where the
    words stood in the channel for long enough, `emptied`. `teaches`: lines for heed.toml can be
    proposed from it.
    """

    review: Review
    program: str
    address: Address | None = field(repr=False)
    words: str | None = field(repr=False)
    facts: Mapping[str, Json] = field(repr=False)
    evidence: tuple[str, ...] = field(repr=False)
    cannot_ask: str = ""
    legal: Deadline | None = None
    below: int = 0
    emptied: bool = False
    undoable: bool = False
    teaches: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`text` feeds notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...] = field(repr=False)


def message(card: Card) -> Message:
    review = card.review
    if review.state is ReviewState.DECIDED:
        return _decided(card)
    blocks = [rich.header(f"{say.CAUSES[review.cause]}, review {review.id}")]
    if card.address is None:
        erased = "This person's record was erased; there is nothing left to decide."
        return Message(
            text=f"Review {review.id}: erased",
            blocks=(*blocks, rich.rich_text(rich.line(rich.words(erased)))),
        )
    blocks += [
        rich.rich_text(_words(card)),
        rich.rich_text(*_lines(card, card.address)),
        buttons.row(review, verdicts(card)),
    ]
    return Message(
        text=f"{say.CAUSES[review.cause]}: review {review.id} waits for a decision",
        blocks=tuple(blocks),
    )


def state_of(card: Card) -> str:
    """What the card shows, in short: an update that would change nothing is not sent."""
    review = card.review
    marks = "".join(mark for mark, is_so in (("e", card.emptied), ("u", card.undoable)) if is_so)
    return f"{review.state} {review.version} {card.below} {review.assigned_to} {marks}".strip()


def verdicts(card: Card) -> tuple[Verdict, ...]:
    """The decisions that are open for this review, the safe side first."""
    review = card.review
    if review.cause in FOLLOW_UPS and review.holds is None:
        return (Verdict.DONE,)
    if review.cause in (ReviewCause.LESS, ReviewCause.PRIVACY) and review.holds is None:
        return (Verdict.OPT_OUT, Verdict.DONE)
    ask = () if card.cannot_ask else (Verdict.ASK,)
    return (Verdict.OPT_OUT, Verdict.NOT_OPT_OUT, *ask, Verdict.WRONG_NUMBER)


def masked_inside(text: str) -> str:
    """Without the addresses that the words themselves name."""
    text = _MAILBOX.sub(r"\1***@\2", text)
    return _NUMBER.sub(lambda number: f"*** {re.sub(r'[^0-9]', '', number[0])[-4:]}", text)


def _decided(card: Card) -> Message:
    review = card.review
    verdict = say.VERDICTS[review.verdict] if review.verdict else "decided"
    text = f"Review {review.id}: {verdict}"
    pieces = [rich.bold(text), rich.words(" by "), rich.actor(review.decided_by)]
    if review.decided_at is not None:
        pieces += [rich.words(", "), rich.date(review.decided_at)]
    line = rich.rich_text(rich.line(*pieces))
    can_be_done = buttons.decided(review, undoable=card.undoable, teaches=card.teaches)
    return Message(text=text, blocks=(line, *can_be_done))


def _words(card: Card) -> Block:
    if card.emptied:
        kept = "The words no longer stand here; read them in Heed."
        return rich.line(rich.words(kept))
    text = "(no words)" if not card.words else masked_inside(card.words)
    return rich.quote(shown(text, limit=WORDS_LIMIT, lines=WORDS_LINES))


def _lines(card: Card, address: Address) -> list[Block]:
    review = card.review
    lines = [
        rich.labelled("Why it waits", rich.words(say.WHY[review.cause])),
        rich.labelled("Read as", rich.words(_reading(card))),
        *_wish(card),
        rich.labelled("From", rich.words(addresses.masked(address))),
        rich.labelled("To", rich.words(shown(_to(card), limit=NAME_LIMIT, lines=1))),
    ]
    if review.holds is not None:
        held = f"{say.scope(review.holds, review.channel)}, until somebody decides"
        lines.append(rich.labelled("Blocked now", rich.words(held)))
    else:
        blocked = "yes, already" if review.cause in FOLLOW_UPS else "nothing"
        lines.append(rich.labelled("Blocked now", rich.words(blocked)))
    lines.append(rich.labelled("Decide within", *_due(review)))
    if card.legal is not None and review.cause not in FOLLOW_UPS:
        law = f" ({card.legal.regime.name}), if it is a stop"
        due = (rich.date(card.legal.due), rich.words(law))
        lines.append(rich.labelled("Strictest legal clock", *due))
    if review.assigned_to:
        lines.append(rich.labelled("Taken on by", rich.actor(review.assigned_to)))
    if card.below:
        further = "1 more review" if card.below == 1 else f"{card.below} more reviews"
        lines.append(rich.line(rich.bold(f"{further} of this person in the thread.\n")))
    if card.cannot_ask and Verdict.NOT_OPT_OUT in verdicts(card):
        lines.append(rich.line(rich.words(f"The customer cannot be asked: {card.cannot_ask}.")))
    return lines


def _reading(card: Card) -> str:
    intent = str(card.facts.get("intent", ""))
    text = say.INTENTS[Intent(intent)] if intent in set(Intent) else "not read"
    confidence = card.facts.get("confidence")
    if isinstance(confidence, int | float) and text != "not read":
        text += f" ({round(confidence * 100)} % sure)"
    other = str(card.facts.get("runner_up") or "")
    if other in set(Intent):
        text += f", else {say.INTENTS[Intent(other)]}"
    if card.evidence and not card.emptied:
        told = masked_inside(", ".join(f"“{one}”" for one in card.evidence))
        text += f", because of {shown(told, limit=EVIDENCE_LIMIT, lines=1)}"
    lang = card.facts.get("lang")
    return f"{text}, language {lang}" if lang else text


def _wish(card: Card) -> list[Block]:
    """What somebody who wants less asks for, where the words said it plainly."""
    less = of_facts(card.facts.get("less"))
    return [rich.labelled("Asks for", rich.words(spelled(less)))] if less is not None else []


def _to(card: Card) -> str:
    sender = card.review.sender
    return f"{card.program}, {sender}" if card.program and sender else card.program or sender


def _due(review: Review) -> list[Block]:
    length = max(review.due_at - review.opened_at, timedelta(0))
    end = ". Undecided, it becomes an opt-out." if review.holds is not None else "."
    return [
        rich.words(f"{say.span(length)}, by "),
        rich.date(review.due_at),
        rich.words(end),
    ]
