"""Does a bounce say that nobody will ever be reached there?

Only then is the address marked. A refusal by policy (status 5.7.x: a blocked server, content, a
missing signature) is about the sender, and says nothing of the person (RFC 3463, 3.8).
"""

from __future__ import annotations

import re
from typing import Final

from bot.model import MessageKind
from handlers.email.parse import ParsedMail

_HEAD: Final = 200_000  # bytes; the report stands before the mail that it returns
_STATUS: Final = re.compile(rb"^status:[ \t]{0,20}5\.7\.", re.IGNORECASE | re.MULTILINE)
_POLICY: Final = re.compile(r"\b5\.7\.\d")


def is_for_good(mail: ParsedMail, raw: bytes) -> bool:
    """True for a permanent bounce (RFC 3464, class 5) that is no refusal by policy."""
    permanent = mail.kind is MessageKind.BOUNCE and mail.permanent is True
    return permanent and _STATUS.search(raw[:_HEAD]) is None


def is_policy(diagnosis: str) -> bool:
    """Whether a server's answer, with its enhanced code, refuses the sender and not the address."""
    return _POLICY.search(diagnosis[:1000]) is not None
