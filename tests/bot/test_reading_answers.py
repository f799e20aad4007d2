"""Reading an answer to our own question: about the reason, about the scope."""

from __future__ import annotations

import pytest

from bot.model import CHANNEL_SCOPE, EVERYTHING, Channel, Context, Intent, Reading, Reason
from bot.reading import read
from bot.reading.reasons import reason_of

CHOICES = ("Just these", "Everything")


def why(text: str, choices: tuple[str, ...] = ()) -> Reading:
    return read(text, channel=Channel.EMAIL, context=Context.REASON_ASKED, choices=choices)


def how_much(text: str, choices: tuple[str, ...] = ()) -> Reading:
    return read(text, channel=Channel.SMS, context=Context.SCOPE_ASKED, choices=choices)


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "#1",
        "option 3",
        "C",
        "too many",
        "never signed up",
        "none of your business",
        "dog died",
        "i dont own a car now",
    ],
)
def test_a_plain_reason_is_a_reason(text: str) -> None:
    assert why(text).intent is Intent.REASON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("STOP", Intent.OPT_OUT),
        ("no more questions. unsubscribe", Intent.OPT_OUT),
        ("because you sell data. delete mine.", Intent.ERASURE),
        ("wait, put me back on", Intent.OPT_IN),
        ("ok thanks", Intent.OTHER),
        ("hm", Intent.AMBIGUOUS),
        ("how long does it take?", Intent.OTHER),
    ],
)
def test_a_new_wish_outranks_the_question(text: str, expected: Intent) -> None:
    assert why(text).intent is expected


def test_a_numbered_choice_is_the_reason_that_it_names() -> None:
    choices = ("Too many messages", "Not relevant", "I never signed up")
    assert why("3", choices).reason is Reason.NEVER_SIGNED_UP
    assert why("b)", choices).reason is Reason.NOT_RELEVANT
    assert why("9", choices).intent is Intent.REASON


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("way too many emails", Reason.TOO_MANY),
        ("son demasiados mensajes", Reason.TOO_MANY),
        ("zu viele Nachrichten", Reason.TOO_MANY),
        ("not relevant anymore", Reason.NOT_RELEVANT),
        ("ça ne m'intéresse plus", Reason.NOT_RELEVANT),
        ("never signed up", Reason.NEVER_SIGNED_UP),
        ("nunca me apunté", Reason.NEVER_SIGNED_UP),
        ("hab mich nie angemeldet", Reason.NEVER_SIGNED_UP),
        ("moved out of state", Reason.NO_LONGER_CUSTOMER),
        ("you sell my data", Reason.PRIVACY),
        ("not my number", Reason.WRONG_PERSON),
        ("the moon was full", Reason.OTHER),
    ],
)
def test_free_words_fall_into_a_category(words: str, reason: Reason) -> None:
    assert reason_of(words) is reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just these", Intent.OPT_OUT),
        ("only the promos", Intent.OPT_OUT),
        ("everything", Intent.OPT_OUT_ALL),
        ("both please", Intent.OPT_OUT_ALL),
        ("STOP", Intent.OPT_OUT),
        ("no wait, keep me on", Intent.OPT_IN),
        ("1", Intent.AMBIGUOUS),
        ("yes", Intent.AMBIGUOUS),
        ("wrong number", Intent.WRONG_NUMBER),
    ],
)
def test_an_answer_about_the_scope(text: str, expected: Intent) -> None:
    assert how_much(text).intent is expected


def test_a_number_is_clear_where_our_question_numbered_the_choices() -> None:
    assert (how_much("1", CHOICES).intent, how_much("1", CHOICES).scope) == (
        Intent.OPT_OUT,
        CHANNEL_SCOPE,
    )
    assert (how_much("2.", CHOICES).intent, how_much("2", CHOICES).scope) == (
        Intent.OPT_OUT_ALL,
        EVERYTHING,
    )
    assert how_much("7", CHOICES).intent is Intent.AMBIGUOUS


def test_an_unclear_answer_about_the_scope_leaves_the_stop_in_doubt() -> None:
    assert how_much("the first").may_be_stop


@pytest.mark.parametrize(
    "text", ["1 please", "1, thanks", "Please 1", "1 por favor", "bitte 1", "1 お願いします"]
)
def test_a_choice_may_be_made_politely(text: str) -> None:
    assert how_much(text, CHOICES).intent is Intent.OPT_OUT
    assert how_much(text.replace("1", "2"), CHOICES).scope == EVERYTHING


def test_quoted_lines_are_not_the_writers_words() -> None:
    told = read("see you at 5\n> Acme: sale today. Reply STOP to end", channel=Channel.SMS)
    assert told.intent is Intent.OTHER
    wish = read("> Acme: see you soon\nplease stop texting me", channel=Channel.SMS)
    assert wish.intent is Intent.OPT_OUT
    assert all("Acme" not in one.words for one in wish.evidence)
