"""Sentences made from slots: a language's ways to say a thing, multiplied.

A file `tests/corpus/sentences/LANG-HAND.toml` holds `[slots]` (name -> phrases, which may name other
slots) and `[[say]]` tables (`intent`, `texts`, and where it matters `channel`, `context`, `choices`).
`{name}` takes one phrase of the slot, `{name?}` one or nothing, `(one|two|)` one of those.

`python -m tests.train.sentences FILE [N]` prints N of them, to look at.
"""

from __future__ import annotations

import random
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import click

FOLDER = Path(__file__).parents[1] / "corpus" / "sentences"
_DEPTH = 8
_PART = re.compile(r"\{(\w+)(\??)\}|\(([^(){}]*(?:\{\w+\??\}[^(){}]*)*)\)")
_SPACES = re.compile(r"[ \t]+")
_BEFORE_MARK = re.compile(r" +([,.!?;:…、。])")
_UNSPACED = ("zh", "ja")


class SlotError(ValueError):
    """A file names a slot that it does not have, or slots that name each other."""


def sentences(path: Path, count: int) -> list[dict[str, Any]]:
    """About `count` different labelled messages of a file, each text equally often; always the same.

    Raises SlotError.
    """
    rules = tomllib.loads(path.read_text("utf-8"))
    lang = path.stem.split("-")[0]
    slots, kinds = rules.get("slots", {}), rules["say"]
    weights = [len(kind["texts"]) for kind in kinds]
    chance = random.Random(crc32(path.stem.encode()))
    found: dict[str, dict[str, Any]] = {}
    for _ in range(count):
        kind = chance.choices(kinds, weights)[0]
        text = _tidy(_filled(chance.choice(kind["texts"]), slots, chance), lang)
        text = _cased(text, chance)
        if text:
            found[text] = _line(text, lang, kind, chance)
    return list(found.values())


def _line(text: str, lang: str, kind: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    line = {
        "lang": lang,
        "channel": kind.get("channel") or chance.choice(("sms", "sms", "email")),
        "context": kind.get("context", "none"),
        "text": text,
        "intent": kind["intent"],
    }
    return line | ({"choices": kind["choices"]} if "choices" in kind else {})


def _filled(
    text: str, slots: Mapping[str, Sequence[str]], chance: random.Random, depth: int = 0
) -> str:
    if depth > _DEPTH:
        raise SlotError(text)

    def one(match: re.Match[str]) -> str:
        name, maybe, choices = match.groups()
        if name is None:
            return _filled(chance.choice(choices.split("|")), slots, chance, depth + 1)
        if maybe and chance.random() < 0.5:
            return ""
        if name not in slots:
            raise SlotError(name)
        return _filled(chance.choice(slots[name]), slots, chance, depth + 1)

    return _PART.sub(one, text)


def _tidy(text: str, lang: str) -> str:
    text = _BEFORE_MARK.sub(r"\1", _SPACES.sub(" ", text)).strip()
    return text.replace(" ", "") if lang in _UNSPACED else text


def _cased(text: str, chance: random.Random) -> str:
    """As people write: mostly as it is, some without capitals or the last stop, a few shouting."""
    draw = chance.random()
    if draw < 0.3:
        text = text.lower()
    elif draw < 0.36:
        text = text.upper()
    elif draw < 0.6:
        text = text[:1].upper() + text[1:]
    return text.rstrip(".") if chance.random() < 0.5 else text


def main() -> None:
    path = Path(sys.argv[1])
    for line in sentences(path, int(sys.argv[2]) if len(sys.argv) > 2 else 60):
        click.echo(f"{line['intent']:13} {line['text']}")


if __name__ == "__main__":
    main()
