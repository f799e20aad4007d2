"""Long texts that a carrier cut into parts and a provider hands over one by one.

The parts come in any order, some twice, some never. What they say is the same in whichever order
they came: the text, where all are there; else what there is, marked as cut, because what is missing
may say stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model import InboundMessage, TextPart

MOST_PARTS = 255  # the carriers' counter has one byte (3GPP TS 23.040, 9.2.3.24.1)
GAP = " … "


def part_of(of: str, number: str, total: str) -> TextPart | None:
    """A part as a provider spells it; None for what is none: that is a text of its own."""
    if not all(one.isascii() and one.isdigit() and len(one) <= 3 for one in (number, total)):  # noqa: PLR2004
        return None
    part = TextPart(of=of, number=int(number), total=int(total))
    return part if 1 <= part.number <= part.total <= MOST_PARTS and part.total > 1 else None


def belongs(part: InboundMessage, known: Sequence[InboundMessage]) -> bool:
    """Whether it goes with these, or its name was used again: its place is taken by other words."""
    return all(one.part != part.part or one.text == part.text for one in known)


def whole(parts: Sequence[InboundMessage]) -> bool:
    """Whether each number is there; all are parts of one text."""
    return len(_by_number(parts)) == _total(parts)


def joined(parts: Sequence[InboundMessage]) -> InboundMessage:
    """One message of these parts, at least one, in their order; it is as old as the oldest.

    A START in it lifts no stop that was committed after its first part came.
    """
    numbered = _by_number(parts)
    text, before = "", 0
    for number in sorted(numbered):
        text += (GAP if number != before + 1 else "") + numbered[number].text
        before = number
    cut = len(numbered) < _total(parts)
    first = numbered[min(numbered)]
    told = [one.occurred_at for one in parts if one.occurred_at is not None]
    ids = sorted({one.event_id for one in parts} - {first.event_id})
    return replace(
        first,
        text=text + (GAP if before < _total(parts) else ""),
        received_at=min(one.received_at for one in parts),
        occurred_at=min(told, default=None),
        provider_keyword=first.provider_keyword and len(numbered) == 1,
        media_count=sum(one.media_count for one in numbered.values()),
        cut=cut,
        part=None,
        joined=(first.event_id, *ids),
    )


def _by_number(parts: Sequence[InboundMessage]) -> dict[int, InboundMessage]:
    """The first of each number by its event id, so that it does not matter which came first."""
    found: dict[int, InboundMessage] = {}
    for one in sorted(parts, key=lambda each: each.event_id, reverse=True):
        if one.part is not None:
            found[one.part.number] = one
    return found


def _total(parts: Sequence[InboundMessage]) -> int:
    return max(one.part.total for one in parts if one.part is not None)
