"""A text that came in parts says the same in whichever order they came."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.joining import belongs, joined, part_of, whole
from bot.model import InboundMessage, TextPart
from tests.kit import NOW, sms


@st.composite
def cut_up(draw: st.DrawFn) -> tuple[str, list[InboundMessage]]:
    """A text, and the parts that a carrier would make of it, in their order."""
    pieces = draw(st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=6))
    return "".join(pieces), [
        sms(
            piece,
            event_id=f"e{number}",
            at=NOW + timedelta(seconds=draw(st.integers(0, 9))),
            part=TextPart(of="77", number=number, total=len(pieces)),
        )
        for number, piece in enumerate(pieces, 1)
    ]


@given(cut_up(), st.data())
def test_in_any_order_and_some_of_them_twice_it_is_the_text(
    case: tuple[str, list[InboundMessage]], data: st.DataObject
) -> None:
    text, parts = case
    more = data.draw(st.lists(st.sampled_from(parts), max_size=4))
    # the carrier's own repeat is another event with the same words
    repeats = [replace(one, event_id=f"{one.event_id}-again") for one in more]
    coming = data.draw(st.permutations([*parts, *repeats, *more]))
    assert all(belongs(one, coming) for one in coming)
    assert whole(coming)
    found = joined(coming)
    assert (found.text, found.cut, found.part) == (text, False, None)
    assert found == joined(parts + repeats)
    assert set(found.joined) == {one.event_id for one in coming}
    assert found.event_id == found.joined[0] == "e1"
    assert found.received_at == min(one.received_at for one in coming)


@given(cut_up(), st.data())
def test_what_did_not_come_is_a_gap_and_never_taken_for_nothing(
    case: tuple[str, list[InboundMessage]], data: st.DataObject
) -> None:
    _, parts = case
    missing = data.draw(st.sets(st.integers(1, len(parts)), min_size=1, max_size=len(parts) - 1))
    left = [one for one in parts if one.part is not None and one.part.number not in missing]
    coming = data.draw(st.permutations(left))
    assert not whole(coming)
    found = joined(coming)
    assert found.cut
    assert found == joined(left)
    assert "".join(found.text.split(" … ")) == "".join(
        "".join(one.text for one in left).split(" … ")
    )


def test_a_name_that_is_used_again_is_seen_by_other_words_in_the_same_place() -> None:
    first = sms("STOP sending", part=TextPart(of="7", number=1, total=2))
    assert belongs(replace(first, event_id="other"), [first])
    assert not belongs(replace(first, event_id="other", text="Hello"), [first])


@pytest.mark.parametrize(
    ("number", "total"),
    [
        ("0", "2"),
        ("3", "2"),
        ("1", "1"),
        ("1", "256"),
        ("", ""),
        ("x", "2"),
        ("²", "3"),
        ("1", "9" * 9),
    ],
)
def test_what_is_no_part_is_a_text_of_its_own(number: str, total: str) -> None:
    assert part_of("77", number, total) is None
