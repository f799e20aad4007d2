"""Whatever a message, a check or a worker asks the database is found by an index, never by a scan."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import storage
from storage.sql import Statement
from storage.sqlite import connect
from tests.storage.conftest import Place

# Listings of everything, and tables of a few rows.
MAY_SCAN = {"storage.keyring._ALL", "storage.keyring._ANYBODY", "storage.keyring._UNWRAPPED_BY"}


def statements() -> dict[str, Statement]:
    found: dict[str, Statement] = {}
    for module in pkgutil.iter_modules(storage.__path__, "storage."):
        if module.ispkg:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            values = value if isinstance(value, list) else [value]
            for n, one in enumerate(values):
                if isinstance(one, Statement) and "pg_" not in one.on("sqlite")[0]:
                    found[f"{module.name}.{name}{n or ''}"] = one
    return found


@pytest.mark.parametrize("name", sorted(statements()))
def test_no_statement_scans_a_table(sqlite_place: Place, name: str) -> None:
    sql, constants = statements()[name].on("sqlite")
    params = dict.fromkeys(re.findall(r":(\w+)", sql), 1) | constants
    main = Path(sqlite_place.url.removeprefix("sqlite:///"))
    connection = connect(main)
    connection.execute("ATTACH ? AS keys", (str(main.with_stem("heed-keys")),))
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", params)]
    connection.close()
    scans = [
        step
        for step in plan
        if step.startswith("SCAN") and "INDEX" not in step and "CONSTANT" not in step
    ]
    assert not scans or name in MAY_SCAN, plan
