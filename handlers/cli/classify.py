"""`heed classify`: JSON lines of messages in, the same lines with their readings out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

import click

from bot.less import facts_of
from bot.model import Channel, Context, Json, Reading
from bot.reading import read

_CHANNELS = (Channel.SMS, Channel.EMAIL, Channel.SLACK)


class InvalidLineError(ValueError):
    """A line is not a message to classify; the words say why."""


def classify_lines(lines: Iterable[bytes], *, more: bool = False) -> Iterator[str]:
    """One output line, without its line end, for every input line, in order.

    A line is `{"text", "channel", "context"?, "choices"?, "lang"?}` in UTF-8; other keys are kept.
    Out come its keys and `intent`, `scope`, `confidence`, `lang`, `evidence`, or, for a line that
    is none, its keys as far as it has any and `error`. `more` adds what else a reading tells.
    """
    for line in lines:
        item: dict[str, Json] = {}
        try:
            item = _parse(line)
            reading = _read(item)
            result = item | _result(reading) | (_more(reading) if more else {})
        except InvalidLineError as error:
            result = item | {"error": str(error)}
        yield json.dumps(result, ensure_ascii=not _encodable(result))


@click.command
@click.option(
    "--more", is_flag=True, help="Add reason, less, privacy_request, may_be_stop and runner_up."
)
def classify(*, more: bool) -> None:
    """Read JSON lines on standard input; write each with its reading."""
    output = sys.stdout.buffer
    for line in classify_lines(sys.stdin.buffer, more=more):
        output.write(line.encode() + b"\n")
    output.flush()


def _parse(line: bytes) -> dict[str, Json]:
    try:
        item = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidLineError("not UTF-8") from None
    except (ValueError, RecursionError):
        raise InvalidLineError("not JSON") from None
    if not isinstance(item, dict):
        raise InvalidLineError("not a JSON object")
    return item


def _read(item: dict[str, Json]) -> Reading:
    text = item.get("text")
    if not isinstance(text, str):
        raise InvalidLineError("text: a string is required")
    lang = item.get("lang")
    if not isinstance(lang, str | None):
        raise InvalidLineError("lang: not a string")
    return read(
        text,
        channel=_channel(item.get("channel")),
        context=_context(item.get("context")),
        choices=_choices(item.get("choices")),
        lang=lang or None,
    )


def _channel(value: Json) -> Channel:
    if value not in _CHANNELS:
        raise InvalidLineError(f"channel: one of {', '.join(_CHANNELS)} is required")
    return Channel(str(value))


def _context(value: Json) -> Context:
    if value is None:
        return Context.NONE
    if value not in tuple(Context):
        raise InvalidLineError(f"context: not one of {', '.join(Context)}")
    return Context(str(value))


def _choices(value: Json) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidLineError("choices: not a list of strings")
    choices = tuple(choice for choice in value if isinstance(choice, str))
    if len(choices) != len(value):
        raise InvalidLineError("choices: not a list of strings")
    return choices


def _result(reading: Reading) -> dict[str, Json]:
    evidence: list[Json] = [
        {"start": e.start, "end": e.end, "words": e.words, "rule": e.rule} for e in reading.evidence
    ]
    return {
        "intent": reading.intent.value,
        "scope": str(reading.scope) if reading.scope else None,
        "confidence": reading.confidence,
        "lang": reading.lang,
        "evidence": evidence,
    }


def _more(reading: Reading) -> dict[str, Json]:
    return {
        "reason": str(reading.reason) if reading.reason else None,
        "less": facts_of(reading.less) if reading.less else None,
        "privacy_request": reading.privacy_request,
        "may_be_stop": reading.may_be_stop,
        "runner_up": str(reading.runner_up) if reading.runner_up else None,
    }


def _encodable(item: dict[str, Json]) -> bool:
    """False where a lone surrogate hides in a string; then everything is escaped."""
    try:
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
