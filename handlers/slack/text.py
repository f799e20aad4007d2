"""Slack's escaped text, both ways.

Going out, three characters become entities, which also defuses `<!channel>`, `<@U1>` and links
that hide where they lead. Coming in, the same is undone before anybody reads the words.
"""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"<([^<>]*)>")
_CALLS = re.compile("<(?=[!@#]|https?:|mailto:|tel:)")
_JOINERS = frozenset("\u200c\u200d")  # Persian and Indic words and emoji need them
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
CUT = " … (cut)"


def escaped(text: str) -> str:
    """Fit to stand in mrkdwn or in a message's `text`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def spoken(text: str, ourselves: str = "") -> str:
    """What a person typed, without Slack's markup and without the mention of `ourselves`."""

    def plain(markup: re.Match[str]) -> str:
        target, _, label = markup[1].partition("|")
        if target.startswith("@") and target[1:] == ourselves:
            return ""
        if target.startswith("@"):
            return f"@{label or target[1:]}"
        if target.startswith("#"):
            return f"#{label or target[1:]}"
        if target.startswith("!"):
            return label or f"@{target[1:].partition('^')[0]}"
        return label or target.removeprefix("mailto:").removeprefix("tel:")

    return unescaped(_MARKUP.sub(plain, text)).strip()


def unescaped(text: str) -> str:
    """Without entities; `&amp;` last, so that `&amp;lt;` stays what it was."""
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    return text


def shown(text: str, *, limit: int, lines: int) -> str:
    """A stranger's words, fit to be shown: no control or direction marks, not too long or tall.

    `limit` counts UTF-16 units, the narrower of the two ways in which Slack may count. Rich text
    is not read as markup, but what somebody copies from it into a message is: `<!channel>` in it
    calls nobody either, and no link hides where it leads.
    """
    text = _CALLS.sub("‹", text)
    seen = "".join(char for char in text.replace("\r\n", "\n") if _visible(char))
    rows = [row.rstrip() for row in seen.strip().split("\n")]
    cut = len(rows) > lines
    flat = "\n".join(rows[:lines])
    if _units(flat) > limit:
        cut = True
        while _units(flat) > limit:
            flat = flat[: max(0, len(flat) - max(1, (_units(flat) - limit) // 2))]
    return flat.rstrip() + CUT if cut else flat


def _visible(char: str) -> bool:
    if char in _JOINERS or char == "\n":
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _units(text: str) -> int:
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)  # noqa: PLR2004
