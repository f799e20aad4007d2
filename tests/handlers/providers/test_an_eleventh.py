"""Adding a provider is one file with its guide, one folder of fixtures, and no other change.

`docs/adding-a-provider.md` walks through the files that stand in `tests/fixtures/eleventh/`. They
are put where a provider's files belong, in a copy of this repository, and the contract runs there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
ELEVENTH = ROOT / "tests" / "fixtures" / "eleventh"
HELD_TO = ("test_contract", "test_errors", "test_odd_fields", "test_guides")


def copied(to: Path) -> Path:
    """What the provider tests run on; nothing in it is changed."""
    passed = shutil.ignore_patterns("__pycache__", "corpus", "schemas", "*.pyc")
    for folder in ("bot", "storage", "handlers", "tests"):
        shutil.copytree(ROOT / folder, to / folder, ignore=passed)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def test_an_eleventh_provider_is_one_file_and_one_folder(tmp_path: Path) -> None:
    there = copied(tmp_path / "heed")
    shutil.copy(ELEVENTH / "pigeon.py", there / "handlers" / "providers")
    shutil.copy(ELEVENTH / "pigeon.toml", there / "handlers" / "providers")
    shutil.copytree(ELEVENTH / "fixtures", there / "tests" / "fixtures" / "providers" / "pigeon")
    only = "pigeon or every_provider_has_fixtures_and_a_guide"
    tests = [f"tests/handlers/providers/{name}.py" for name in HELD_TO]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-k", only, *tests],
        cwd=there,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    passed = int(run.stdout.rpartition(" passed")[0].split()[-1])
    assert passed > 30


def test_without_its_files_there_is_no_eleventh() -> None:
    from handlers import providers

    assert len(providers.names()) == 10
    assert "pigeon" not in providers.names()
