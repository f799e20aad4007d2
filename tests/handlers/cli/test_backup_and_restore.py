"""A backup of a working desk is two files; it can be proved, and put back without harm."""

from __future__ import annotations

import base64
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.model import CHANNEL_SCOPE, Act, Actor, Recording, Role
from handlers.backups import PROVED_AT
from handlers.cli.backup import backup
from handlers.cli.restore import restore
from storage import OutboxState, open_store
from tests.handlers.cli.kit import Shell, opened
from tests.kit import ANN, GB_ANN, KEY, MAIL_ANN, bench, mail, sms


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """A backup of a desk that has heard Ann and owes her a mail."""

    main: Path
    keys: Path
    taken: Result


@pytest.fixture
def copies(shell: Shell, tmp_path: Path) -> Copies:
    shell.bench.hears(sms("stop"))
    shell.bench.hears(mail("stop"))
    for name in ("data", "keys"):
        (tmp_path / name).mkdir()
    taken = shell.run(backup, str(tmp_path / "data"), "--keys", str(tmp_path / "keys"))
    main, keys = (Path(line) for line in taken.stdout.splitlines())
    return Copies(main=main, keys=keys, taken=taken)


def put_back(shell: Shell, copies: Copies, *more: str) -> Result:
    return shell.run(restore, "--from", str(copies.main), "--keys", str(copies.keys), *more)


def test_the_two_files_are_for_their_owner_alone_and_need_no_log(copies: Copies) -> None:
    assert copies.taken.exit_code == 0, copies.taken.stderr
    assert copies.main.parent != copies.keys.parent
    for file in (copies.main, copies.keys):
        assert file.stat().st_mode & 0o077 == 0
        assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_nothing_is_overwritten(shell: Shell, copies: Copies) -> None:
    before = copies.main.read_bytes()
    again = shell.run(backup, str(copies.main), "--keys", str(copies.keys))
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert copies.main.read_bytes() == before


def test_keys_beside_the_data_are_advised_against(shell: Shell, tmp_path: Path) -> None:
    result = shell.run(backup, str(tmp_path / "copy.db"))
    assert result.exit_code == 0
    assert (tmp_path / "copy-keys.db").exists()
    assert "keep the keys apart" in result.stderr


def test_proving_changes_nothing_but_the_day_of_the_proof(shell: Shell, copies: Copies) -> None:
    before = (copies.main.read_bytes(), copies.keys.read_bytes())
    result = put_back(shell, copies, "--verify")
    assert result.exit_code == 0, result.output
    assert "0 faults" in result.stdout
    assert "proved" in result.stdout
    assert (copies.main.read_bytes(), copies.keys.read_bytes()) == before
    assert shell.bench.store.read(lambda session: session.setting(PROVED_AT))
    assert not list(shell.folder.glob(".heed-restore-*"))


