"""`heed sync`: the report on the terminal, and what ends it."""

from __future__ import annotations

import pytest

from handlers.cli.sync import sync
from tests.handlers.cli.kit import Shell
from tests.handlers.providers.contract import cases, fake_api

CASES = {case.name: case for case in cases()}


@pytest.fixture(autouse=True)
def set_up(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name in ("telnyx", "bandwidth"):
        for variable, value in CASES[name].env.items():
            monkeypatch.setenv(variable, value)
    monkeypatch.setenv("HEED_PUBLIC_URL", "https://optout.example.com")
    return shell


def test_it_says_who_is_blocked_where_and_records_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_api() as api:
        monkeypatch.setenv("HEED_TELNYX_API_URL", api.url)
        pages = CASES["telnyx"].about["list"]["pages"]
        api.pages = list(pages)
        dry = shell.run(sync, "telnyx", "--dry-run")
        assert dry.exit_code == 0
        assert "only there   +12025550124       here" in dry.stdout
        assert "there 2026-11-02 08:00" in dry.stdout
        assert "Nothing was written (--dry-run)." in dry.stdout
        assert shell.bench.holds() == {}
        api.pages = list(pages)
        assert "recorded here 2, told there 0" in shell.run(sync, "telnyx").stdout
        assert shell.bench.holds() == {"channel": "stopped"}


def test_what_stands_in_the_way_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_api() as api:
        monkeypatch.setenv("HEED_TELNYX_API_URL", api.url)
        api.status, api.headers = 429, {"Retry-After": "7"}
        late = shell.run(sync, "telnyx")
    assert (late.exit_code, "try again in 7 s" in late.stderr) == (2, True)
    none = shell.run(sync, "bandwidth")
    assert (none.exit_code, "no opt-out list" in none.stderr) == (2, True)
    unknown = shell.run(sync, "vonage")
    assert (unknown.exit_code, "heed connect vonage" in unknown.stderr) == (2, True)
