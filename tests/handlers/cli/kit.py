"""A shell beside a running desk: both work on one database."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from handlers.cli import context
from handlers.parts import join
from tests.kit import KEY, Bench, bench

POLICY = """
company = "Acme"

[[topics]]
name = "promotions"
title = "Promotions"

[[topics]]
name = "receipts"
title = "Receipts"
kind = "transactional"
needs_consent = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    bench: Bench
    folder: Path

    def run(self, command: click.Command, *arguments: str) -> Result:
        return CliRunner().invoke(command, list(arguments))


@contextmanager
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    (folder / "heed.toml").write_text(POLICY)
    settings = {
        "HEED_ENV": "production",
        "HEED_VAR": str(folder),
        "HEED_CONFIG": str(folder / "heed.toml"),
        "HEED_SECRET_KEY": base64.b64encode(KEY).decode(),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with bench(folder) as desk:
        monkeypatch.setattr(context, "join", partial(join, clock=desk.clock))
        yield Shell(bench=desk, folder=folder)
