"""The two questions that a confirmation may ask, with the real reading: scope, and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Channel
from bot.policy import Program, Sender, sender_key
from handlers.parts import operator_words, reader
from handlers.policy_file import PolicyFile
from tests.kit import ANN, GB_ANN, POLICY, US, Bench, bench, sms

TWO_BRANDS = replace(
    POLICY,
    programs={
        "shoes": Program(name="shoes", title="Acme Shoes"),
        "outlet": Program(name="outlet", title="Acme Outlet"),
    },
    senders={
        sender_key(Channel.SMS, US): Sender(
            id=US, channel=Channel.SMS, program="shoes", ask_scope=True
        )
    },
)


@pytest.fixture
def two_brands(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, policy=TWO_BRANDS) as joined:
        joined.desk._reader = reader(operator_words(PolicyFile(policy=TWO_BRANDS)))
        yield joined


def test_all_is_stopped_at_once_and_the_confirmation_asks_whether_that_is_meant(
    two_brands: Bench,
) -> None:
    receipt = two_brands.hears(sms("STOP"))
    assert two_brands.holds() == {"channel": "stopped"}
    assert "1 Acme Shoes" in receipt.inline_text


@pytest.mark.parametrize("answer", ["1", "just these", "only acme shoes"])
def test_an_answer_narrows_it_and_gets_no_second_message(two_brands: Bench, answer: str) -> None:
    two_brands.hears(sms("STOP"))
    receipt = two_brands.hears(sms(answer))
    assert two_brands.holds() == {"program:shoes": "stopped"}
    assert receipt.inline_text == ""
    assert two_brands.answers() == ["opted_out"]


def test_silence_and_a_day_later_nothing_is_narrowed(two_brands: Bench) -> None:
    two_brands.hears(sms("STOP"))
    later = two_brands.clock.forward(hours=25)
    two_brands.hears(sms("1", at=later))
    assert two_brands.holds()["channel"] == "stopped"


@pytest.mark.parametrize("answer", ["STOP", "stop", "2", "everything"])
def test_stop_again_is_still_stop(two_brands: Bench, answer: str) -> None:
    two_brands.hears(sms("STOP"))
    two_brands.hears(sms(answer))
    assert two_brands.holds(ANN).get("channel") == "stopped"


@pytest.fixture
def asked_why(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as joined:
        joined.desk._reader = reader(operator_words(PolicyFile()))
        joined.hears(sms("STOP", who=GB_ANN))
        yield joined


@pytest.mark.parametrize(
    ("answer", "category"),
    [
        ("1", "too_many"),
        ("2", "not_relevant"),
        ("3", "never_signed_up"),
        ("4", "no_longer_customer"),
        ("far too many messages", "too_many"),
    ],
)
def test_the_reason_is_kept_under_the_category_that_the_question_numbered(
    asked_why: Bench, answer: str, category: str
) -> None:
    asked_why.hears(sms(answer, who=GB_ANN))
    entry = asked_why.history(GB_ANN)[-1]
    assert str(entry.kind) == "reason_given"
    assert entry.facts["reason"] == category
