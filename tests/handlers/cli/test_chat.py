"""`heed chat` is a phone in the terminal: what a customer says, what Heed answers, what it means."""

from __future__ import annotations

from click.testing import CliRunner, Result

from handlers.cli.chat import chat


def talk(*lines: str, who: str = "+12025550123") -> Result:
    return CliRunner().invoke(chat, ["--from", who], input="".join(f"{one}\n" for one in lines))


def test_a_stop_is_answered_and_blocks_and_start_lifts_it() -> None:
    said = talk("pls stop txting me", "START")
    assert said.exit_code == 0
    stopped, _, started = said.stdout.partition("you > START")
    assert "opted_out; channel stopped]" in stopped
    assert "opted_in; nothing blocked]" in started


def test_a_phone_has_a_number() -> None:
    for who in ("ann@example.com", "T012/U345", "banana"):
        said = talk(who=who)
        assert (said.exit_code, said.stdout) == (2, "")
        assert "heed: not a phone number" in said.stderr
