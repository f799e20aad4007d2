"""After an erasure no file of the desk holds the person any more.

Not the data, not its log, not the keys, not what was logged, not a backup taken afterwards.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from bot.model import CHANNEL_SCOPE, Act, Actor, Recording, Role
from handlers.cli.backup import backup
from storage.sqlite import connect
from tests import postgres
from tests.handlers.test_processes import text
from tests.kit import MAIL_ANN, bench, mail, sms
from tests.processes import environment, heed, running

WORDS = "zebra quokka stop texting my aunt"
NUMBER = "+12025550177"
TRACES = (
    b"2025550177",
    b"202) 555",
    b"zebra",
    b"quokka",
    b"my aunt",
    "zebra quokka".encode("utf-16-le"),
)


def found_in(data: bytes, *more: bytes) -> list[bytes]:
    return [trace for trace in (*TRACES, *more) if trace in data]


def post(url: str, path: str, key: str, body: object) -> int:
    request = urllib.request.Request(
        f"{url}{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return int(response.status)


def wrapped_keys(folder: Path) -> set[bytes]:
    connection = connect(folder / "heed-keys.db")
    rows = connection.execute(
        "SELECT wrapped FROM address_keys UNION ALL SELECT wrapped FROM word_keys"
    ).fetchall()
    connection.close()
    return {row[0] for row in rows}


def test_a_running_desk_holds_nothing_of_an_erased_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environment(tmp_path)
    var = Path(env["HEED_VAR"])
    with running(env, "serve", until="heed check") as server:
        text(server, WORDS, NUMBER)
        text(server, "thanks, the zebra quokka", NUMBER, sid="SM2")
        before = wrapped_keys(var)
        kept = b"".join(one.read_bytes() for one in var.iterdir() if one.is_file())
        assert before
        assert all(one in kept for one in before)  # we do look at the right bytes
        keys = json.loads((var / "demo-keys.json").read_text())
        key = keys["HEED_API_KEYS"].rpartition(":")[2]
        assert post(server.url, "/v1/erasures", key, {"address": "+1 (202) 555-0177"}) == 201
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "backups").mkdir()
        taken = CliRunner().invoke(backup, [str(tmp_path / "backups")])
        assert taken.exit_code == 0, taken.output
        # while it runs: the logs of both files and the shared memory are there
        files = {one.name: one.read_bytes() for one in var.iterdir() if one.is_file()}
        assert {"heed.db", "heed.db-wal", "heed-keys.db", "heed-keys.db-wal"} <= set(files)
        copies = {one.name: one.read_bytes() for one in (tmp_path / "backups").iterdir()}
        assert len(copies) == 2
        gone = before - wrapped_keys(var)
        assert gone == before
        for name, data in {**files, **copies}.items():
            assert found_in(data, *gone) == [], name
        assert heed(env, "check", NUMBER).returncode == 1
        said = bytes(server.said)
        assert b"recorded message=" in said
    assert found_in(said) == []
    for file in var.iterdir():
        assert found_in(file.read_bytes(), *gone) == [], file.name


@pytest.mark.postgres
def test_no_row_in_postgres_holds_an_erased_person(
    postgres_server: postgres.Postgres, tmp_path: Path
) -> None:
    url = postgres_server.fresh_url()
    with bench(tmp_path, url=url) as desk:
        desk.hears(sms("stop"))
        desk.hears(mail("stop", recipient="optout@example.org"))
        desk.hears(mail(WORDS))
        desk.desk.receive(
            Recording(
                act=Act.ERASE,
                address=MAIL_ANN,
                scope=CHANNEL_SCOPE,
                actor=Actor(name="api:ops", role=Role.ADMIN),
                source="api",
                event_id="1",
                received_at=desk.clock.now,
            )
        )
        rows = b"\n".join(_values(url))
        assert b"erased" in rows  # we do look at the right bytes
        assert found_in(rows, b"ann@example.com", b"example.com") == []
        with psycopg.connect(url) as connection:
            for table in ("address_keys", "word_keys"):
                left = connection.execute(
                    f"SELECT count(*) FROM {table} WHERE addr = %s".encode(), [desk.addr(MAIL_ANN)]
                ).fetchone()
                assert left == (0,)
        assert desk.holds(MAIL_ANN) == {"channel": "stopped"}
        assert desk.history()[0].words == "stop"  # nobody else is touched


def _values(url: str) -> list[bytes]:
    found = []
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'.encode()).fetchall():
                found += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    return found
