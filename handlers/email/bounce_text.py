"""The prose of bounces: is it one, whom does it name, and is it for good?

The formats of some forty mail systems have this in common: a robot's name, a subject of few
kinds, an address at the beginning of a line or beside words of failure, and an SMTP code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bot.quoted_lines import fold
from handlers.email.decoding import is_address

_DATA: Final = tomllib.loads(Path(__file__).with_name("bounces.toml").read_text(encoding="utf-8"))


def _any_of(name: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _DATA[name])))


_SENDERS: Final = _any_of("senders")
_SUBJECTS: Final = _any_of("subjects")
_PHRASES: Final = tuple(_DATA["phrases"])
_COPY_STARTS: Final = tuple(_DATA["copy_below"])
_COPY_BELOW: Final = _any_of("copy_below")
_FAILURE: Final = _any_of("failure")
_LABELS: Final = tuple(_DATA["labels"])
_DELAYED: Final = _any_of("delayed")
_TRANSIENT: Final = _any_of("transient")
_LIST_BELOW: Final = _any_of("list_below")

_TEXT_LIMIT: Final = 65_536
_LINE_LIMIT: Final = 998
_ORIGINAL_HEADER: Final = re.compile(
    r"(?:return-path|received|dkim-signature|mime-version|message-id|x-mailer|delivered-to)\s*:",
    re.IGNORECASE,
)
_TOKENS: Final = re.compile(r"[\s<>()\[\],;:\"'`|]+")
_ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
_REPLY_CODE: Final = re.compile(r"(?<![\d.:/@-])([45])[0-5]\d(?=[ \-#,;:)\]]|$)")
_REPLY: Final = re.compile(r"[^\s:]{1,12}(?:\[\d+\])?\s?:")
_BARE_ADDRESS: Final = re.compile(r"[^\s@<>]{1,64}@[A-Za-z0-9.-]{1,253}")
_FOLLOWS: Final = ("follow", "follows", "following", "below", "headers", "header")
_LIST_LINES: Final = 2
_ROBOTS: Final = ("mailer-daemon@", "postmaster@", "mailerdaemon@", "mail-daemon@", "abuse@")


def split(text: str) -> tuple[str, str]:
    """The notification, and the copy of our own mail below it, if the text holds one."""
    lines = text[:_TEXT_LIMIT].replace("\r\n", "\n").split("\n")
    for at, line in enumerate(lines):
        if at and (_ORIGINAL_HEADER.match(line) or _announces_copy(line)):
            rest = lines[at:] if _ORIGINAL_HEADER.match(line) else lines[at + 1 :]
            return "\n".join(lines[:at]), "\n".join(rest).lstrip("\n")
    return "\n".join(lines), ""


def _announces_copy(line: str) -> bool:
    """True for "Original message follows:", not for "do not resend your original message"."""
    folded = fold(line)
    if not _COPY_BELOW.search(folded) or _LIST_BELOW.search(folded):
        return False
    core = folded.strip("-_=*:. ")
    return core.startswith(_COPY_STARTS) or core.endswith(_FOLLOWS) or folded.endswith((":", "-"))


def may_be_bounce(*, subject: str, sender: str, address: str, null_sender: bool) -> bool:
    """Cheap first question: False where robot, subject and reverse path all speak against it."""
    return null_sender or _is_robot(sender, address) or _SUBJECTS.search(fold(subject)) is not None


def _is_robot(sender: str, address: str) -> bool:
    local = address.rpartition("@")[0].lower()
    return bool(_SENDERS.search(fold(sender)) or _SENDERS.search(local))


def is_bounce(
    *, subject: str, sender: str, address: str, text: str, null_sender: bool, encloses: bool
) -> bool:
    """True if robot, subject, words and codes say so; none of them alone.

    `encloses` says that the mail carries another one whole.
    """
    nobody = not address and null_sender  # "From: <>" is an MTA's
    named = nobody or _is_robot(sender, address)
    title = fold(subject)
    titled = _SUBJECTS.search(title) is not None
    if titled and (named or null_sender):
        return True
    if not named and not null_sender:
        text = _unquoted(text)  # of a bounce that somebody answers
    words = fold_text(text)
    said = sum(phrase in words for phrase in _PHRASES)
    if not said:
        return False
    coded = any(map(_status_class, text[:8192].split("\n")))
    # People and their automatic answers, too, write of deliveries that failed.
    if named or (coded and (titled or null_sender)):
        return True
    if null_sender and _names_somebody(text, address):
        return True
    telling = said > 1 or not _REPLY.match(title)
    return titled and telling and (encloses or _names_somebody(text, address))


def _unquoted(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith(">"))


def _names_somebody(text: str, sender: str) -> bool:
    """An address that is not the sender's stands on a line of its own, or behind a colon."""
    lines = (line.rpartition(": ")[2].strip("<>\"' \t\r*") for line in text[:8192].split("\n"))
    return any(_BARE_ADDRESS.fullmatch(line) and line.lower() != sender.lower() for line in lines)


