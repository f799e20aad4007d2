"""A wish in a long mail weighs as much as one that stands alone; the work grows with the length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.model import STOPS, Channel, Intent
from bot.reading import read
from bot.reading.long import LONG, windows

CHATTER = "We had a lovely weekend by the lake and the children swam every day. "


def test_a_stop_between_two_pages_of_chatter_is_heard() -> None:
    text = CHATTER * 12 + "Please take me off your mailing list. " + CHATTER * 12
    found = read(text, channel=Channel.EMAIL)
    assert found.intent in STOPS
    assert all(text[one.start : one.end] == one.words for one in found.evidence)


def test_two_pages_of_chatter_are_no_stop() -> None:
    assert read(CHATTER * 30, channel=Channel.EMAIL).intent is Intent.OTHER


@given(st.text(max_size=5000))
def test_the_windows_cover_the_text_once_and_none_is_long(text: str) -> None:
    spans = list(windows(text))
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(0 < end - start <= LONG for start, end in spans)
