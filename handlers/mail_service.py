"""What a mail service tells of the mail it sends or takes for us, in one form for all of them.

A service only tells; what Heed answers goes out through the relay. `handlers/mail_intake.py` turns
what is told into inbound messages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from handlers.payload import Payload
from handlers.ports import RawRequest


class Happening(StrEnum):
    UNSUBSCRIBED = "unsubscribed"  # by the service's own link; the service has shown its page
    COMPLAINED = "complained"
    BOUNCED = "bounced"  # for good: nobody will be reached there
    DELAYED = "delayed"  # also what was refused for now, or for the sender's sake


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEvent:
    """One thing that happened to one address.

    `list_name` is the service's own name of the list that was left, empty for all mail. `told` is
    what the service said, for a person where `address` cannot be read.
    """

    happening: Happening
    address: str
    event_id: str
    told: str = field(repr=False)
    occurred_at: datetime | None = None
    list_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """A mail that the service took for us. `vouched`: it saw DMARC pass for the From domain."""

    raw: bytes = field(repr=False)
    mail_from: str
    recipients: tuple[str, ...]
    vouched: bool = False


class MailService(Protocol):
    name: str

    def verify(self, request: RawRequest) -> None:
        """Check over the raw bytes who sent it.

        Raises:
            Unverified: the signature or password is missing or wrong.
        """

    def parse(self, request: RawRequest) -> Sequence[MailEvent | ReceivedMail]:
        """What the request tells; what is no concern of ours is left out.

        Raises:
            Malformed: it cannot be read.
            Unsupported: it tells nothing that concerns us.
            ComeAgain: the mail that it points at cannot be fetched now.
        """


def event(
    happening: Happening,
    told: Payload,
    address: str,
    *,
    event_id: str,
    occurred_at: datetime | None = None,
    list_name: str = "",
) -> MailEvent:
    return MailEvent(
        happening=happening,
        address=address,
        event_id=event_id,
        told=json.dumps(told.value, ensure_ascii=False),
        occurred_at=occurred_at,
        list_name=list_name,
    )


def made_id(*parts: str) -> str:
    """An id for an event that came without: what is told again is the same again."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
