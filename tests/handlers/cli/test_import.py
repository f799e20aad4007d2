"""`heed import`: the old system's list at the terminal, and a kill in the middle of it."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.addresses import parse
from handlers.cli.export import export
from handlers.cli.import_list import import_list
from handlers.cli.revert import revert
from storage import open_store
from tests.handlers.cli.kit import Shell
from tests.kit import KEY, sms
from tests.processes import HEED, environment, heed

KEY_TEXT = base64.b64encode(KEY).decode()
OLD = b"""Phone Number,Opt-Out Date,Notes\r
(202) 555-0123,2024-05-01,from the old system\r
nonsense,2024-05-01,\r
202-555-0124,,"a note\r
of two lines"\r
202-555-0125,03/04/2024,\r
"""


def listed(shell: Shell, content: bytes, name: str = "old.csv") -> str:
    (shell.folder / name).write_bytes(content)
    return str(shell.folder / name)


def blocked(shell: Shell) -> list[str]:
    rows = map(json.loads, shell.run(export).stdout.splitlines())
    return sorted(row["address"] for row in rows)


def test_a_dry_run_says_what_would_come_of_it_and_records_nothing(shell: Shell) -> None:
    result = shell.run(import_list, listed(shell, OLD), "--dry-run")
    assert result.exit_code == 1
    assert "address from 'Phone Number', when from 'Opt-Out Date'" in result.stderr
    assert "line 3: not a phone number" in result.stderr
    assert "line 6: day and month cannot be told apart" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()[:3]] == ["4", "2", "2"]
    assert "Nothing was recorded" in result.stdout
    assert blocked(shell) == []
    assert not (shell.folder / "old.csv.rejects").exists()


def test_good_lines_block_and_bad_ones_are_handed_back_to_be_mended(shell: Shell) -> None:
    file = listed(shell, OLD)
    result = shell.run(import_list, file, "--yes")
    assert result.exit_code == 1
    assert blocked(shell) == ["+12025550123", "+12025550124"]
    rejects = shell.folder / "old.csv.rejects"
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    lines = rejects.read_bytes().splitlines()
    assert lines[0] == b"line,fault,Phone Number,Opt-Out Date,Notes"
    assert lines[1].startswith(b'3,"not a phone number')
    assert lines[1].endswith(b",nonsense,2024-05-01,")
    rejects.write_bytes(rejects.read_bytes().replace(b"nonsense", b"202-555-0126"))
    again = shell.run(import_list, str(rejects), "--dates", "mdy")
    assert again.exit_code == 0
    assert len(blocked(shell)) == 4


def test_the_same_list_again_adds_nothing(shell: Shell) -> None:
    file = listed(shell, OLD)
    shell.run(import_list, file)
    before = shell.run(export, "--entries").stdout
    result = shell.run(import_list, file)
    assert "2  taken before" in result.stdout
    assert shell.run(export, "--entries").stdout == before


def test_standard_input_may_be_a_bare_list_or_json_lines(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.folder)
    bare = CliRunner().invoke(
        import_list, ["-", "--region", "gb"], input=b"07700 900123\n07700 900124\n"
    )
    assert bare.exit_code == 0, bare.stderr
    rows = b'{"email":"ANN@example.com","list":"promotions","status":"unsubscribed"}\n{"email":1}\n'
    lines = CliRunner().invoke(import_list, ["-"], input=rows)
    assert lines.exit_code == 1
    assert blocked(shell) == ["+447700900123", "+447700900124", "ann@example.com"]
    [rejected] = map(json.loads, Path("import.rejects").read_text().splitlines())
    assert (rejected["line"], rejected["email"]) == (2, 1)


def test_what_heed_exports_it_imports(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    file = listed(shell, b"", "export.csv")
    assert shell.run(export, "--format", "csv", "-o", file).exit_code == 0
    result = shell.run(import_list, file)
    assert result.exit_code == 0
    assert "1  of people who were blocked already" in result.stdout


def test_the_wrong_list_is_taken_back_and_the_right_one_still_counts(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    file = listed(shell, b"phone\n2025550123\n2025550124\n")
    batch = shell.run(import_list, file).stdout.split()[-1]
    assert batch.startswith("import-")
    assert batch in shell.run(revert).stdout
    assert "1 of 1 stops taken back" in shell.run(revert, batch).stdout
    assert blocked(shell) == ["+12025550123"]  # the person said so too
    assert "1  opt-outs that were not known" in shell.run(import_list, file).stdout
    assert blocked(shell) == ["+12025550123", "+12025550124"]


def test_many_faults_are_counted_and_the_first_ones_told(shell: Shell) -> None:
    result = shell.run(import_list, listed(shell, b"phone\n" + b"x\n" * 50))
    assert result.stderr.count("not a phone number") == 20
    assert "50  rejected" in result.stdout
    assert len((shell.folder / "old.csv.rejects").read_text().splitlines()) == 51


@pytest.mark.parametrize(
    ("content", "options", "why"),
    [
        (b"", (), "the list is empty"),
        (b"name,fax\nAnn,1\n", (), "no column is known"),
        (b"phone,email\n1,2\n", (), "say --column"),
        (b"phone\n2025550123\n", ("--scope", "weekly"), "--scope is"),
        (b"phone\n2025550123\n", ("--as-of", "soon"), "--as-of: not a time"),
        (b"phone\n2025550123\n", ("--as-of", "2099-01-01"), "--as-of lies in the future"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line_and_changes_nothing(
    shell: Shell, content: bytes, options: tuple[str, ...], why: str
) -> None:
    result = shell.run(import_list, listed(shell, content), *options)
    assert result.exit_code == 2
    assert why in result.stderr.splitlines()[-1]
    assert blocked(shell) == []


def test_a_file_that_is_not_there_is_one_clear_line(shell: Shell) -> None:
    result = shell.run(import_list, str(shell.folder / "no.csv"))
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_a_killed_import_goes_on_where_it_was(tmp_path: Path) -> None:
    people = [f"+4477009{number:05d}" for number in range(900, 1500)]
    file = tmp_path / "old.csv"
    file.write_text("number,date\n" + "".join(f"{one},2024-05-01\n" for one in people))
    env = environment(tmp_path, HEED_ENV="production", HEED_SECRET_KEY=KEY_TEXT)
    assert heed(env, "migrate").returncode == 0
    begun = subprocess.Popen([*HEED, "import", str(file)], env=env)
    store = open_store(f"sqlite:///{tmp_path}/var/heed.db", secret_keys=[KEY])
    try:
        while not store.read(lambda session: session.all_suppressions(limit=1)):
            assert begun.poll() is None, "it ended before it could be killed"
            time.sleep(0.002)  # as fast as another process can see it
        os.kill(begun.pid, signal.SIGKILL)
        begun.wait()
        left = store.read(lambda session: len(session.all_suppressions(limit=10_000)))
        assert 0 < left < len(people)
        done = heed(env, "import", str(file))
        assert done.returncode == 0, done.stderr
        assert f"{left}  taken before".encode() in done.stdout
        for one in people:
            addr = store.address_hash(parse(one))
            assert len(store.read(lambda session, addr=addr: session.history(addr))) == 1  # type: ignore[misc]
    finally:
        store.close()
    assert heed(env, "ledger", "verify").returncode == 0
