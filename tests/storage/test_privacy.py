"""Addresses and words lie encrypted; erased means unreadable; a wrong key is said plainly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.model import Address, Channel, EntryKind, TextPart
from storage import Session, StoreError, Unreadable, migrate, open_store
from storage.sqlite import connect
from storage.vault import DataKey, MasterKeys, bound_to
from tests.kit import sms
from tests.storage.conftest import MASTER, NOW, Place
from tests.storage.people import ANN, BOB, WORDS, confirmation, stop, stop_entry


def stored_bytes(place: Place) -> bytes:
    """Everything that the database keeps, as bytes."""
    if place.is_sqlite:
        main = Path(place.url.removeprefix("sqlite:///"))
        files = sorted(main.parent.glob("heed*"))
        assert any(file.name.endswith("-wal") for file in files)
        return b"".join(file.read_bytes() for file in files)
    return b"".join(_postgres_values(place.url))


def _postgres_values(url: str) -> Iterator[bytes]:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'.encode()).fetchall():
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()


def test_no_address_and_no_words_lie_readable_anywhere(place: Place) -> None:
    store = place.open()

    def work(session: Session) -> None:
        stop(session, "1", ANN)
        addr = stop(session, "2", BOB)
        session.promise(replace(confirmation(addr, "o-3"), raw=b"From: bob.builder@example.com"))
        session.link_contact(addr, "Robert Builder")
        session.remember_event(addr, ("ses", "acct", "<id@example.com>"), "m", "x", None, NOW)
        part = TextPart(of="77", number=1, total=2)
        session.keep_part(sms("the first half", who=ANN, part=part), NOW)

    store.write(work)
    kept = stored_bytes(place)
    assert b"opted_out" in kept  # we do look at the right bytes
    for secret in (
        ANN.value.encode(),
        ANN.value[1:].encode(),
        BOB.value.encode(),
        b"builder",
        b"Builder",
        b"first half",
        WORDS.encode(),
        b"husband",
        b"no more messages",
        b"confidence",
        b"<id@",
        MASTER,
        store.token_key,
        store.seal_key,
    ):
        assert secret not in kept


def test_erasing_makes_the_person_unreadable_and_keeps_the_stop(place: Place) -> None:
    store = place.open()
    addr = store.write(lambda s: stop(s, "1"))
    keys = _wrapped_keys(place)
    assert keys
    assert all(key in stored_bytes(place) for key in keys)

    def erase(session: Session) -> None:
        session.append(
            addr,
            replace(stop_entry(""), kind=EntryKind.ERASED, scope=None),
            id="e-2",
            message_id="m-2",
            recorded_at=NOW,
        )
        session.erase(addr)

    store.write(erase)
    assert store.shred()

    assert store.read(lambda s: s.address(addr)) is None
    history = store.read(lambda s: s.history(addr))
    assert [(e.kind, e.words, e.facts) for e in history] == [
        (EntryKind.OPTED_OUT, None, {}),
        (EntryKind.ERASED, None, {}),
    ]
    assert store.read(lambda s: s.faults(addr)) == []  # the leaves still verify
    assert len(store.read(lambda s: s.suppressions(addr, NOW))) == 1
    assert [i.error for i in store.read(lambda s: s.outbox(addr))] == ["erased"]
    if place.is_sqlite:
        left = b"".join(f.read_bytes() for f in _files(place))
        assert not any(key in left for key in keys)


def test_a_person_who_comes_back_after_an_erasure_starts_a_new_page(place: Place) -> None:
    store = place.open()
    addr = store.write(lambda s: stop(s, "1"))
    store.write(lambda s: s.erase(addr))
    assert store.write(lambda s: stop(s, "2")) == addr

    old, new = store.read(lambda s: s.history(addr))
    assert (old.words, new.words, new.number) == (None, WORDS, 2)
    assert store.read(lambda s: s.address(addr)) == ANN
    assert store.read(lambda s: s.faults(addr)) == []


def test_words_of_one_entry_can_be_forgotten_alone(place: Place) -> None:
    store = place.open()
    addr = store.write(lambda s: (stop(s, "1"), stop(s, "2"))[0])
    assert store.write(lambda s: s.forget_words(addr, "e-1"))
    assert not store.write(lambda s: s.forget_words(addr, "e-1"))

    first, second = store.read(lambda s: s.history(addr))
    assert (first.words, second.words) == (None, WORDS)
    assert first.facts == second.facts
    assert store.read(lambda s: s.faults(addr)) == []


def test_a_wrong_secret_key_is_one_clear_line(place: Place) -> None:
    place.open().write(lambda s: stop(s, "1"))
    with pytest.raises(StoreError, match="HEED_SECRET_KEY does not open this database's keys"):
        open_store(place.url, secret_keys=[b"w" * 32])


@pytest.mark.parametrize("keys", [[], [b"short"], [MASTER, b""]])
def test_a_secret_key_of_the_wrong_length_is_refused(
    sqlite_place: Place, keys: list[bytes]
) -> None:
    with pytest.raises(StoreError, match="HEED_SECRET_KEY: each key is 32 bytes"):
        open_store(sqlite_place.url, secret_keys=keys)


def test_a_rotated_key_reads_the_old_and_writes_the_new(place: Place) -> None:
    new = b"n" * 32
    first = place.open()
    addr = first.write(lambda s: stop(s, "1"))

    both = place.open(new, MASTER)
    assert (both.token_key, both.seal_key) == (first.token_key, first.seal_key)
    assert both.address_hash(ANN) == addr
    both.write(lambda s: (stop(s, "2"), stop(s, "3", BOB)))
    assert [e.words for e in both.read(lambda s: s.history(addr))] == [WORDS, WORDS]
    with pytest.raises(StoreError, match="HEED_SECRET_KEY"):
        place.open(new)  # too early

    assert both.rewrap_keys() == 1
    only = place.open(new)
    assert only.token_key == first.token_key
    assert only.read(lambda s: s.address(addr)) == ANN
    assert len(only.read(lambda s: s.history(s.hash_of(BOB)))) == 1
    with pytest.raises(StoreError, match="HEED_SECRET_KEY"):
        place.open(MASTER)


def test_a_database_without_its_keys_file_is_refused(sqlite_place: Place) -> None:
    store = sqlite_place.open()
    store.write(lambda s: stop(s, "1"))
    store.close()
    for file in _files(sqlite_place):
        if "keys" in file.name:
            file.unlink()
    with pytest.raises(StoreError, match="migrate"):
        sqlite_place.open()
    migrate(sqlite_place.url)
    with pytest.raises(StoreError, match="keys of this database are missing"):
        sqlite_place.open()


def test_keys_of_another_database_are_refused(sqlite_place: Place, tmp_path: Path) -> None:
    sqlite_place.open().write(lambda s: stop(s, "1"))
    other = f"sqlite:///{tmp_path / 'other.db'}"
    migrate(other)
    open_store(other, secret_keys=[MASTER]).close()
    with pytest.raises(StoreError, match="belong to another database"):
        open_store(
            sqlite_place.url,
            secret_keys=[MASTER],
            keys_url=f"sqlite:///{tmp_path / 'other-keys.db'}",
        )


def test_a_crash_between_the_two_files_leaves_keys_that_are_taken_up(sqlite_place: Place) -> None:
    """The keys are committed first: take back only the main file, as the crash would."""
    main = Path(sqlite_place.url.removeprefix("sqlite:///"))
    sqlite_place.open().close()
    before = main.read_bytes()
    store = sqlite_place.open()
    store.write(lambda s: stop(s, "1"))
    store.close()
    main.write_bytes(before)

    again = sqlite_place.open()
    addr = again.write(lambda s: stop(s, "1"))
    assert again.read(lambda s: s.address(addr)) == ANN
    assert [e.words for e in again.read(lambda s: s.history(addr))] == [WORDS]


def test_a_value_moved_to_another_row_does_not_open() -> None:
    key = DataKey.random()
    sealed = key.seal(b"value", bound_to("ledger", "e-1", "facts"))
    assert key.open(sealed, bound_to("ledger", "e-1", "facts")) == b"value"
    with pytest.raises(Unreadable):
        key.open(sealed, bound_to("ledger", "e-2", "facts"))
    with pytest.raises(Unreadable):
        key.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), bound_to("ledger", "e-1", "facts"))
    assert DataKey.random().open(sealed, bound_to("ledger", "e-1", "facts")) is None
    assert bound_to("ab", "c") != bound_to("a", "bc")


def test_look_up_hashes_tell_channels_and_databases_apart(
    sqlite_place: Place, tmp_path: Path
) -> None:
    store = sqlite_place.open()
    whatsapp = Address(channel=Channel.WHATSAPP, value=ANN.value)
    assert store.address_hash(ANN) != store.address_hash(whatsapp)
    assert len(store.address_hash(ANN)) == 16

    other = f"sqlite:///{tmp_path / 'other.db'}"
    migrate(other)
    second = open_store(other, secret_keys=[MASTER])
    assert second.address_hash(ANN) != store.address_hash(ANN)
    second.close()


def test_master_keys_open_only_what_they_wrapped_for_this_row() -> None:
    masters = MasterKeys([MASTER])
    wrapped = masters.wrap(b"material", bound_to("address_keys", b"a"))
    assert masters.unwrap(masters.current, wrapped, bound_to("address_keys", b"a")) == b"material"
    with pytest.raises(StoreError, match="HEED_SECRET_KEY"):
        masters.unwrap(masters.current, wrapped, bound_to("address_keys", b"b"))


def _files(place: Place) -> list[Path]:
    return sorted(Path(place.url.removeprefix("sqlite:///")).parent.glob("heed*"))


def _wrapped_keys(place: Place) -> list[bytes]:
    if place.is_sqlite:
        path = next(file for file in _files(place) if file.name == "heed-keys.db")
        connection = connect(path)
        try:
            rows = connection.execute(
                "SELECT wrapped FROM address_keys UNION ALL SELECT wrapped FROM word_keys"
            ).fetchall()
        finally:
            connection.close()
        return [row[0] for row in rows]
    with psycopg.connect(place.url) as postgres:
        return [row[0] for row in postgres.execute("SELECT wrapped FROM address_keys").fetchall()]
