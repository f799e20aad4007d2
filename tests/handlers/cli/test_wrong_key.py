"""A lost or wrong master key is one clear line, whatever was started."""

from __future__ import annotations

import base64
from pathlib import Path

import click
import pytest

from handlers.cli.backup import backup
from handlers.cli.check import check
from handlers.cli.erase import erase
from handlers.cli.export import export
from handlers.cli.keys import keys
from handlers.cli.restore import restore
from handlers.cli.reviews import reviews
from tests.handlers.cli.kit import Shell
from tests.kit import KEY, sms
from tests.processes import environment, heed

WRONG = base64.b64encode(b"w" * 32).decode()
SAYS = "heed: HEED_SECRET_KEY does not open this database's keys"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (backup, ["copy.db"]),
        (check, ["+12025550123"]),
        (erase, ["+12025550123", "--yes"]),
        (export, []),
        (keys, ["status"]),
        (keys, ["rotate"]),
        (restore, ["--after-pg"]),
        (reviews, []),
        (reviews, ["decide", "ABCDEFGH", "opt_out"]),
    ],
)
def test_every_command_says_so_and_does_nothing(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: click.Command,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEED_SECRET_KEY", WRONG)
    result = shell.run(command, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [SAYS]
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("process", ["serve", "web", "smtp", "worker"])
def test_no_process_starts(shell: Shell, tmp_path: Path, process: str) -> None:
    env = environment(
        tmp_path, HEED_ENV="production", HEED_SECRET_KEY=WRONG, HEED_VAR=str(shell.folder)
    )
    ended = heed(env, process)
    assert ended.returncode == 2
    assert ended.stderr.decode().splitlines() == [SAYS]


def test_a_keys_file_that_was_lost_is_said_to_be_so(shell: Shell) -> None:
    shell.bench.store.close()
    for file in shell.folder.glob("heed-keys.db*"):
        file.unlink()
    result = shell.run(check, "+12025550123")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("heed: the keys file heed-keys.db is missing: restore it")


def test_a_data_file_that_was_lost_is_not_made_anew(shell: Shell, tmp_path: Path) -> None:
    """An empty desk beside the old keys would find nobody blocked."""
    shell.bench.hears(sms("stop"))
    shell.bench.store.close()
    for file in shell.folder.glob("heed.db*"):
        file.unlink()
    env = environment(
        tmp_path,
        HEED_ENV="production",
        HEED_SECRET_KEY=base64.b64encode(KEY).decode(),
        HEED_VAR=str(shell.folder),
    )
    ended = heed(env, "worker")
    assert ended.returncode == 2
    assert ended.stderr.decode().splitlines() == [
        "heed: the data that these keys belong to is missing: restore its file"
    ]
