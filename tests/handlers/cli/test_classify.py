"""`heed classify` and the words in which `heed try` explains a reading."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Channel
from bot.reading import read
from handlers.cli.classify import classify, classify_lines
from handlers.cli.explain import explain


def one(line: bytes) -> dict[str, Any]:
    (answer,) = classify_lines([line])
    result: dict[str, Any] = json.loads(answer)
    return result


def test_a_message_comes_back_with_its_reading_and_all_it_came_with() -> None:
    line = json.dumps({"id": 7, "text": "pls stop texting me", "channel": "sms"}).encode()
    found = one(line)
    assert found.pop("confidence") > 0.8
    assert found == {
        "id": 7,
        "text": "pls stop texting me",
        "channel": "sms",
        "intent": "opt_out",
        "scope": "channel",
        "lang": "en",
        "evidence": [
            {"start": 4, "end": 19, "words": "stop texting me", "rule": "phrase:verb-contact"}
        ],
    }


def test_a_message_that_stops_nothing_has_no_scope() -> None:
    assert one(b'{"text": "see you at 5", "channel": "slack"}')["scope"] is None


def test_context_and_choices_are_heard() -> None:
    line = {
        "text": "2",
        "channel": "sms",
        "context": "scope_asked",
        "choices": ["just these", "everything"],
    }
    assert one(json.dumps(line).encode())["intent"] == "opt_out_all"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{",
        b"[]",
        b"null",
        b'"STOP"',
        b"\xff\xfe",
        b'{"channel": "sms"}',
        b'{"text": 5, "channel": "sms"}',
        b'{"text": null, "channel": "sms"}',
        b'{"text": "STOP"}',
        b'{"text": "STOP", "channel": "fax"}',
        b'{"text": "STOP", "channel": ["sms"]}',
        b'{"text": "STOP", "channel": "sms", "context": "x"}',
        b'{"text": "STOP", "channel": "sms", "context": {}}',
        b'{"text": "STOP", "channel": "sms", "choices": "a"}',
        b'{"text": "STOP", "channel": "sms", "choices": [1]}',
        b'{"text": "STOP", "channel": "sms", "lang": 1}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_message_gives_a_line_with_an_error(line: bytes) -> None:
    answer = one(line)
    assert answer["error"]
    assert "intent" not in answer


def test_an_error_keeps_what_the_line_held_so_that_it_can_be_found() -> None:
    assert one(b'{"id": "x1", "channel": "sms"}')["id"] == "x1"


def test_half_a_surrogate_pair_is_text_too() -> None:
    assert one(b'{"text": "STOP \\ud83d", "channel": "sms"}')["intent"] == "opt_out"


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_every_line_gives_one_line_in_order(lines: list[bytes]) -> None:
    answers = list(classify_lines(lines))
    assert len(answers) == len(lines)
    assert all("\n" not in answer and json.loads(answer) for answer in answers)


def test_the_command_reads_standard_input_to_its_end_and_succeeds() -> None:
    lines = b'{"text": "STOP", "channel": "sms"}\nnonsense\n{"text": "\xe9\x80\x80\xe8\xae\xa2", "channel": "sms"}'
    result = CliRunner().invoke(classify, input=lines)
    assert result.exit_code == 0
    answers = [json.loads(line) for line in result.stdout_bytes.decode().splitlines()]
    assert [answer.get("intent") for answer in answers] == ["opt_out", None, "opt_out"]


def test_an_explanation_tells_a_support_agent_what_decided() -> None:
    text = "too many texts, please take me off your list"
    told = explain(read(text, channel=Channel.SMS), text)
    assert "wants no more messages" in told
    assert "this channel" in told
    assert '"take me off your list"' in told
    assert "phrase:remove-me" in told
    assert "language    en" in told


def test_an_explanation_says_when_messages_are_held_back_for_a_person() -> None:
    told = explain(read("no", channel=Channel.SMS), "no")
    assert "unclear" in told
    assert "held back until a person decides" in told


@given(st.text(max_size=200))
def test_every_reading_can_be_explained(text: str) -> None:
    assert explain(read(text, channel=Channel.EMAIL), text)


def test_what_else_a_reading_tells_comes_only_where_it_is_asked_for() -> None:
    lines = b'{"text": "where did you get my number", "channel": "sms"}\n'
    lines += b'{"text": "once a week is enough", "channel": "sms"}\n'
    plain = CliRunner().invoke(classify, input=lines)
    assert "privacy_request" not in plain.stdout
    told = CliRunner().invoke(classify, ["--more"], input=lines)
    asks, less = (json.loads(line) for line in told.stdout.splitlines())
    assert (asks["privacy_request"], asks["less"], asks["reason"]) == (True, None, None)
    assert less["less"] == {"pace": {"times": 1, "every": 1, "unit": "week"}}
    assert less["runner_up"]
    assert less["may_be_stop"] is False


def test_a_question_about_ones_own_data_is_explained_to_staff() -> None:
    text = "where did you get my number"
    assert "a person answers" in explain(read(text, channel=Channel.SMS), text)
