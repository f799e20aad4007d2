"""What a provider must be able to do. One file under `handlers/providers/` is one provider.

Verify, parse, respond are three moves in that order; `handlers/web/webhooks.py` makes them, so no
provider can forget one. The error class tells the other side what to do next
(`handlers/outcomes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bot.model import Inbound
from handlers.receipt import Receipt
from storage.rows import OutboxItem


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A webhook request as it came; header names are lower case.

    `url` is the signed URL: configured public origin, path and raw query, never Host or
    X-Forwarded-*.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    content_type: str
    received_at: datetime

    def with_headers(self, headers: Mapping[str, str]) -> RawRequest:
        """The same request with further headers, as a signer adds them."""
        return replace(self, headers={**self.headers, **headers})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Unverified(Exception):  # noqa: N818 - it names what the request is
    """Signature missing or wrong: 403, nothing stored. `reason` is a short code for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Malformed(Exception):  # noqa: N818
    """Verified, but unreadable: kept for a person, answered with success. Names the field."""


class Unsupported(Exception):  # noqa: N818
    """Verified and understood as nothing of ours (a receipt, a new event): counted, success."""


class ComeAgain(Exception):  # noqa: N818
    """Verified, and what it points at cannot be had now: 503, nothing stored. Names why."""


class SendError(Exception):
    """The provider answered no. A permanent refusal is parked; else it is tried again.

    `block` is set where the refusal means that the person has opted out at the provider,
    `of_sender` where that is about the marketing of this one sender.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool,
        retry_after: timedelta | None = None,
        block: bool = False,
        of_sender: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        self.retry_after = retry_after
        self.block = block
        self.of_sender = of_sender


class OutcomeUnknown(Exception):  # noqa: N818
    """No answer came: it may have been sent. Never repeated for a message to a person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Speaker(Protocol):
    """Sends what the outbox holds for one channel or provider."""

    def send(self, item: OutboxItem) -> str:
        """Send once and return the provider's id.

        Raises:
            SendError: it was refused.
            OutcomeUnknown: nobody can say.
        """


class Provider(Speaker, Protocol):
    """Both ends of one messaging provider."""

    name: str

    def verify(self, request: RawRequest) -> None:
        """Check the signature over the raw bytes.

        Raises:
            Unverified: it is missing or wrong.
        """

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        """What the request says, in the normal form.

        Raises:
            Malformed: a field is missing or unreadable.
            Unsupported: it is nothing that concerns us.
        """

    def respond(self, receipts: Sequence[Receipt]) -> HttpAnswer:
        """The answer after the commit, with the confirmation inside where it goes inline."""


class AnswersByApi:
    """A provider that takes no answer in the response: confirmations go out over the outbox."""

    def respond(self, receipts: Sequence[Receipt]) -> HttpAnswer:
        """See `Provider`."""
        del receipts
        return HttpAnswer(status=200)


@runtime_checkable
class Greeter(Protocol):
    """A provider that first asks, by GET, whether this address is ours."""

    def greet(self, request: RawRequest) -> HttpAnswer:
        """The answer it waits for.

        Raises:
            Unverified: it does not know our secret.
        """
