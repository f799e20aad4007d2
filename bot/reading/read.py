"""The door: one text in, one reading out."""

from __future__ import annotations

from bot.fold import fold
from bot.model import Channel, Context, Reading
from bot.reading.answers import reason_answer, scope_answer
from bot.reading.message import read_message
from bot.reading.scope import NO_WORDS, Words
from bot.reading.tokens import sentences

READ_LIMIT = 20_000  # characters; a person's wish stands in the first pages or nowhere


def read(
    text: str,
    *,
    channel: Channel,
    context: Context = Context.NONE,
    choices: tuple[str, ...] = (),
    lang: str | None = None,
    words: Words | None = None,
) -> Reading:
    """What the writer of `text` wants.

    `context` is our question that the message may answer and `choices` the numbered answers that
    the question offered, in order. `lang` is what the caller believes the language to be; the
    words themselves outrank it. Never raises for any `str`, and takes time linear in its length;
    what lies beyond `READ_LIMIT` characters is not read.
    """
    head = text[:READ_LIMIT]
    parts = sentences(fold(head), head, wrapped=channel is Channel.EMAIL)
    own = words or NO_WORDS
    found, verdict = read_message(head, parts, hint=lang, words=own)
    match context:
        case Context.REASON_ASKED:
            return reason_answer(head, parts, found, verdict, choices=choices, hint=lang)
        case Context.SCOPE_ASKED:
            return scope_answer(head, parts, found, verdict, choices=choices, hint=lang, words=own)
        case Context.NONE:
            return found
