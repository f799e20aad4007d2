"""Tokens: they name a person and a list, and only we can make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import tokens
from bot.tokens import Purpose

KEY, OLD, OTHER = b"k" * 32, b"o" * 32, b"x" * 32
ANN = bytes(range(16))
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_comes_back_as_it_was_made_in_any_case(purpose: Purpose) -> None:
    token = tokens.make(KEY, purpose, ANN, "newsletter", NOW)
    for spelled in (token, token.upper(), f" {token}\n"):
        read = tokens.read([KEY], spelled, [purpose], NOW)
        assert read is not None
        assert read.addr == ANN
        assert tokens.list_named(read.list_mark, ["", "news", "newsletter"]) == "newsletter"


def test_it_fits_behind_a_mailbox_name() -> None:
    assert len("unsubscribe+" + tokens.make(KEY, Purpose.MAILTO, ANN, "", NOW)) <= 64


def test_a_token_for_one_purpose_opens_no_other() -> None:
    token = tokens.make(KEY, Purpose.MAILTO, ANN, "", NOW)
    assert tokens.read([KEY], token, [Purpose.HTTPS, Purpose.VERP, Purpose.UNDO], NOW) is None


def test_a_rotated_key_still_opens_old_mail_and_a_strangers_key_nothing() -> None:
    token = tokens.make(OLD, Purpose.HTTPS, ANN, "", NOW)
    assert tokens.read([KEY, OLD], token, [Purpose.HTTPS], NOW) is not None
    assert tokens.read([OTHER], token, [Purpose.HTTPS], NOW) is None


def test_an_unsubscribe_never_ends_but_an_undo_does() -> None:
    years_later = NOW + timedelta(days=4000)
    for_good = tokens.make(KEY, Purpose.HTTPS, ANN, "", NOW)
    assert tokens.read([KEY], for_good, [Purpose.HTTPS], years_later) is not None
    undo = tokens.make(KEY, Purpose.UNDO, ANN, "", NOW)
    assert tokens.read([KEY], undo, [Purpose.UNDO], NOW + timedelta(hours=23)) is not None
    assert tokens.read([KEY], undo, [Purpose.UNDO], NOW + timedelta(hours=25)) is None
    assert tokens.read([KEY], undo, [Purpose.UNDO], NOW - timedelta(hours=1)) is None


@given(st.data())
def test_one_altered_sign_makes_it_worthless(data: st.DataObject) -> None:
    token = tokens.make(KEY, Purpose.HTTPS, ANN, "news", NOW)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.sampled_from([c for c in "abcdefghijklmnopqrstuvwxyz234567" if c != token[at]])
    )
    assert tokens.read([KEY], token[:at] + other + token[at + 1 :], [Purpose.HTTPS], NOW) is None


@given(st.text(max_size=200))
def test_whatever_stands_in_a_link_nothing_breaks(text: str) -> None:
    assert tokens.read([KEY], text, list(Purpose), NOW) is None
