"""A backup of a desk that goes on working is one instant of it, and says which."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.model import Address, Channel
from storage import StoreError, open_store
from storage.backup import back_up, damage, in_use, sqlite_files, taken_at, unpack
from storage.location import SqliteFiles, keys_beside
from storage.sqlite import connect
from tests.storage.conftest import MASTER, NOW, Place
from tests.storage.people import stop


def files_at(folder: Path, name: str = "copy.db") -> SqliteFiles:
    return SqliteFiles(main=folder / name, keys=keys_beside(folder / name))


def silent(_what: str, _done: int, _total: int) -> None:
    pass


def test_a_desk_under_load_is_copied_whole(sqlite_place: Place, tmp_path: Path) -> None:
    """Every address in the copy has its key there, however many came while it was made."""
    store = sqlite_place.open()
    enough, done = threading.Event(), threading.Event()

    def load() -> None:
        number = 0
        while not done.is_set():
            who = Address(channel=Channel.EMAIL, value=f"p{number}@example.com")
            store.write(lambda session, who=who, n=number: stop(session, str(n), who))  # type: ignore[misc]
            number += 1
            if number == 50:
                enough.set()

    loading = threading.Thread(target=load)
    loading.start()
    try:
        assert enough.wait(60)
        for copy in range(3):
            to = files_at(tmp_path, f"copy{copy}.db")
            back_up(sqlite_place.url, to, clock=lambda: NOW, progress=silent)
    finally:
        done.set()
        loading.join(60)
    counts = []
    for copy in range(3):
        opened = open_store(f"sqlite:///{tmp_path / f'copy{copy}.db'}", secret_keys=[MASTER])
        known = opened.read(lambda session: session.known_after(b"", 100_000))
        assert len(known) >= 50
        assert all(one.readable and not one.erased for one in known)
        for one in known:
            assert opened.read(lambda session, addr=one.addr: session.faults(addr)) == []  # type: ignore[misc]
        counts.append(len(known))
        opened.close()
    assert counts == sorted(counts)


def test_progress_is_told_and_the_files_carry_their_instant(
    sqlite_place: Place, tmp_path: Path
) -> None:
    sqlite_place.open().write(lambda session: stop(session, "1"))
    told: list[tuple[str, int, int]] = []
    moments = iter([NOW, NOW + timedelta(seconds=5)])
    to = files_at(tmp_path)
    back_up(
        sqlite_place.url, to, clock=lambda: next(moments), progress=lambda *one: told.append(one)
    )
    assert {what for what, _, _ in told} == {"data", "keys"}
    assert all(0 <= done <= total for _, done, total in told)
    assert (taken_at(to.main), taken_at(to.keys)) == (NOW, NOW + timedelta(seconds=5))
    assert taken_at(sqlite_files(sqlite_place.url).main) is None


def test_a_stamp_lasts_for_decades(sqlite_place: Place, tmp_path: Path) -> None:
    far = datetime(2090, 1, 1, tzinfo=UTC)
    to = files_at(tmp_path)
    back_up(sqlite_place.url, to, clock=lambda: far, progress=silent)
    assert taken_at(to.main) == far


def test_a_backup_that_fails_leaves_nothing_behind(sqlite_place: Place, tmp_path: Path) -> None:
    to = SqliteFiles(main=tmp_path / "made.db", keys=tmp_path / "none" / "keys.db")
    with pytest.raises(StoreError):
        back_up(sqlite_place.url, to, clock=lambda: NOW, progress=silent)
    assert not to.main.exists()
    assert not list(tmp_path.glob(".made*"))


def test_postgres_is_sent_to_its_own_tools() -> None:
    with pytest.raises(StoreError, match=r"docs/backup\.md"):
        sqlite_files("postgresql://nobody@127.0.0.1:1/heed")


def test_a_desk_in_use_is_known(sqlite_place: Place) -> None:
    main = sqlite_files(sqlite_place.url).main
    store = sqlite_place.open()
    store.write(lambda session: stop(session, "1"))
    assert in_use(main)
    store.close()
    assert not in_use(main)
    assert not list(main.parent.glob("heed.db-*"))
    assert not in_use(main.with_name("absent.db"))


def test_a_damaged_file_is_said_to_be_so(sqlite_place: Place, tmp_path: Path) -> None:
    sqlite_place.open().write(lambda session: stop(session, "1"))
    to = files_at(tmp_path)
    back_up(sqlite_place.url, to, clock=lambda: NOW, progress=silent)
    assert damage(to.main) == ""
    whole = bytearray(to.main.read_bytes())
    whole[8192:12288] = bytes(4096)
    to.main.write_bytes(whole)
    assert damage(to.main).startswith("copy.db: ")


def test_unpacking_leaves_the_backup_as_it_is(sqlite_place: Place, tmp_path: Path) -> None:
    to = files_at(tmp_path)
    back_up(sqlite_place.url, to, clock=lambda: NOW, progress=silent)
    before = to.main.read_bytes()
    into = files_at(tmp_path, "unpacked.db")
    unpack(to, into)
    connect(into.main).close()
    assert to.main.read_bytes() == before
    assert into.main.stat().st_mode & 0o077 == 0
