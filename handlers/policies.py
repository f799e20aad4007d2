"""The texts of heed.toml that decisions were made under, kept with the ledger that names them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model import Json
from handlers.policy_file import PolicyFile
from storage import Session, Store


def _name(version: str) -> str:
    return f"policy.{version}"


def keep(store: Store, file: PolicyFile) -> None:
    """Keep the text, once.

    Raises:
        StoreError: the database is away.
    """
    name = _name(file.policy.version)
    if file.text and store.read(lambda session: session.setting(name)) is None:
        store.write(lambda session: session.save_setting(name, file.text))


def texts(session: Session, versions: Iterable[str]) -> dict[str, Json]:
    """What the entries of a proof were decided under, by version."""
    found = {version: session.setting(_name(version)) for version in sorted(set(versions))}
    return {version: text for version, text in found.items() if text is not None}
