"""`heed evaluate`: a labelled file in, the table out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from handlers.cli.baselines import BASELINES
from handlers.cli.evaluate import evaluate

LINES = [
    {"text": "STOP", "channel": "sms", "lang": "en", "intent": "opt_out"},
    {"text": "stop by at 5", "channel": "sms", "lang": "en", "intent": "other"},
    {"text": "退订", "channel": "sms", "lang": "zh", "intent": "opt_out", "context": "none"},
    {"text": "quokka pricing", "channel": "email", "lang": "en", "intent": "erasure"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(map(json.dumps, LINES)), "utf-8")
    return path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(evaluate, list(arguments))
    return result.exit_code, result.output


def test_the_table_has_a_row_for_english_the_rest_and_each_language(file: Path) -> None:
    code, output = run(str(file))
    assert code == 0
    assert output.startswith("4 messages, rules ")
    rows = {line.split("  ")[0].strip() for line in output.splitlines()}
    assert {"English", "other languages", "en", "zh"} <= rows
    assert "quokka" not in output


def test_the_worst_errors_are_shown_only_when_asked_for(file: Path) -> None:
    assert "quokka" in run(str(file), "--errors", "3")[1]


def test_the_simpler_methods_stand_beside_it_in_the_same_run(file: Path) -> None:
    output = run(str(file), "--baselines")[1]
    assert all(name in output for name in BASELINES)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"text": "secret"}', '{"text": "secret", "channel": "fax", "intent": "other"}'],
)
def test_a_line_that_is_no_labelled_message_is_named_but_not_shown(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(line, "utf-8")
    code, output = run(str(path))
    assert code == 2
    assert "line 1" in output
    assert "secret" not in output


@pytest.mark.parametrize(
    ("name", "heard", "missed"),
    [
        ("whole word (Twilio)", " Stop ", "stop please"),
        ("keyword contained", "unstoppable", "see you"),
        ("partial_ratio >= 85", "unsubscrib", "zzz"),
        ("patterns (Spoke-like)", "take me off your list", "bus route"),
    ],
)
def test_a_baseline_does_what_its_documentation_says(name: str, heard: str, missed: str) -> None:
    assert BASELINES[name](heard)
    assert not BASELINES[name](missed)


def test_reasons_have_a_table_of_their_own_where_lines_are_labelled_with_one(
    tmp_path: Path,
) -> None:
    lines = [
        {"text": "too many", "reason": "too_many"},
        {"text": "the moon was full", "reason": "privacy"},
        {"text": "never signed up", "reason": "too_many"},
    ]
    shared = {"lang": "en", "channel": "email", "context": "reason_asked", "intent": "reason"}
    file = tmp_path / "reasons.jsonl"
    file.write_text("\n".join(json.dumps(shared | line) for line in lines))
    told = CliRunner().invoke(evaluate, [str(file)]).stdout.partition("\nreasons\n")[2]
    rows = {line.split()[0]: line.split()[1:] for line in told.splitlines() if line.strip()}
    assert rows["too_many"] == ["2", "0.500", "0.500", "0.000"]
    assert rows["privacy"] == ["1", "0.000", "0.000", "1.000"]
