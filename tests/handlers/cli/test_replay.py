"""`heed replay` and `heed export --labels`: what is stored, read again and learnt from."""

from __future__ import annotations

import json

from bot.model import Actor, ReviewDecision, Role, Verdict
from handlers.cli.export import export
from handlers.cli.replay import replay
from tests.handlers.cli.kit import Shell
from tests.kit import GB_ANN, sms

ADMIN = Actor(name="api:ops", role=Role.ADMIN)


def decide(shell: Shell, verdict: Verdict, actor: Actor = ADMIN) -> None:
    review = shell.bench.store.read(lambda session: session.open_reviews())[0]
    shell.bench.desk.receive(
        ReviewDecision(
            review_id=review.id,
            address_hash=review.addr,
            verdict=verdict,
            actor=actor,
            received_at=shell.bench.clock(),
        )
    )


def test_a_persons_decision_is_a_labelled_line_without_an_address(shell: Shell) -> None:
    shell.bench.hears(sms("hm"))
    decide(shell, Verdict.NOT_OPT_OUT)
    result = shell.run(export, "--labels")
    assert result.exit_code == 0
    (line,) = map(json.loads, result.stdout.splitlines())
    assert (line["text"], line["channel"], line["intent"]) == ("hm", "sms", "other")
    assert line["read_as"] == "ambiguous"
    assert "+1202" not in result.stdout


def test_what_the_clock_decided_teaches_nothing(shell: Shell) -> None:
    shell.bench.hears(sms("hm"))
    decide(shell, Verdict.OPT_OUT, Actor(name="clock", role=Role.ADMIN))
    assert shell.run(export, "--labels").stdout == ""


def test_two_exports_at_once_are_refused(shell: Shell) -> None:
    assert shell.run(export, "--labels", "--entries").exit_code == 2


def test_replay_shows_what_would_be_read_otherwise(shell: Shell) -> None:
    """The bench's own reader knows a handful of words; the real one reads them otherwise."""
    shell.bench.hears(sms("please take me off your list"))  # the bench heard nothing in it
    shell.bench.hears(sms("stop", who=GB_ANN))
    result = shell.run(replay, "--since", "1d")
    assert result.exit_code == 0
    assert "2 messages read again, 1 would be read otherwise" in result.stdout
    assert "other -> opt_out" in result.stdout
    assert "take me off" not in result.stdout
    assert "take me off" in shell.run(replay, "--words").stdout
    assert shell.bench.holds() == {}  # nothing was changed


def test_a_decided_review_proposes_lines_for_heed_toml_and_their_effect(shell: Shell) -> None:
    shell.bench.hears(sms("hm"))
    (review,) = shell.bench.store.read(lambda session: session.open_reviews())
    assert "only what was decided" in shell.run(replay, "--review", review.id).stderr
    decide(shell, Verdict.OPT_OUT)
    result = shell.run(replay, "--review", review.id)
    assert result.exit_code == 0
    assert '[words]\nstop = ["hm"]' in result.stdout
    assert "With these lines the message is read as opt_out." in result.stdout
    assert "1 messages of the last 90 days, 1 would be read otherwise" in result.stdout
    assert shell.run(replay, "--review", "NOSUCH").exit_code == 2


def test_a_stop_that_would_be_lost_is_exit_1(shell: Shell) -> None:
    (shell.folder / "heed.toml").write_text('[words]\nhelp = ["stop"]\n')
    shell.bench.hears(sms("stop"))
    result = shell.run(replay)
    assert result.exit_code == 1
    assert "stop lost" in result.stdout


def test_only_what_is_young_enough_is_read(shell: Shell) -> None:
    shell.bench.hears(sms("please take me off your list"))
    shell.bench.clock.forward(days=40)
    assert "0 messages read again" in shell.run(replay, "--since", "30d").stdout


def test_a_span_that_is_none_is_said_so(shell: Shell) -> None:
    result = shell.run(replay, "--since", "yesterday")
    assert result.exit_code == 2
    assert "30d" in result.stderr
