"""`heed ledger`: an auditor's questions, answered with an exit code and one line per fault."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from bot.proof_json import read_seal
from bot.seal import is_signed, public_key
from handlers.cli.ledger import ledger
from storage.sealer import Sealer
from storage.sqlite import connect
from tests.handlers.cli.kit import Shell
from tests.kit import mail, sms


def seal(shell: Shell) -> None:
    Sealer(shell.bench.store, shell.bench.clock).step()


def published(shell: Shell, name: str = "seal.json") -> Path:
    target = shell.folder / name
    assert shell.run(ledger, "publish", "-o", str(target)).exit_code == 0
    return target


def tamper(shell: Shell, *statements: str) -> None:
    """With the database file in hand, past the triggers."""
    connection = connect(shell.folder / "heed.db")
    for table in ("ledger", "seals", "sealed"):
        for verb in ("UPDATE", "DELETE"):
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_an_untouched_ledger_is_clean(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    shell.bench.hears(mail("stop"))
    seal(shell)
    shell.bench.hears(sms("start"))
    result = shell.run(ledger, "verify", "--seal", str(published(shell)))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == ("3 entries of 2 addresses, 1 seals, 1 entries not sealed yet: clean\n")


def test_an_empty_ledger_is_clean_and_has_no_seal_to_publish(shell: Shell) -> None:
    assert shell.run(ledger, "verify").exit_code == 0
    result = shell.run(ledger, "publish")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing is sealed yet" in result.stderr


def test_each_fault_is_one_line_that_names_the_entry_and_no_person(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    shell.bench.hears(sms("start"))
    seal(shell)
    tamper(shell, "UPDATE ledger SET kind = 'heard' WHERE number = 1")
    result = shell.run(ledger, "verify")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:-1] == [
        f"address {shell.bench.addr().hex()[:12]}, entry 1: was altered"
    ]
    assert result.stdout.splitlines()[-1].endswith(": 1 faults")
    assert "+1202" not in result.output


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM suppressions", "what is blocked is not what its entries say"),
        ("UPDATE suppressions SET hold = 'paused'", "what is blocked is not what its entries say"),
        ("UPDATE suppressions SET scope = 'topic:x'", "what is blocked is not what its entries"),
        ("UPDATE suppressions SET entry_id = 'e'", "a block that no entry made"),
        (
            "INSERT INTO suppressions SELECT x'00', scope, hold, 0, NULL, '-', '' FROM suppressions",
            "a block that no entry made",
        ),
    ],
)
def test_somebody_let_out_behind_the_ledgers_back_shows(
    shell: Shell, statement: str, told: str
) -> None:
    shell.bench.hears(sms("stop"))
    tamper(shell, statement)
    result = shell.run(ledger, "verify")
    assert result.exit_code == 1
    assert told in result.stdout
    assert "1 faults" in result.stdout


def test_of_whom_it_cannot_be_told_any_more_is_said_so(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    shell.bench.store.write(lambda session: session.erase(shell.bench.addr()))
    result = shell.run(ledger, "verify")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("1 addresses: that what is blocked follows")


def test_a_cut_off_end_shows_only_to_whoever_kept_a_seal(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    seal(shell)
    first = published(shell, "first.json")
    shell.bench.hears(mail("stop"))
    seal(shell)
    kept = published(shell, "second.json")
    tamper(
        shell,
        "DELETE FROM ledger WHERE channel = 'email'",
        "DELETE FROM addresses WHERE channel = 'email'",
        "DELETE FROM sealed WHERE seal = 2",
        "DELETE FROM seals WHERE number = 2",
    )
    assert "cut off" not in shell.run(ledger, "verify", "--seal", str(first)).stdout
    result = shell.run(ledger, "verify", "--seal", str(kept))
    assert result.exit_code == 1
    assert "the end was cut off: the chain ends at seal 1, seal 2 was published" in result.stdout


def test_another_key_than_the_one_in_hand_is_a_fault(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    seal(shell)
    key = shell.run(ledger, "key").stdout.strip()
    assert bytes.fromhex(key) == public_key(shell.bench.store.seal_key)
    assert shell.run(ledger, "verify", "--key", key).exit_code == 0
    result = shell.run(ledger, "verify", "--key", "0" * 64)
    assert result.exit_code == 1
    assert "seal 1: is signed by another key" in result.stdout


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"format": "heed-proof-1"}', "\0\xff"])
def test_a_file_that_holds_no_seal_is_one_clear_line(shell: Shell, text: str) -> None:
    path = shell.folder / "seal.json"
    path.write_text(text)
    result = shell.run(ledger, "verify", "--seal", str(path))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "holds no published seal" in result.stderr


def test_a_wrong_key_is_said_so(shell: Shell) -> None:
    result = shell.run(ledger, "verify", "--key", "abc")
    assert result.exit_code == 2
    assert "64 hexadecimal digits" in result.stderr


def test_a_published_seal_is_small_signed_json(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    seal(shell)
    text = shell.run(ledger, "publish").stdout
    found = read_seal(json.loads(text))
    assert is_signed(found)
    assert (found.number, found.size) == (1, 1)
    assert len(text) < 1000
    assert published(shell).read_text() == text
    assert stat.S_IMODE((shell.folder / "seal.json").stat().st_mode) == 0o600


def test_publishing_by_mail_needs_a_mailbox(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.bench.hears(sms("stop"))
    seal(shell)
    for option, missing in (
        ("--mail", "HEED_HUMAN_MAILBOX"),
        ("--slack", "HEED_SLACK_REVIEW_CHANNEL"),
    ):
        result = shell.run(ledger, "publish", option)
        assert result.exit_code == 2
        assert missing in result.stderr
    monkeypatch.setenv("HEED_HUMAN_MAILBOX", "people@example.com")
    result = shell.run(ledger, "publish", "--mail")
    assert (result.exit_code, result.stdout) == (0, "")
    items = shell.bench.store.read(lambda session: session.recent_outbox(9))
    [item] = [one for one in items if one.repeatable]
    assert (item.kind, item.provider, str(item.state)) == ("forward", "smtp", "pending")
