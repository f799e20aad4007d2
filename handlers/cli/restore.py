"""`heed restore`: put a backup back, or prove that one could be put back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from handlers.backups import PROVED_AT, UNPACKED, Examined, erased_in, examine, settle_after_restore
from handlers.cli.context import fail, joined
from handlers.cli.progress import Progress
from handlers.parts import Parts, join
from handlers.settings import Settings, SettingsError, load_settings
from storage import StoreError, migrate
from storage.backup import damage, in_use, install, sqlite_files, taken_at, unpack
from storage.location import PostgresUrl, SqliteFiles, keys_beside, locate

REFUSED = 1


@click.command()
@click.option(
    "--from",
    "source",
    envvar="HEED_RESTORE_FROM",
    help="The data file of a backup; with --verify also a PostgreSQL URL of a restored copy.",
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path),
    help="The keys file of the backup; beside the data where it is not given.",
)
@click.option("--verify", is_flag=True, help="Prove the backup and change nothing here.")
@click.option("--force", is_flag=True, help="Overwrite the desk that is there.")
@click.option("--despite-faults", is_flag=True, help="Put it back although it has faults.")
@click.option("--after-pg", is_flag=True, help="The steps after a restore by PostgreSQL's tools.")
def restore(
    source: str | None,
    keys: Path | None,
    *,
    verify: bool,
    force: bool,
    despite_faults: bool,
    after_pg: bool,
) -> None:
    """Put a backup in the place of the desk, which must not run meanwhile.

    The backup is opened with HEED_SECRET_KEY, every chain and seal is checked and samples are
    decrypted. Answers that were not sent when it was made are parked, with an entry that says so,
    since nobody knows whether they were sent later. With --verify all of this is tried on a copy.
    """
    if after_pg:
        _after_pg(despite_faults=despite_faults)
        return
    if not source:
        fail("say which backup: --from FILE")
    if "://" in source:
        if not verify:
            fail("put it back with pg_restore, then run heed restore --after-pg (docs/backup.md)")
        _verify_postgres(source)
        return
    main = Path(source)
    backup = SqliteFiles(main=main, keys=keys or keys_beside(main))
    for file in (backup.main, backup.keys):
        if not file.is_file():
            fail(f"there is no file {file}")
    settings = _settings()
    with _faults_told():
        if verify:
            _verify_sqlite(settings, backup)
        else:
            _restore(settings, backup, force=force, despite_faults=despite_faults)


def _restore(settings: Settings, backup: SqliteFiles, *, force: bool, despite_faults: bool) -> None:
    files = sqlite_files(settings.store_url)
    there = [file.name for file in (files.main, files.keys) if file.exists()]
    if there and not force:
        fail(f"{' and '.join(there)} would be overwritten; say --force if that is meant", REFUSED)
    files.main.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(in_use(file) for file in _both(files)):
        fail("the desk is in use: stop every process of it first", REFUSED)
    erased = _erased_here(settings) if there else []
    with _unpacked(backup, files.main.parent) as drafts, _opened(settings, drafts) as parts:
        _judge(parts, drafts, despite_faults=despite_faults)
        settled = settle_after_restore(parts, erased)
        taken = taken_at(drafts.main)
        parts.close()
        if any(in_use(file) for file in (*_both(drafts), *_both(files))):
            fail("the desk was started meanwhile: nothing was restored", REFUSED)
        install(drafts, files)
    click.echo(f"restored; {settled.parked} unsent answers are parked: heed outbox")
    if settled.erased:
        click.echo(f"{settled.erased} erasures were done again")
    since = f"since {taken:%Y-%m-%dT%H:%M:%SZ}" if taken else "after the backup was made"
    click.echo(
        f"heed: what was recorded {since} is gone. Opt-outs of that time have to come from your "
        "providers' lists and your own systems before anything is sent.",
        err=True,
    )


def _verify_sqlite(settings: Settings, backup: SqliteFiles) -> None:
    folder = settings.var if settings.var.is_dir() else None
    with _unpacked(backup, folder) as drafts, _opened(settings, drafts) as parts:
        _judge(parts, drafts, despite_faults=False)
        seal_key = parts.store.seal_key
    _remember_proof(seal_key)


def _verify_postgres(url: str) -> None:
    settings = _settings()
    with _faults_told():
        if not isinstance(locate(url), PostgresUrl):
            fail("a backup on SQLite is named by its file")
        with _parts(settings, url) as parts:
            _judge(parts, None, despite_faults=False)
            seal_key = parts.store.seal_key
    _remember_proof(seal_key)


def _after_pg(*, despite_faults: bool) -> None:
    with joined() as parts:
        if isinstance(locate(parts.settings.store_url), SqliteFiles):
            fail("this desk is on SQLite: heed restore --from FILE does all of it", REFUSED)
        _judge(parts, None, despite_faults=despite_faults)
        settled = settle_after_restore(parts)
    click.echo(f"{settled.parked} unsent answers are parked: heed outbox")
    if settled.erased:
        click.echo(f"{settled.erased} erasures were done again")


def _judge(parts: Parts, drafts: SqliteFiles | None, *, despite_faults: bool) -> None:
    """Say what the backup holds; end where something is wrong with it."""
    faults = [] if drafts is None else [one for one in map(damage, _both(drafts)) if one]
    main = keys = None
    if drafts is not None:
        main, keys = taken_at(drafts.main), taken_at(drafts.keys)
    progress = Progress()
    found = examine(parts.store, progress)
    progress.end()
    faults += [*found.faults, *_misfits(found, main, keys)]
    for fault in faults:
        click.echo(f"fault: {fault}")
    click.echo(
        f"{found.entries} entries of {found.addresses} addresses and {found.seals} seals checked, "
        f"{found.samples} addresses decrypted, {len(faults)} faults"
    )
    if faults and not despite_faults:
        fail("this backup has faults; nothing was changed", REFUSED)


def _misfits(found: Examined, main: datetime | None, keys: datetime | None) -> list[str]:
    """Keys newer than the data lack those of people who were erased in between; older ones fail."""
    if main and keys and keys >= main:
        return []
    if main and keys:
        return ["the keys are older than the data: what came between is unreadable"]
    return [f"the keys of {found.lost} addresses are missing"] if found.lost else []


def _remember_proof(seal_key: bytes) -> None:
    """In the desk's own database, for `heed doctor`."""
    try:
        parts = join(load_settings(os.environ))
    except (SettingsError, StoreError, OSError):
        click.echo("proved; the desk itself could not be opened to note it", err=True)
        return
    try:
        if parts.store.seal_key != seal_key:
            fail("it opens, but it is the backup of another desk", REFUSED)
        now = parts.clock().isoformat()
        parts.store.write(lambda session: session.save_setting(PROVED_AT, now))
    finally:
        parts.close()
    click.echo("proved: this backup can be put back")


