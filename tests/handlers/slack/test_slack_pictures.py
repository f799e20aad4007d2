"""docs/slack.md shows every layout that the code sends, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from handlers.slack import web
from tests.pictures.layouts import Layout, layouts

DOCS = Path(__file__).parents[3] / "docs"
CODE = "".join(path.read_text() for path in Path(web.__file__).parent.glob("*.py"))
ALL_KB = 800


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Layout]:
    return layouts(tmp_path_factory.mktemp("desk"))


def test_each_layout_has_its_picture_and_the_page_shows_each(drawn: dict[str, Layout]) -> None:
    pictures = {path.stem for path in (DOCS / "pictures").glob("*.png")}
    shown = re.findall(r"!\[.+?\]\(pictures/([\w-]+)\.png\)", (DOCS / "slack.md").read_text())
    assert pictures == set(drawn), "make pictures draws them anew"
    assert sorted(shown) == sorted(drawn)


def test_no_window_of_the_code_is_missing(drawn: dict[str, Layout]) -> None:
    titles = set(re.findall(r'"title": (?:rich\.)?plain\("(.+?)"\),\n\s*"(?:submit|close)"', CODE))
    assert {"Record an opt-out", "Recorded", "The address"} < titles
    views = [one["view"] for one in drawn.values() if "view" in one]
    assert titles == {view["title"]["text"] for view in views if view["type"] == "modal"}


def test_every_kind_of_block_and_button_of_the_cards_is_seen(drawn: dict[str, Layout]) -> None:
    whole = json.dumps([dict(one) for one in drawn.values()])
    actions = set(re.findall(r'= "(heed_(?:review|home)_\w+_v1)"', CODE))
    actions -= {"heed_home_open_v1"}  # numbered where it stands
    assert len(actions) > 5
    assert actions == {one for one in actions if one in whole}


def test_the_pictures_stay_light() -> None:
    size = sum(path.stat().st_size for path in (DOCS / "pictures").glob("*.png"))
    assert size < ALL_KB * 1000
