"""`docs/report.md` explains every figure of the sheet and every rule that it counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.regimes import BY_NAME
from bot.tally import Figure, Span

DOCUMENT = (Path(__file__).parents[2] / "docs" / "report.md").read_text()


@pytest.mark.parametrize("name", [*Figure, *Span, *BY_NAME])
def test_it_is_explained(name: str) -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("|")]
    assert any(f"`{name}`" in line.split("|")[1] for line in rows)


def test_what_may_change_is_marked_there_too() -> None:
    starred = set(re.findall(r"`(\w+)` \\\*", DOCUMENT))
    assert starred == {name for name, one in BY_NAME.items() if one.volatile}
