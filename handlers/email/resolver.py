"""Looks names up in the DNS, for authentication alone; tests bring a table instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import dns.exception
import dns.resolver

LOOKUP_S: Final = 3.0


class NoAnswerError(Exception):
    """The DNS could not be asked; whether there is such a record, nobody can say."""


class Resolver(Protocol):
    def look_up(self, name: str, kind: str) -> Sequence[str | tuple[int, str]]:
        """The records of a name; none where there are none.

        TXT: each record's strings joined. A, AAAA, PTR: as text. MX: preference and host.

        Raises:
            NoAnswerError: the DNS could not be asked.
        """


class Dns:
    """The machine's own resolver, each look-up within three seconds."""

    def look_up(self, name: str, kind: str) -> Sequence[str | tuple[int, str]]:
        """See `Resolver`."""
        try:
            found = dns.resolver.resolve(name, kind, lifetime=LOOKUP_S)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError, ValueError):
            raise NoAnswerError from None
        match kind:
            case "TXT":
                return [b"".join(one.strings).decode("utf-8", "replace") for one in found]
            case "MX":
                return [
                    (one.preference, one.exchange.to_text(omit_final_dot=True)) for one in found
                ]
            case "PTR":
                return [one.target.to_text(omit_final_dot=True) for one in found]
            case _:
                return [one.to_text() for one in found]
