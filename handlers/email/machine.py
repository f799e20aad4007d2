"""Was it a person? The signs that a program answered, by header first and by subject last.

`X-Auto-Response-Suppress` is not among them: it asks *us* for no automatic answer, and people's
mail carries it too. Nor is `Precedence: list` or `bulk` alone: gateways put it on people's mail.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from bot.quoted_lines import fold
from handlers.email.decoding import addresses
from handlers.email.mime import Part

HOPS_LIMIT: Final = 50  # Postfix's hopcount_limit; RFC 5321, 6.3 asks for a limit
LOOP_HEADER: Final = "X-Heed-Loop"

_DATA: Final = tomllib.loads(Path(__file__).with_name("machine.toml").read_text(encoding="utf-8"))
_PRESENT: Final = frozenset(_DATA["headers"]["present"])
_VALUES: Final = tuple((name, value) for name, value in _DATA["headers"]["values"])
_MACHINES: Final = frozenset(_DATA["senders"]["machines"])
_REPLY: Final = re.compile(
    rf"(?:(?:{'|'.join(map(re.escape, _DATA['subjects']['replies']))})(?:\[\d+\])? ?: ?)+"
)
_BRACKETS: Final = " [](){}【】〔〕<>*-#!"
_PREFIXES: Final = tuple(fold(prefix) for prefix in _DATA["subjects"]["prefixes"])
_FIRST_ONLY: Final = tuple(_DATA["subjects"]["first_only"])
_ANYWHERE: Final = tuple(_DATA["subjects"]["anywhere"])
_SUPPRESS: Final = frozenset({"all", "autoreply", "oof"})


def auto_submitted(root: Part) -> str:
    """The first token of Auto-Submitted, in lower case; parameters and comments are ignored."""
    value = root.get("auto-submitted").split(";", 1)[0].split("(", 1)[0]
    return value.strip().lower()


def is_apple_unsubscribe(root: Part) -> bool:
    """Apple's Mail unsubscribes with a generated mail: the tap on the button was a person's."""
    return root.has("x-apple-unsubscribe")


def is_machine(root: Part, *, subject: str, from_address: str, threaded_quote: bool) -> bool:
    """True if a program wrote it.

    `threaded_quote` says that the mail quotes another: then "Re: Out of office" is the subject of
    a conversation and no sign. So it is below an In-Reply-To, for a program that sets one marks its
    mail as well (RFC 3834, 3.1).
    """
    return (
        auto_submitted(root) not in {"", "no"}
        or any(root.has(name) for name in _PRESENT)
        or any(_begins(root, name, value) for name, value in _VALUES)
        or has_null_sender(root)
        or is_machine_address(from_address)
        or _is_list_robot(root, from_address)
        or is_machine_subject(subject, quotes=threaded_quote, answers=_answers(root))
    )


def _begins(root: Part, name: str, value: str) -> bool:
    return any(text.lower().startswith(value) for text in root.all(name))


def has_null_sender(root: Part) -> bool:
    """True if the delivering server recorded the reverse path `<>` (RFC 5321, 4.5.5)."""
    return root.get("return-path").replace(" ", "") == "<>"


def is_machine_address(address: str) -> bool:
    """True for mailer-daemon, no-reply and their like."""
    local = re.sub(r"[-_.]", "", address.rpartition("@")[0].split("+", 1)[0].lower())
    return local in _MACHINES


def _is_list_robot(root: Part, address: str) -> bool:
    local = address.rpartition("@")[0].lower()
    robot = local.endswith(("-request", "-bounces", "-confirm")) or local.startswith("owner-")
    return robot and (root.has("list-id") or root.has("precedence"))


def _answers(root: Part) -> bool:
    return root.has("in-reply-to") or root.has("references")


def is_machine_subject(subject: str, *, quotes: bool, answers: bool) -> bool:
    """A weak sign, and often the only one: "Abwesenheitsnotiz: ..." (`machine.toml`)."""
    folded = fold(subject)
    bare = folded.lstrip(_BRACKETS)
    if bare.startswith((*_PREFIXES, *_FIRST_ONLY)):
        return True
    if quotes:
        return False
    reply = _REPLY.match(folded)
    if reply and not answers and folded[reply.end() :].lstrip(_BRACKETS).startswith(_PREFIXES):
        return True
    return any(phrase in folded for phrase in _ANYWHERE)


def wants_no_answer(root: Part) -> bool:
    """True if the sender's system asked for no automatic answer."""
    values = ",".join(root.all("x-auto-response-suppress")).lower().split(",")
    return any(value.strip() in _SUPPRESS for value in values)


def is_loop(root: Part, *, tags: frozenset[str], own_addresses: frozenset[str]) -> bool:
    """True if the mail is our own come back: our mark, our From, or too many hops.

    `tags` are the values of X-Heed-Loop that we send; `own_addresses` are in lower case.
    """
    marked = any(value in tags for value in root.all(LOOP_HEADER))
    ours = any(address.lower() in own_addresses for address in addresses(root.all("from")))
    return marked or ours or len(root.all("received")) > HOPS_LIMIT
