"""`heed check` answers with its exit code: 0 allowed, 1 blocked, 2 cannot tell."""

from __future__ import annotations

import pytest

from handlers.cli.check import check
from tests.handlers.cli.kit import Shell
from tests.kit import sms

ANN = "+12025550123"


def test_an_address_nobody_heard_of_is_allowed(shell: Shell) -> None:
    result = shell.run(check, ANN)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "allowed\n", "")


def test_after_a_stop_it_is_blocked_and_says_since_when(shell: Shell) -> None:
    receipt = shell.bench.hears(sms("stop"))
    result = shell.run(check, "(202) 555-0123")
    assert result.exit_code == 1
    assert result.stdout == (
        f"blocked: channel stopped since 2026-11-25T12:00:00Z (entry {receipt.entry_id})\n"
    )


def test_a_receipt_may_still_be_sent(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    assert shell.run(check, ANN, "--topic", "receipts").exit_code == 0
    assert shell.run(check, ANN, "--topic", "promotions").exit_code == 1


def test_a_topic_that_nobody_configured_cannot_be_told(shell: Shell) -> None:
    result = shell.run(check, ANN, "--topic", "reciepts")
    assert result.exit_code == 2
    assert "no topic of this name" in result.stderr


def test_the_channel_can_be_named(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    assert shell.run(check, ANN, "--channel", "whatsapp").exit_code == 0
    assert shell.run(check, ANN, "--channel", "sms").exit_code == 1


@pytest.mark.parametrize("text", ["", "not an address", "12", "@example.com", "\x1b[2J", "x" * 600])
def test_what_is_no_address_cannot_be_told(shell: Shell, text: str) -> None:
    result = shell.run(check, text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("heed: ")
    assert len(result.stderr.splitlines()) == 1


def test_without_an_address_cannot_be_told(shell: Shell) -> None:
    assert shell.run(check).exit_code == 2


def test_where_no_database_is_it_says_where_it_looked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stands in another folder must not be told that everybody may be written to."""
    elsewhere = shell.folder / "elsewhere.db"
    monkeypatch.setenv("HEED_DATABASE_URL", f"sqlite:///{elsewhere}")
    result = shell.run(check, ANN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"there is no database at {elsewhere}: heed migrate" in result.stderr
    assert "HEED_DATABASE_URL" in result.stderr
    assert not elsewhere.exists()


def test_without_a_database_cannot_be_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEED_DATABASE_URL", f"sqlite:///{shell.folder}/nowhere/heed.db")
    result = shell.run(check, ANN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("heed: ")


def test_a_wrong_setting_cannot_be_told_and_each_fault_has_its_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_SECRET_KEY", "short")
    monkeypatch.setenv("HEED_HTTP_LISTEN", "nonsense")
    result = shell.run(check, ANN)
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert any("HEED_SECRET_KEY" in line for line in lines)
    assert any("HEED_HTTP_LISTEN" in line for line in lines)


def test_the_wrong_key_cannot_be_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEED_SECRET_KEY", "A" * 43 + "=")
    result = shell.run(check, ANN)
    assert result.exit_code == 2
    assert "HEED_SECRET_KEY" in result.stderr
