"""`[deadlines]` in heed.toml: which legal deadlines bind the company."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.policy import DeadlineRules
from handlers.policy_file import load_policy
from handlers.settings import SettingsError


def rules(folder: Path, text: str) -> DeadlineRules:
    path = folder / "some.toml"
    path.write_text(text)
    return load_policy(path).policy.deadlines


def test_without_it_every_rule_that_can_apply_does(tmp_path: Path) -> None:
    assert rules(tmp_path, 'company = "Acme"') == DeadlineRules()


def test_rules_countries_and_the_length_of_at_once_can_be_set(tmp_path: Path) -> None:
    text = '[deadlines]\nregimes = ["us_tcpa"]\ncountries = ["US", "CA"]\nat_once = "2h"'
    assert rules(tmp_path, text) == DeadlineRules(
        regimes=frozenset({"us_tcpa"}),
        countries=frozenset({"US", "CA"}),
        at_once=timedelta(hours=2),
    )


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('regimes = ["us_tpca"]', "us_tcpa"),
        ('countries = ["usa"]', "countries"),
        ('at_once = "soon"', "at_once"),
        ("days = 3", "days"),
    ],
)
def test_a_wrong_entry_is_named_and_the_right_ones_are_listed(
    tmp_path: Path, line: str, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        rules(tmp_path, f"[deadlines]\n{line}")
