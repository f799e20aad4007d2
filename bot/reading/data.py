"""The word lists and phrases, loaded once when the package is imported."""

from __future__ import annotations

import hashlib
import tomllib
from importlib.resources import files
from typing import Any

from bot.fold import fold

_ROOT = files("bot") / "data"
_FOLDERS = ("concepts", "keywords", "less", "phrases", "privacy", "reasons")
_SINGLE = (
    "lookalikes.toml",
    "typos.toml",
    "unclear.toml",
    "context.toml",
    "scopes.toml",
    "model.bin",
)


def tables(folder: str) -> dict[str, dict[str, Any]]:
    """The TOML tables of `bot/data/<folder>`, English first, then by language code."""
    found = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text("utf-8"))
        for entry in (_ROOT / folder).iterdir()
        if entry.name.endswith(".toml")
    }
    return dict(sorted(found.items(), key=lambda item: (item[0] != "en", item[0])))


def table(name: str) -> dict[str, Any]:
    """The TOML table `bot/data/<name>.toml`."""
    return tomllib.loads((_ROOT / f"{name}.toml").read_text("utf-8"))


def folded(words: list[str]) -> tuple[str, ...]:
    """The words as `bot.fold` spells them, so that data files may be written naturally."""
    return tuple(fold(word).text for word in words)


def _version() -> str:
    """A digest of every data file: a reading can be traced to the rules that made it."""
    digest = hashlib.sha256()
    paths = [_ROOT / name for name in _SINGLE]
    for folder in _FOLDERS:
        entries = sorted((_ROOT / folder).iterdir(), key=lambda entry: entry.name)
        paths += [entry for entry in entries if entry.name.endswith(".toml")]
    for path in paths:
        digest.update(path.name.encode())
        content = path.read_bytes()
        if path.name.endswith(".toml"):
            content = content.replace(b"\r\n", b"\n")
        digest.update(content)
    return digest.hexdigest()[:12]


VERSION = _version()
