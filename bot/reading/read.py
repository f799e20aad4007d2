"""The door: one text in, one reading out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.fold import Folded, fold
from bot.model import Channel, Context, Intent, Reading
from bot.reading.answers import reason_answer, scope_answer
from bot.reading.features import Seen, language
from bot.reading.joined import Ruled, seen_by_model, weighed
from bot.reading.less import less_of
from bot.reading.long import LONG, by_windows
from bot.reading.message import evidence, read_message, reading
from bot.reading.model import shipped
from bot.reading.privacy import with_privacy
from bot.reading.scope import NO_WORDS, Words, without
from bot.reading.tokens import Sentence, sentences

_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u061f\u0964\n]+|(?<=[^\s\d]), (?=\S)")
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_MOST_SENTENCES = 8
READ_LIMIT = 20_000  # characters; a person's wish stands in the first pages or nowhere


def read(
    text: str,
    *,
    channel: Channel,
    context: Context = Context.NONE,
    choices: tuple[str, ...] = (),
    lang: str | None = None,
    words: Words | None = None,
    sender: str = "",
    at: datetime | None = None,
) -> Reading:
    """What the writer of `text` wants.

    `context` is our question that the message may answer and `choices` the numbered answers that
    the question offered, in order. `lang` is what the caller believes the language to be; the
    words themselves outrank it. `words` are the operator's own, `sender` the one of ours that the
    message was sent to, for which some of them may be meant. `at` is when it was written, by the
    clock of whoever wrote it: "until Monday" is told by it, and not without. Never raises for any
    `str`, and takes time linear in its length; what lies beyond `READ_LIMIT` characters is not
    read.
    """
    head = _unquoted(text[:READ_LIMIT])
    found = _whole(head, channel, context, choices, lang, words or NO_WORDS, sender)
    if found.intent is not Intent.LESS:
        return found
    spoken = language(fold(head[:LONG]).text)
    langs = (one for one in (found.lang, spoken, lang, "en") if one)
    return replace(found, less=less_of(head, langs, at))


def _whole(
    head: str,
    channel: Channel,
    context: Context,
    choices: tuple[str, ...],
    lang: str | None,
    own: Words,
    sender: str,
) -> Reading:
    if own.narrower:
        spoken = language(fold(head[:LONG]).text)
        own = own.told(sender=sender, langs={one for one in (spoken, lang) if one})
    if own.innocent:
        left = without(head, own.innocent)
        if left != head and not any(map(str.isalnum, left)):
            shown = evidence(head, 0, len(head), "word:innocent")
            return reading(Intent.OTHER, 1.0, "word:innocent", lang=lang, evidence=(shown,))
        head = left
    if len(head) > LONG and context is Context.NONE:
        return by_windows(head, lambda part: _read(part, channel, context, choices, lang, own))
    return _read(head, channel, context, choices, lang, own)


def _unquoted(text: str) -> str:
    """The text with its quoted lines (`> ...`) blank; other people's words are not the writer's."""
    own = _QUOTED.sub(lambda line: " " * len(line[0]), text)
    return own if any(map(str.isalnum, own)) else text


def _read(
    head: str,
    channel: Channel,
    context: Context,
    choices: tuple[str, ...],
    lang: str | None,
    own: Words,
) -> Reading:
    folded, parts, ruled = rule(
        head, channel=channel, context=context, choices=choices, lang=lang, words=own
    )
    if ruled.settled:
        return ruled.answer
    found = weighed(
        shipped(),
        head,
        folded,
        parts,
        ruled,
        channel=channel,
        context=context,
        hint=lang,
        words=own,
        sentences=seen_by_sentence(head, channel=channel, context=context, lang=lang, words=own),
    )
    return with_privacy(found, parts)


def seen_by_sentence(
    head: str,
    *,
    channel: Channel,
    context: Context,
    lang: str | None = None,
    words: Words = NO_WORDS,
) -> list[Seen]:
    """Each sentence as the model would see it alone; none where there is only one."""
    pieces = [piece for piece in _END.split(head[:LONG]) if any(map(str.isalnum, piece))]
    if len(pieces) < 2:  # noqa: PLR2004 - one sentence is the whole
        return []
    seen = []
    for piece in pieces[:_MOST_SENTENCES]:
        folded, _, ruled = rule(piece, channel=channel, context=context, lang=lang, words=words)
        seen.append(seen_by_model(folded, ruled, channel=channel, context=context))
    return seen


def rule(
    head: str,
    *,
    channel: Channel,
    context: Context,
    choices: tuple[str, ...] = (),
    lang: str | None = None,
    words: Words = NO_WORDS,
) -> tuple[Folded, Sequence[Sentence], Ruled]:
    """What the rules alone make of a text of at most `READ_LIMIT` characters."""
    folded = fold(head)
    parts = sentences(folded, head, wrapped=channel is Channel.EMAIL)
    first, verdict = read_message(head, parts, hint=lang, words=words)
    answer = first
    if context is Context.REASON_ASKED:
        answer = reason_answer(head, parts, first, verdict, choices=choices, hint=lang)
    elif context is Context.SCOPE_ASKED:
        answer = scope_answer(head, parts, first, verdict, choices=choices, hint=lang, words=words)
    return folded, parts, Ruled(first=first, verdict=verdict, answer=answer)
