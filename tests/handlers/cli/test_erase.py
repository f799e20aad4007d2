"""`heed erase`: asked for on purpose, done for good."""

from __future__ import annotations

from handlers.cli.erase import erase
from tests.handlers.cli.kit import Shell
from tests.kit import ANN, MAIL_ANN, sms


def test_it_erases_and_says_what_stays(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    result = shell.run(erase, "+1 202 555 0123", "--by", "lee", "--yes")
    assert result.exit_code == 0, result.stderr
    assert "stays blocked" in result.stdout
    assert "0123" not in result.output
    assert [entry.words for entry in shell.bench.history()] == [None, None]
    assert shell.bench.holds() == {"channel": "stopped"}


def test_without_a_clear_yes_nothing_happens(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    result = shell.run(erase, "+12025550123")
    assert result.exit_code == 1
    assert "--yes" in result.stderr
    assert shell.bench.history()[0].words == "stop"


def test_other_addresses_of_the_person_are_named_by_their_count(shell: Shell) -> None:
    now = shell.bench.clock.now
    for who in (ANN, MAIL_ANN):
        shell.bench.store.write(
            lambda session, who=who: session.link_contact(session.touch(who, now), "c-1")  # type: ignore[misc]
        )
    result = shell.run(erase, "+12025550123", "--yes")
    assert "1 other addresses of this person keep their records" in result.stderr


def test_what_is_no_address_is_said(shell: Shell) -> None:
    result = shell.run(erase, "nobody", "--yes")
    assert result.exit_code == 2
    assert result.stderr.startswith("heed: ")