def _erased_here(settings: Settings) -> list[bytes]:
    """Who is erased in the desk that is about to be replaced, if that can still be opened."""
    try:
        with _parts(settings, settings.store_url) as parts:
            return erased_in(parts.store)
    except StoreError:
        click.echo(
            "heed: the desk that is replaced does not open; erasures made after the backup have to "
            "be repeated by hand",
            err=True,
        )
        return []


@contextmanager
def _unpacked(backup: SqliteFiles, folder: Path | None) -> Iterator[SqliteFiles]:
    with tempfile.TemporaryDirectory(dir=folder, prefix=UNPACKED) as place:
        main = Path(place) / "heed.db"
        drafts = SqliteFiles(main=main, keys=keys_beside(main))
        unpack(backup, drafts)
        yield drafts


@contextmanager
def _opened(settings: Settings, drafts: SqliteFiles) -> Iterator[Parts]:
    url = f"sqlite:///{drafts.main.absolute()}"
    migrate(url)  # a backup of an earlier version is brought to this one
    with _parts(settings, url) as parts:
        yield parts


@contextmanager
def _parts(settings: Settings, url: str) -> Iterator[Parts]:
    parts = join(settings.model_copy(update={"database_url": url}))
    try:
        yield parts
    finally:
        parts.close()


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except (SettingsError, StoreError) as fault:
        fail(str(fault))


def _settings() -> Settings:
    try:
        return load_settings(os.environ)
    except SettingsError as fault:
        fail(str(fault))


def _both(files: SqliteFiles) -> tuple[Path, Path]:
    return files.main, files.keys