def test_a_backup_that_another_key_wrapped_is_one_clear_line(
    shell: Shell, copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_SECRET_KEY", base64.b64encode(b"w" * 32).decode())
    result = put_back(shell, copies, "--verify")
    assert result.exit_code == 2
    assert result.stderr == "heed: HEED_SECRET_KEY does not open this database's keys\n"


@pytest.mark.parametrize("table", ["ledger", "addresses"])
def test_an_altered_backup_is_not_proved(shell: Shell, copies: Copies, table: str) -> None:
    connection = sqlite3.connect(copies.main)
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    column = {"ledger": "scope = 'everything'", "addresses": "last_leaf = x'00'"}[table]
    connection.execute(f"UPDATE {table} SET {column}")
    connection.commit()
    connection.close()
    result = put_back(shell, copies, "--verify")
    assert result.exit_code == 1
    assert "fault: " in result.stdout
    assert not shell.bench.store.read(lambda session: session.setting(PROVED_AT))


def test_keys_older_than_the_data_are_told(shell: Shell, copies: Copies, tmp_path: Path) -> None:
    shell.bench.clock.forward(hours=1)
    shell.bench.hears(sms("stop", who=GB_ANN))
    newer = tmp_path / "newer.db"
    assert shell.run(backup, str(newer)).exit_code == 0
    result = shell.run(restore, "--from", str(newer), "--keys", str(copies.keys), "--verify")
    assert result.exit_code == 1
    assert "the keys are older than the data" in result.stdout
    right = shell.run(restore, "--from", str(newer), "--verify")
    assert right.exit_code == 0, right.output
    # keys that are newer than the data open all of it
    newer_keys = tmp_path / "newer-keys.db"
    crossed = shell.run(restore, "--from", str(copies.main), "--keys", str(newer_keys), "--verify")
    assert crossed.exit_code == 0, crossed.output


def test_a_desk_that_is_there_is_not_overwritten_unasked(shell: Shell, copies: Copies) -> None:
    result = put_back(shell, copies)
    assert result.exit_code == 1
    assert "--force" in result.stderr


def test_a_desk_that_runs_is_not_overwritten_at_all(shell: Shell, copies: Copies) -> None:
    result = put_back(shell, copies, "--force")
    assert result.exit_code == 1
    assert "in use" in result.stderr
    assert shell.bench.holds() == {"channel": "stopped"}


def test_put_back_it_blocks_as_before_and_parks_what_may_have_been_sent(
    shell: Shell, copies: Copies
) -> None:
    shell.bench.store.close()
    result = put_back(shell, copies, "--force")
    assert result.exit_code == 0, result.output
    assert "1 unsent answers are parked" in result.stdout
    assert "is gone" in result.stderr
    with bench(shell.folder) as again:
        assert again.holds() == {"channel": "stopped"}
        (answer,) = [item for item in again.outbox(MAIL_ANN) if not item.repeatable]
        assert answer.state is OutboxState.PARKED
        entry = again.history(MAIL_ANN)[-1]
        assert (str(entry.kind), entry.facts["outcome"], entry.facts["error"]) == (
            "answered",
            "parked",
            "restored",
        )
        assert again.store.read(lambda session: session.faults(again.addr(MAIL_ANN))) == []
        assert again.hears(sms("stop")).outcome == "already_opted_out"


def test_on_a_new_machine_it_needs_only_the_two_files_and_the_key(
    copies: Copies, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = tmp_path / "fresh"
    monkeypatch.setenv("HEED_VAR", str(fresh))
    result = CliRunner().invoke(restore, ["--from", str(copies.main), "--keys", str(copies.keys)])
    assert result.exit_code == 0, result.output
    store = open_store(f"sqlite:///{fresh / 'heed.db'}", secret_keys=[KEY])
    addr = store.address_hash(ANN)
    assert store.read(lambda session: session.address(addr)) == ANN
    store.close()


def test_whoever_was_erased_since_the_backup_stays_erased(shell: Shell, copies: Copies) -> None:
    shell.bench.desk.receive(
        Recording(
            act=Act.ERASE,
            address=ANN,
            scope=CHANNEL_SCOPE,
            actor=Actor(name="api:ops", role=Role.ADMIN),
            source="api",
            event_id="1",
            received_at=shell.bench.clock.now,
        )
    )
    shell.bench.store.close()
    result = put_back(shell, copies, "--force")
    assert result.exit_code == 0, result.output
    assert "1 erasures were done again" in result.stdout
    with bench(shell.folder) as again:
        assert again.kinds() == ["opted_out", "erased"]
        assert [entry.words for entry in again.history()] == [None, None]
        assert again.holds() == {"channel": "stopped"}
        assert again.store.read(lambda session: session.faults(again.addr())) == []


def test_old_keys_do_not_bring_an_erased_person_back(
    shell: Shell, copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data of after the erasure, with keys of before it."""
    shell.bench.store.write(lambda session: session.erase(shell.bench.addr()))
    assert shell.run(backup, str(tmp_path / "after.db")).exit_code == 0
    monkeypatch.setenv("HEED_VAR", str(tmp_path / "fresh"))
    arguments = ["--from", str(tmp_path / "after.db"), "--keys", str(copies.keys)]
    result = CliRunner().invoke(restore, [*arguments, "--despite-faults"])
    assert result.exit_code == 0, result.output
    assert "1 erasures were done again" in result.stdout
    store = open_store(f"sqlite:///{tmp_path / 'fresh' / 'heed.db'}", secret_keys=[KEY])
    history = store.read(lambda session: session.history(shell.bench.addr()))
    assert [entry.words for entry in history] == [None]
    store.close()


def test_the_backup_of_another_desk_is_no_proof(
    copies: Copies, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with opened(other, monkeypatch) as elsewhere:
        result = put_back(elsewhere, copies, "--verify")
        assert result.exit_code == 1
        assert "another desk" in result.stderr
        assert not elsewhere.bench.store.read(lambda session: session.setting(PROVED_AT))
    assert shell.bench.holds() == {"channel": "stopped"}
