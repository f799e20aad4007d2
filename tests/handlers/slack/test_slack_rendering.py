"""Whatever a customer wrote, what we post about it is valid and holds no markup of theirs."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock

from bot.addresses import AddressError
from bot.model import (
    CHANNEL_SCOPE,
    Address,
    Channel,
    Json,
    ReviewCause,
    Scope,
    Verdict,
)
from handlers.slack import words
from handlers.slack.cards import Card, masked_inside, message, verdicts
from handlers.slack.text import escaped, shown, spoken
from handlers.slack.typed import typed
from storage import Review, ReviewState
from tests.handlers.slack.limits import faults_of
from tests.kit import ANN, NOW

TEXTS = st.text(max_size=2_000) | st.text(
    alphabet="<>&!@|*_~`\n\u202e\u200b\u0000a1+.- \U0001f600", max_size=3_000
)


def card(
    text: str | None = "dunno",
    *,
    cause: ReviewCause = ReviewCause.MAY_BE_STOP,
    holds: Scope | None = CHANNEL_SCOPE,
    address: Address | None = ANN,
    state: ReviewState = ReviewState.OPEN,
    evidence: tuple[str, ...] = (),
    sender: str = "+44 20 7946 0999",
    cannot_ask: str = "",
    less: Json = None,
) -> Card:
    decided = state is ReviewState.DECIDED
    return Card(
        review=Review(
            id="7F3K2M9P",
            addr=b"a" * 16,
            cause=cause,
            sender=sender,
            channel=Channel.SMS,
            entry_id="e1",
            holds=holds,
            state=state,
            version=3,
            opened_at=NOW,
            due_at=NOW + timedelta(days=1),
            verdict=Verdict.OPT_OUT if decided else None,
            decided_by="slack:T1/U2" if decided else "",
            decided_at=NOW if decided else None,
        ),
        program="Acme",
        address=address,
        words=text,
        facts={"intent": "ambiguous", "confidence": 0.5, "lang": "en", "less": less},
        evidence=evidence,
        cannot_ask=cannot_ask,
    )


def faults(one: Card) -> list[str]:
    rendered = message(one)
    for block in rendered.blocks:
        parsed = SdkBlock.parse(block)
        assert parsed is not None
        parsed.validate_json()
    return faults_of("chat.update", {"text": rendered.text, "blocks": list(rendered.blocks)})


@given(text=TEXTS, evidence=st.lists(TEXTS, max_size=3), sender=TEXTS)
def test_any_words_make_a_valid_card(text: str, evidence: list[str], sender: str) -> None:
    one = card(text, evidence=tuple(evidence), sender=sender)
    assert faults(one) == []
    assert len(json.dumps(message(one).blocks)) < 8_000 * 6  # escapes of other scripts count six


@given(text=TEXTS)
def test_the_notification_holds_none_of_the_words(text: str) -> None:
    assert message(card(text)).text == "May be a stop: review 7F3K2M9P waits for a decision"


def test_words_without_end_are_cut() -> None:
    rendered = str(message(card("stop " * 10_000)).blocks)
    assert "(cut)" in rendered
    assert len(rendered) < 8_000


@pytest.mark.parametrize("cause", list(ReviewCause))
@pytest.mark.parametrize("holds", [None, CHANNEL_SCOPE])
def test_every_cause_has_a_valid_card_with_the_safe_side_first(
    cause: ReviewCause, holds: Scope | None
) -> None:
    one = card(cause=cause, holds=holds)
    assert faults(one) == []
    assert verdicts(one)[0] in (Verdict.OPT_OUT, Verdict.DONE)
    if holds is not None:
        assert Verdict.DONE not in verdicts(one)


def test_only_keeping_contact_asks_twice() -> None:
    (buttons,) = [
        block["elements"] for block in message(card()).blocks if block["type"] == "actions"
    ]
    confirms = {
        button["action_id"]: "confirm" in button for button in buttons if button["type"] == "button"
    }
    assert confirms == {
        "heed_review_opt_out_v1": False,
        "heed_review_not_opt_out_v1": True,
        "heed_review_ask_v1": False,
        "heed_review_wrong_number_v1": False,
    }


def test_a_customer_who_cannot_be_asked_has_no_such_button_and_the_card_says_why() -> None:
    one = card(cannot_ask="they were asked already")
    assert Verdict.ASK not in verdicts(one)
    assert "The customer cannot be asked: they were asked already." in str(message(one).blocks)


def test_an_erased_person_leaves_nothing_on_the_card() -> None:
    rendered = message(card(None, address=None))
    assert "erased" in str(rendered.blocks)
    assert "actions" not in [block["type"] for block in rendered.blocks]


def test_a_decided_card_is_one_line() -> None:
    rendered = message(card("words of the customer", state=ReviewState.DECIDED))
    assert [block["type"] for block in rendered.blocks] == ["rich_text"]
    assert "words of the customer" not in str(rendered)
    assert "U2" in str(rendered.blocks)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail ann.lee+x@mail.example.com now", "mail a***@mail.example.com now"),
        ("call +1 (202) 555-0123", "call *** 0123"),
        ("call 2025550123.", "call *** 0123."),
        ("take 2 of 3 by 12:30", "take 2 of 3 by 12:30"),
    ],
)
def test_addresses_inside_the_words_are_masked(text: str, masked: str) -> None:
    assert masked_inside(text) == masked


@given(text=TEXTS)
def test_escaped_text_holds_no_markup_and_reads_back(text: str) -> None:
    out = escaped(text)
    assert "<" not in out
    assert ">" not in out
    assert spoken(out) == text.strip()


@pytest.mark.parametrize(
    ("sent", "words_"),
    [
        ("<@U0HEED> stop", "stop"),
        ("<@U0HEED|heed>   stop", "stop"),
        ("stop <@U0BOB>", "stop @U0BOB"),
        ("<mailto:ann@example.com|ann@example.com>", "ann@example.com"),
        ("<https://example.com|here>, <https://example.com>", "here, https://example.com"),
        ("<#C1|general> <!here> <!subteam^S1|@team>", "#general @here @team"),
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
    ],
)
def test_slacks_markup_is_undone(sent: str, words_: str) -> None:
    assert spoken(sent, "U0HEED") == words_


@given(text=TEXTS, limit=st.integers(1, 200), lines=st.integers(1, 5))
def test_shown_words_keep_their_limits(text: str, limit: int, lines: int) -> None:
    out = shown(text, limit=limit, lines=lines)
    assert len(out) <= limit + len(" … (cut)")
    assert out.count("\n") < lines
    assert "\u202e" not in out


@given(text=TEXTS)
def test_any_typed_words_are_an_address_or_a_plain_refusal(text: str) -> None:
    with suppress(AddressError):
        assert typed(text, region="US", team="T1").address.value


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=1), "24 hours"),
        (timedelta(days=3), "3 days"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(0), "a minute"),
    ],
)
def test_spans_are_said_in_words(length: timedelta, text: str) -> None:
    assert words.span(length) == text


def test_the_card_says_what_a_wish_for_less_asks_for() -> None:
    wish: Json = {"pace": {"times": 1, "every": 1, "unit": "week"}, "channel": "email"}
    told = json.dumps(message(card("once a week by mail", less=wish)).blocks)
    assert "Asks for" in told
    assert "at most once a week; by mail" in told
    assert "Asks for" not in json.dumps(message(card("fewer please")).blocks)


def test_a_question_about_ones_own_data_can_be_seen_to_or_be_a_stop() -> None:
    asks = card("what do you have on me", cause=ReviewCause.PRIVACY, holds=None)
    assert verdicts(asks) == (Verdict.OPT_OUT, Verdict.DONE)
    assert "Asks what we hold about them" in json.dumps(message(asks).blocks)
