"""The documented way on PostgreSQL: two dumps, put back by its own tools, settled by ours."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from bot.model import CHANNEL_SCOPE, Act, Actor, Recording, Role
from handlers.backups import PROVED_AT
from handlers.cli import context
from handlers.cli.backup import backup
from handlers.cli.restore import restore
from handlers.parts import join
from storage import OutboxState, Store, open_store
from tests import postgres
from tests.kit import ANN, KEY, MAIL_ANN, Bench, bench, mail, sms

pytestmark = pytest.mark.postgres
KEY_TABLES = ("keyring", "address_keys", "word_keys")
WORDS = "stop texting my zebra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A desk on PostgreSQL, with the tools of the server that it runs on."""

    server: postgres.Postgres
    url: str
    bench: Bench
    folder: Path

    def tool(self, name: str, *arguments: str) -> None:
        subprocess.run([self.server.program(name), *arguments], check=True, capture_output=True)

    def dumps(self) -> tuple[Path, Path]:
        """As docs/backup.md says: the data first, the keys second."""
        data, keys = self.folder / "data.dump", self.folder / "keys.dump"
        without = [f"--exclude-table={table}" for table in KEY_TABLES]
        only = [f"--table={table}" for table in KEY_TABLES]
        for file, tables in ((data, without), (keys, only)):
            self.tool("pg_dump", "-Fc", f"--file={file}", *tables, self.url)
        return data, keys

    def put_back(self, *dumps: Path) -> str:
        url = self.server.empty_url()
        for dump in dumps:
            self.tool("pg_restore", "--no-owner", f"--dbname={url}", str(dump))
        return url


@pytest.fixture
def site(
    postgres_server: postgres.Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    url = postgres_server.fresh_url()
    monkeypatch.setenv("HEED_ENV", "production")
    monkeypatch.setenv("HEED_SECRET_KEY", base64.b64encode(KEY).decode())
    monkeypatch.setenv("HEED_DATABASE_URL", url)
    monkeypatch.delenv("HEED_CONFIG")
    monkeypatch.chdir(tmp_path)
    with bench(tmp_path, url=url) as desk:
        monkeypatch.setattr(context, "join", partial(join, clock=desk.clock))
        desk.hears(sms("stop"))
        desk.hears(mail("stop"))
        yield Site(server=postgres_server, url=url, bench=desk, folder=tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(restore, list(arguments))


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = open_store(url, secret_keys=[KEY])
    try:
        yield store
    finally:
        store.close()


def test_two_dumps_put_back_are_the_desk_and_what_was_unsent_is_parked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.put_back(*site.dumps())
    monkeypatch.setenv("HEED_DATABASE_URL", url)
    result = run("--after-pg")
    assert result.exit_code == 0, result.output
    assert "0 faults" in result.stdout
    assert "1 unsent answers are parked" in result.stdout
    with opened(url) as store:
        addr = store.address_hash(MAIL_ANN)
        (answer,) = [
            item for item in store.read(lambda session: session.outbox(addr)) if not item.repeatable
        ]
        assert answer.state is OutboxState.PARKED
        last = store.read(lambda session: session.history(addr))[-1]
        assert (last.facts["outcome"], last.facts["error"]) == ("parked", "restored")
        with (
            psycopg.connect(url) as connection,
            pytest.raises(psycopg.Error, match="never changed"),
        ):
            connection.execute("UPDATE ledger SET scope = 'everything'")


def test_a_restored_copy_proves_the_backup_in_the_desk_itself(site: Site) -> None:
    copy = site.put_back(*site.dumps())
    result = run("--from", copy, "--verify")
    assert result.exit_code == 0, result.output
    assert site.bench.store.read(lambda session: session.setting(PROVED_AT))
    with opened(copy) as store:  # nothing was changed there
        parked = store.read(lambda session: session.parked())
        assert parked == []


def test_the_data_without_its_keys_is_one_clear_line(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = site.dumps()
    monkeypatch.setenv("HEED_DATABASE_URL", site.put_back(data))
    result = run("--after-pg")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line == "heed: tables of this database are missing: restore those of its keys too"


def test_dumps_taken_after_an_erasure_hold_nothing_of_the_person(site: Site) -> None:
    site.bench.hears(mail(WORDS))
    site.bench.desk.receive(
        Recording(
            act=Act.ERASE,
            address=MAIL_ANN,
            scope=CHANNEL_SCOPE,
            actor=Actor(name="api:ops", role=Role.ADMIN),
            source="api",
            event_id="1",
            received_at=site.bench.clock.now,
        )
    )
    plain = site.folder / "all.sql"
    site.tool("pg_dump", "-Fp", f"--file={plain}", site.url)
    told = plain.read_text()
    assert "erased" in told
    for secret in ("ann@example.com", "zebra", ANN.value):
        assert secret not in told
        assert secret.encode().hex() not in told


def test_what_only_sqlite_does_is_refused_with_the_way_to_go(site: Site) -> None:
    taken = CliRunner().invoke(backup, [str(site.folder)])
    assert taken.exit_code == 2
    assert "docs/backup.md" in taken.stderr
    result = run("--from", site.url)
    assert result.exit_code == 2
    assert "--after-pg" in result.stderr
