"""A mail made again from the fields that a mail service took it apart into.

For services that do not hand over what they received. What cannot stand in a header is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from handlers.email.compose import one_line

_NAME: Final = re.compile(r"[!-9;-~]{1,100}")  # RFC 5322, 2.2
_VALUE_LIMIT: Final = 4000


def rebuilt(headers: Sequence[tuple[str, str]], *, text: str, html: str) -> bytes:
    """RFC 5322, CRLF line ends: the headers but for those of the body's form, then the body."""
    body = EmailMessage(policy=SMTP)
    body.set_content(_sound(text), cte="quoted-printable")
    if html:
        body.add_alternative(_sound(html), subtype="html", cte="quoted-printable")
        # the same mail told twice is the same bytes twice
        body.set_boundary(f"heed-{hashlib.sha256(_sound(text + html).encode()).hexdigest()[:40]}")
    lines = [f"{name}: {value}" for name, value in map(_header, headers) if name and value]
    head = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")
    return head + body.as_bytes()


def _header(given: tuple[str, str]) -> tuple[str, str]:
    """As it came, on one line: the reader decodes words and takes bare UTF-8 too (RFC 6532)."""
    name, value = given
    formed = name.lower().startswith("content-") or name.lower() == "mime-version"
    if formed or not _NAME.fullmatch(name):
        return "", ""
    return name, one_line(value, limit=_VALUE_LIMIT)


def _sound(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
