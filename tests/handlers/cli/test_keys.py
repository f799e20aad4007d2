"""`heed keys`: a new master key takes over while nothing is lost, in as many runs as it takes."""

from __future__ import annotations

import base64

import pytest

from bot.model import Address, Channel
from handlers.cli.check import check
from handlers.cli.keys import keys
from storage import Store, keyring, store
from storage.vault import MasterKeys
from tests.handlers.cli.kit import Shell
from tests.kit import KEY, sms

NEW = bytes(range(100, 132))


def spelled(*several: bytes) -> str:
    return ",".join(base64.b64encode(one).decode() for one in several)


def people(shell: Shell, count: int, first: int = 100) -> None:
    for number in range(first, first + count):
        who = Address(channel=Channel.SMS, value=f"+1202555{number:04d}")
        shell.bench.hears(sms("stop", who=who))


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[1:]]


def test_status_says_which_key_wraps_how_many(shell: Shell) -> None:
    people(shell, 3)
    ((key_id, use, ring, addresses),) = rows(shell.run(keys, "status").stdout)
    assert (use, ring, addresses) == ("current", "3", "3")
    assert key_id == MasterKeys([KEY]).current.hex()
    assert spelled(KEY)[:20] not in shell.run(keys, "status").output


def test_after_a_rotation_the_old_key_is_needed_no_more(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(shell, 3)
    monkeypatch.setenv("HEED_SECRET_KEY", spelled(NEW, KEY))
    current, older = rows(shell.run(keys, "status").stdout)
    assert (current[1:], older[1:]) == (["current", "0", "0"], ["older", "3", "3"])
    result = shell.run(keys, "rotate")
    assert result.exit_code == 0, result.stderr
    assert "3 address keys" in result.stdout
    assert "address keys: 3 of 3" in result.stderr
    monkeypatch.setenv("HEED_SECRET_KEY", spelled(NEW))
    assert rows(shell.run(keys, "status").stdout)[0][1:] == ["current", "3", "3"]
    assert shell.run(check, "+12025550101").exit_code == 1
    monkeypatch.setenv("HEED_SECRET_KEY", spelled(KEY))
    refused = shell.run(check, "+12025550101")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)


def test_an_interrupted_rotation_goes_on(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    people(shell, 5)
    monkeypatch.setattr(store, "_REWRAP_BATCH", 2)
    monkeypatch.setenv("HEED_SECRET_KEY", spelled(NEW, KEY))

    def pulled(self: Store, progress: object) -> int:
        masters = self._vault.masters
        self._backend.write(lambda _, db: keyring.rewrap_addresses(db, masters, 2))
        raise KeyboardInterrupt

    with monkeypatch.context() as plug:
        plug.setattr(Store, "rewrap_keys", pulled)
        assert shell.run(keys, "rotate").exit_code != 0
    assert [row[1:] for row in rows(shell.run(keys, "status").stdout)] == [
        ["current", "0", "2"],
        ["older", "3", "3"],
    ]
    assert "3 address keys" in shell.run(keys, "rotate").stdout


def test_a_key_that_was_taken_out_too_early_is_one_clear_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring is rotated, one address's key was made by a process that still had the old one."""
    people(shell, 2)
    monkeypatch.setenv("HEED_SECRET_KEY", spelled(NEW, KEY))
    shell.run(keys, "rotate")
    people(shell, 2, first=150)  # the running desk still wraps with the old key
    monkeypatch.setenv("HEED_SECRET_KEY", spelled(NEW))
    refused = shell.run(check, "+12025550101")
    assert refused.exit_code == 2
    (line,) = refused.stderr.splitlines()
    assert "HEED_SECRET_KEY lacks an older key" in line
    monkeypatch.setenv("HEED_SECRET_KEY", spelled(NEW, KEY))
    assert "2 address keys" in shell.run(keys, "rotate").stdout
