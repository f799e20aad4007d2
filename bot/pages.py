"""What the unsubscribe page says, per language (`bot/data/pages`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from bot.model import Reason

FALLBACK = "en"
REASONS = (
    Reason.TOO_MANY,
    Reason.NOT_RELEVANT,
    Reason.NEVER_SIGNED_UP,
    Reason.NO_LONGER_CUSTOMER,
    Reason.OTHER,
)
"""What the pages and mails offer as reasons, in this order; each is a text of the same name."""
_FOLDER = files("bot") / "data" / "pages"


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Language code -> key -> text with `{what}`, `{who}` and `{contact}`."""
    return {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text("utf-8"))
        for entry in _FOLDER.iterdir()
        if entry.name.endswith(".toml")
    }


def chosen(wanted: Iterable[str]) -> tuple[str, Mapping[str, str]]:
    """The first language of the reader's that there are texts in, else English."""
    known = texts()
    lang = next((one[:2].lower() for one in wanted if one[:2].lower() in known), FALLBACK)
    return lang, known[lang]
