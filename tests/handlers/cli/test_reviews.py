"""`heed reviews`: what waits for a person, workable without Slack."""

from __future__ import annotations

import pytest

from handlers.cli.context import shown
from handlers.cli.reviews import reviews
from tests.handlers.cli.kit import Shell
from tests.kit import sms


def unclear(shell: Shell, text: str = "hm") -> str:
    receipt = shell.bench.hears(sms(text, at=shell.bench.clock.now, unread="test"))
    assert receipt.review_id
    return receipt.review_id


def test_nothing_waits(shell: Shell) -> None:
    result = shell.run(reviews)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing waits" in result.stderr


def test_each_review_is_a_line_with_its_clock_and_a_masked_address(shell: Shell) -> None:
    review_id = unclear(shell, "maybe stop? \N{SNOWMAN}")
    shell.bench.clock.forward(hours=3)
    result = shell.run(reviews)
    assert result.exit_code == 0
    head, line = result.stdout.splitlines()
    assert head.split() == ["ID", "CAUSE", "AGE", "DUE", "CHANNEL", "ADDRESS", "WORDS"]
    cells = line.split("  ")
    assert cells[0] == review_id
    assert "3h" in line
    assert "+1 *** *** 0123" in line
    assert line.endswith("maybe stop? \N{SNOWMAN}")
    assert "202555" not in result.stdout


def test_what_ran_out_says_so(shell: Shell) -> None:
    unclear(shell)
    shell.bench.clock.forward(days=9)
    [_, line] = shell.run(reviews).stdout.splitlines()
    assert " late " in line
    assert " 9d " in line


def test_words_cannot_steer_the_terminal(shell: Shell) -> None:
    unclear(shell, "hm\x1b[2J\x1b]0;owned\x07\r\nID fake line\u202eevil " + "x" * 500)
    output = shell.run(reviews).stdout
    assert len(output.splitlines()) == 2
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(output)
    assert len(output.splitlines()[1]) < 160


def test_all_of_them_are_listed_however_many(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.cli.reviews.PAGE", 2)
    ids = []
    for _ in range(5):
        ids.append(unclear(shell))
        shell.bench.clock.forward(minutes=1)
    listed = [line.split()[0] for line in shell.run(reviews).stdout.splitlines()[1:]]
    assert listed == ids


def test_a_decision_is_recorded_under_a_name(shell: Shell) -> None:
    review_id = unclear(shell)
    result = shell.run(reviews, "decide", review_id.lower(), "not_opt_out", "--by", "Bea\x1b[1m")
    assert (result.exit_code, result.stdout) == (0, "not_opt_out\n")
    assert shell.bench.holds() == {}
    decided = next(one for one in shell.bench.history() if one.kind == "review_decided")
    assert decided.facts["actor"] == "cli:Bea [1m"


def test_who_does_not_say_a_name_is_known_by_the_login(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "carla")
    review_id = unclear(shell)
    assert shell.run(reviews, "decide", review_id, "opt_out").exit_code == 0
    assert shell.bench.holds() == {"channel": "stopped"}
    assert "cli:carla" in {one.facts.get("actor") for one in shell.bench.history()}


def test_a_decision_that_cannot_be_is_refused_in_one_line(shell: Shell) -> None:
    review_id = unclear(shell)
    done = shell.run(reviews, "decide", review_id, "done", "--by", "bea")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert shell.run(reviews, "decide", "ZZZZZZZZ", "opt_out").exit_code == 1
    assert shell.run(reviews, "decide", review_id, "maybe").exit_code == 2
    assert shell.run(reviews, "decide", review_id, "opt_out").exit_code == 0
    again = shell.run(reviews, "decide", review_id, "not_opt_out")
    assert again.exit_code == 1
    assert shell.bench.holds() == {"channel": "stopped"}


def test_without_a_database_there_is_one_clear_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_DATABASE_URL", "mysql://nowhere")
    result = shell.run(reviews)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("plain", 0, "plain"),
        ("a\tb\nc", 0, "a b c"),
        ("abcdef", 4, "abc…"),
        ("abcd", 4, "abcd"),
        ("\x9b31m", 0, "31m"),
    ],
)
def test_foreign_text_is_shown_on_one_line(text: str, limit: int, expected: str) -> None:
    assert shown(text, limit) == expected
