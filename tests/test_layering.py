"""Imports point one way: handlers -> storage -> bot; and a module stays readable."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "bot": {"bot"},
    "storage": {"bot", "storage"},
    "handlers": {"bot", "storage", "handlers"},
}
OURS = {"bot", "storage", "handlers", "tests"}
# What reads, waits, sends or tells the time has no place in `bot` (tomllib and importlib read our
# own data files once, at import).
IMPURE = {
    "asyncio",
    "http",
    "os",
    "random",
    "requests",
    "secrets",
    "smtplib",
    "socket",
    "sqlite3",
    "subprocess",
    "threading",
    "time",
    "urllib.request",
}
LINES = 330


def modules(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("*.py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name.partition(".")[0] in OURS - MAY_IMPORT[package]
    ]
    assert wrong == []


def test_bot_neither_reads_waits_sends_nor_tells_the_time() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("bot")
        for name in imports(path)
        if name in IMPURE or name.partition(".")[0] in IMPURE
    ]
    clocks = [
        str(path.relative_to(ROOT))
        for path in modules("bot")
        if "datetime.now(" in path.read_text() or "utcnow" in path.read_text()
    ]
    assert wrong + clocks == []


# The one table of values that everything speaks in, and the decision table itself.
LONGER = {"bot/model.py", "bot/decide/message.py"}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_module_can_be_read_in_one_sitting(package: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in modules(package)
        if "migrations" not in path.parts
        and str(path.relative_to(ROOT)) not in LONGER
        and (lines := len(path.read_text().splitlines())) > LINES
    ]
    assert long == []
