"""Every test begins in a clean environment, without a setting of the machine it runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import Bench, bench


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("HEED_", "SLACK_", "TWILIO_")) and name != "HEED_REQUIRE_BROWSER":
            monkeypatch.delenv(name)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("HEED_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("HEED_CONFIG", str(tmp_path / "heed.toml"))


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as joined:
        yield joined
