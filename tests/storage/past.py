"""Desks as earlier versions left them: their rows, frozen in `tests/fixtures/schemas/`.

A version that gets another schema leaves one behind: `python -m tests.storage.past` before the
revision is written, and commit the file.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, insert
from sqlalchemy.pool import NullPool

from bot.model import Address, Channel, SentMessage
from storage import migrate
from storage.location import keys_beside
from storage.schema import KEYS, MAIN, REVISION
from storage.sealer import Sealer
from storage.sqlite import connect
from tests.kit import ANN, GB_ANN, NOW, Bench, bench, mail, sms

FOLDER = Path(__file__).parents[1] / "fixtures" / "schemas"
ERASED = Address(channel=Channel.SMS, value="+12025550150")
HELD = Address(channel=Channel.SMS, value="+12025550151")


def live(desk: Bench) -> None:
    """Something of everything: a stop, a mail that is owed, a doubt, a restart, an erasure."""
    sent = SentMessage(sender="+12025550199", topic="promotions", lang="en", sent_at=NOW)
    addr = desk.store.write(lambda session: session.touch(ANN, NOW))
    desk.store.write(lambda session: session.record_send(addr, sent, id="s1", message_ref="SM9"))
    desk.store.write(lambda session: session.link_contact(addr, "customer 7"))
    desk.hears(sms("stop"))
    desk.hears(mail("stop"))
    desk.hears(sms("hm", who=HELD))
    desk.hears(sms("stop", who=GB_ANN))
    Sealer(desk.store, desk.clock).step()
    desk.hears(sms("start", who=GB_ANN, at=desk.clock.forward(minutes=1)))
    desk.hears(sms("stop", who=ERASED))
    desk.store.write(lambda session: session.erase(desk.addr(ERASED)))


def rows(folder: Path) -> dict[str, list[list[Any]]]:
    """Every row of the desk in `folder`; bytes as hex in a list."""
    main = folder / "heed.db"
    found = {}
    for path, part in ((main, MAIN), (keys_beside(main), KEYS)):
        connection = connect(path)
        for table in part.sorted_tables:
            columns = ", ".join(table.c.keys())
            found[table.name] = [
                [[cell.hex()] if isinstance(cell, bytes) else cell for cell in row]
                for row in connection.execute(f"SELECT {columns} FROM {table.name} ORDER BY 1, 2")
            ]
            found[table.name].insert(0, list(table.c.keys()))
        connection.close()
    return found


def relive(url: str, revision: str, keys_url: str | None = None) -> None:
    """The desk of that revision, with its rows, in an empty database."""
    migrate(url, to=revision)
    past = json.loads((FOLDER / f"{revision}.json").read_text())
    for place, part in _places(url, keys_url):
        engine = create_engine(place, poolclass=NullPool)
        with engine.begin() as connection:
            tables = MetaData()
            tables.reflect(connection)
            for name in part & set(past):
                _put(connection, tables, name, past[name])


def _places(url: str, keys_url: str | None) -> list[tuple[str, set[str]]]:
    if keys_url is None:
        return [
            (url.replace("postgresql://", "postgresql+psycopg://", 1), {*MAIN.tables, *KEYS.tables})
        ]
    return [(url, set(MAIN.tables)), (keys_url, set(KEYS.tables))]


def _put(connection: Connection, tables: MetaData, name: str, past: list[list[Any]]) -> None:
    columns, *found = past
    values = [
        {
            column: bytes.fromhex(cell[0]) if isinstance(cell, list) else cell
            for column, cell in zip(columns, row, strict=True)
        }
        for row in found
    ]
    if values:
        connection.execute(insert(tables.tables[name]), values)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as desk:
        live(desk)
        (FOLDER / f"{REVISION}.json").write_text(
            "{\n"
            + ",\n".join(f"{json.dumps(n)}: {json.dumps(r)}" for n, r in rows(Path(folder)).items())
            + "\n}\n"
        )
