"""May this mail be answered automatically? Every sign against it counts (RFC 3834, 2 and 7).

What kind of mail it is was decided elsewhere; a person's own mail may come by a list, or ask for no
answer. It is read like any other, and only our answer stays away.
"""

from __future__ import annotations

from typing import Final

from handlers.email.machine import auto_submitted, is_loop, is_machine_address, wants_no_answer
from handlers.email.mime import parse
from handlers.email.rcpt import base_mailbox

_BULK: Final = frozenset({"list", "bulk", "junk", "auto_reply"})
_ROBOTS: Final = ("-request", "-bounces", "-confirm", "-owner")


def is_answerable(raw: bytes, mail_from: str, *, mailboxes: frozenset[str], tag: str) -> bool:
    """False where an automatic answer could meet a robot, a list, or ourselves.

    `mailboxes` are our own, in lower case and without tokens; `tag` is our X-Heed-Loop.
    """
    root = parse(raw)[0]
    local = mail_from.rpartition("@")[0].lower()
    return not (
        not mail_from
        or is_machine_address(mail_from)
        or local.startswith("owner-")
        or local.endswith(_ROBOTS)
        or base_mailbox(mail_from) in mailboxes
        or auto_submitted(root) not in ("", "no")
        or any(name.startswith("list-") for name, _ in root.headers)
        or any(_precedence(value) in _BULK for value in root.all("precedence"))
        or wants_no_answer(root)
        or is_loop(root, tags=frozenset(filter(None, [tag])), own_addresses=mailboxes)
    )


def _precedence(value: str) -> str:
    return value.strip().lower()
