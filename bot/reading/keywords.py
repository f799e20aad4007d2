"""Whole-message keywords: the words that conclude the matter without any grammar.

A message is a keyword when, after courtesies and a signature, one listed word or phrase remains,
once or repeated: `STOP`, `stop!!`, `S.T.O.P`, `Unsubscribe please`, `STOP - Bob`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.model import Intent
from bot.reading.data import table, tables
from bot.reading.grammar import Words, split
from bot.reading.tokens import PAUSE, Sentence, Token
from bot.reading.typos import Speller

_JOINABLE = 4  # letters; shorter words run together by chance
_MOST_WORDS = 12  # a longer message is no keyword; its sentences may hold one


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A listed word and what it stands for.

    `bare`: it counts only without courtesy words (`cancel`). `hinted`: only where the caller says
    that the message is in this language (`N` answers a Chinese advertisement, `No` none).
    """

    intent: Intent
    lang: str
    name: str
    bare: bool = False
    hinted: bool = False
    typo: bool = False


class Lists:
    """All languages' keywords, the operator's first."""

    def __init__(self) -> None:
        self.entries: dict[Words, list[Keyword]] = {}
        self.courtesies: set[Words] = set()
        for lang, content in tables("keywords").items():
            self.courtesies |= {split(words) for words in content.get("courtesies", ())}
            for group in content["group"]:
                for words in group["words"]:
                    row = split(words)
                    keyword = Keyword(
                        intent=Intent(group["intent"]),
                        lang=lang,
                        name=group["name"],
                        bare=group.get("bare", False),
                        hinted=group.get("hinted", False),
                    )
                    self.entries.setdefault(row, []).append(keyword)
        self.unclear = {
            split(words): (group["intent"], group.get("may_be_stop", False), group["name"])
            for group in table("unclear")["group"]
            for words in group["words"]
        }
        joined = {"".join(row): row for row in self.entries}
        self.joined = {word: row for word, row in joined.items() if len(word) >= _JOINABLE}
        self.longest_courtesy = max(map(len, self.courtesies))

    @cached_property
    def speller(self) -> Speller:
        return Speller((row[0] for row in self.entries if len(row) == 1), short=True)


LISTS = Lists()
_NAME = r"[^\W\d_][\w'’.-]*"
_NAMES = re.compile(rf"(?:- ?)?{_NAME}(?: {_NAME}){{0,3}}")
_DASHED = re.compile(rf"[-–—/~|] ?{_NAME}(?: {_NAME}){{0,3}}\Z")
_SIGN_OFF = re.compile(
    r"--|(?:sent|get outlook|von meinem|gesendet|envoy|enviado|inviato|verzonden|skickat|sendt)\b"
    r"|(?:kind |best |warm |many )?(?:regards|wishes|thanks|cheers|sincerely|yours|cordialement"
    r"|saludos|gru(?:ss|ß)|mfg|atenciosamente|cordiali|groet|mvh|cumprimentos|atentamente)\b",
    re.IGNORECASE,
)
_TAIL = 400  # characters; a longer signature stands under words that are no keyword anyway


def body_end(text: str) -> int:
    """Where the message ends and a trailing signature begins.

    A signature is what follows `--`, a mail program's line or a closing formula, a last line of
    names, or names after a dash (`STOP - Bob`); it needs words before it.
    """
    if len(text) > _TAIL:
        return len(text)
    end = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if bare and _has_words(text[:end]) and (_SIGN_OFF.match(bare) or _named(bare)):
            return end
        end += len(line)
    kept = text.rstrip(" .!\n\r\t")
    dashed = _DASHED.search(kept)
    if dashed and _has_words(kept[: dashed.start()]) and _named(dashed[0][1:].strip()):
        return dashed.start()
    return len(text)


def _named(words: str) -> bool:
    """One word, or several written like a name: `cancel - my order` is not signed."""
    parts = words.strip(" .-").split(" ")
    written = all(part[:1].isupper() for part in parts) and not words.isupper()
    return bool(_NAMES.fullmatch(words)) and (len(parts) == 1 or written)


def _has_words(text: str) -> bool:
    return any(c.isalnum() for c in text)


def find(
    parts: Sequence[Sentence], end: int, hint: str | None
) -> tuple[Keyword, Token, Token] | None:
    """The keyword that the whole message is, with its first and last token."""
    tokens = [t for part in parts for t in part.tokens if t.word != PAUSE]
    unsigned = [t for t in tokens if t.start < end]
    # the whole first: a listed phrase may end like a signature or a courtesy
    for kept in (tokens, unsigned) if len(unsigned) < len(tokens) else (tokens,):
        words = [t for t in kept if not _decoration(t.word)] or kept[:1]
        if not words or len(words) > _MOST_WORDS:
            continue
        for plain in _less_and_less_courteous(words):
            keyword = _lookup(tuple(t.word for t in plain), hint)
            if keyword is not None and not (keyword.bare and len(plain) < len(words)):
                return keyword, plain[0], plain[-1]
    return None


def unclear(parts: Sequence[Sentence]) -> tuple[str, bool, str] | None:
    """Intent, may-be-stop and name of a whole message that is known to say too little."""
    row = tuple(t.word for part in parts for t in part.tokens if t.word != PAUSE)
    squeezed = tuple(re.sub(r"(.)\1{2,}", r"\1", word) for word in row)
    once = (row[0],) if row and len(set(row)) == 1 else row
    return LISTS.unclear.get(row) or LISTS.unclear.get(squeezed) or LISTS.unclear.get(once)


def _lookup(row: Words, hint: str | None) -> Keyword | None:
    if len(row) > 1 and len(set(row)) == 1:
        row = row[:1]
    found = LISTS.entries.get(row) or LISTS.entries.get(LISTS.joined.get("".join(row), ()))
    if found:
        usable = [k for k in found if not k.hinted or k.lang == hint]
        return next((k for k in usable if k.lang == hint), usable[0] if usable else None)
    if len(row) != 1:
        return None
    repaired = LISTS.speller.repair(row[0])
    found = LISTS.entries.get((repaired,)) if repaired else None
    usable = [k for k in found or () if not k.hinted]
    if not usable:
        return None
    best = next((k for k in usable if k.lang == hint), usable[0])
    return Keyword(
        intent=best.intent, lang=best.lang, name=repaired or "", bare=best.bare, typo=True
    )


def _less_and_less_courteous(words: list[Token]) -> Iterator[list[Token]]:
    """The words, and what remains each time that a courtesy at an end is taken away."""
    while words:
        yield words
        row = tuple(t.word for t in words)
        for size in range(min(LISTS.longest_courtesy, len(row) - 1), 0, -1):
            if row[-size:] in LISTS.courtesies:
                words = words[:-size]
                break
            if row[:size] in LISTS.courtesies:
                words = words[size:]
                break
        else:
            return


def _decoration(word: str) -> bool:
    """An emoji beside a keyword decorates it; alone it is looked up like a word."""
    return not any(c.isalnum() for c in word)