def fold_text(text: str) -> str:
    """The first lines, folded, as one string."""
    return " ".join(fold(line) for line in text[:8192].split("\n"))


def recipient(text: str, *, sent_to: list[str], ours: set[str]) -> str | None:
    """The address the prose names as unreachable: the best line wins, then the first."""
    known = {address.lower() for address in sent_to}
    best, best_score = None, 0
    listed = 0  # lines for which "the following recipients:" still holds
    for line in text[:_TEXT_LIMIT].split("\n"):
        folded = fold(line)
        if "@" in line:
            context = _context_score(folded) + 6 * (listed > 0)
            for token in _addresses_in(line[:_LINE_LIMIT]):
                lower = token.lower()
                if lower in ours or lower.startswith(_ROBOTS):
                    continue
                score = 1 + context + 4 * (lower in known)
                score += 3 * folded.lstrip("<>*'\"-. ").startswith(fold(token))
                score += folded.strip("<>*'\".,: ") == fold(token)
                if score > best_score:
                    best, best_score = token, score
        if _LIST_BELOW.search(folded):
            listed = _LIST_LINES
        elif folded:
            listed -= 1
    return best


def _context_score(folded: str) -> int:
    labelled = folded.startswith(_LABELS) or "rcpt to" in folded
    return 4 * labelled + 2 * (_FAILURE.search(folded) is not None)


def _addresses_in(line: str) -> Iterator[str]:
    for token in _TOKENS.split(line):
        bare = token.strip(".*=!?{}").removeprefix("mailto=").removeprefix("SMTP=")
        if "@" in bare and is_address(bare) and "." in bare.rpartition("@")[2]:
            yield bare


def is_permanent(block: Mapping[str, str], *, text: str, subject: str) -> bool:
    """False for a delay and for a status of class 4 (RFC 3463, 2).

    Without any code, a message that was given up counts as refused for good unless the words call
    the failure a passing one.
    """
    if block.get("action", "").lower().startswith("delayed"):
        return False
    for code in (block.get("status", ""), block.get("diagnostic-code", "")):
        status_class = _status_class(code)
        if status_class:
            return status_class == "5"
    title, words = fold(subject), fold_text(text)
    if _DELAYED.search(title) or _DELAYED.search(words):
        return False
    for line in text[:8192].split("\n"):
        status_class = _status_class(line[:_LINE_LIMIT])
        if status_class:
            return status_class == "5"
    return not (_TRANSIENT.search(words) or _TRANSIENT.search(title))


def _status_class(text: str) -> str | None:
    enhanced = _ENHANCED.search(text)
    if enhanced and enhanced[1] != "2":
        return enhanced[1]
    code = _REPLY_CODE.search(text)
    return code[1] if code else None
