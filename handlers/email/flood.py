"""How many unproved stops may come from one source before somebody looks.

A From that nobody vouches for may suppress, for stopping is the safe error; but whoever forges one
mail can forge a list of them. Stops of one source and hour share a batch, which an admin can take
back as a whole; above the limit they are only held (docs/email.md).
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b32encode
from collections import Counter
from datetime import datetime
from hashlib import blake2b
from threading import Lock
from typing import Final

from handlers.email.decoding import header_text
from handlers.email.mime import parse

ALL: Final = "*"
TOTAL: Final = 50
"""All sources together may bring this many times what one may: a botnet has many."""
_CLIENT: Final = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]")
_HEADER_LIMIT: Final = 1_000
_LOCAL: Final = [
    ipaddress.ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
]


class Flood:
    """Counts in this process, by the hour. `cap` 0: no limit. `key` makes batch ids unguessable."""

    def __init__(self, cap: int, key: bytes) -> None:
        self._cap = cap
        self._key = key
        self._hour = ""
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def batch(self, source: str, now: datetime) -> str:
        """The name that the stops of this source and hour share, in every process."""
        hour = f"{now:%Y%m%d%H}"
        mark = blake2b(f"{hour} {source}".encode(), key=self._key, digest_size=5).digest()
        return f"{hour}-{b32encode(mark).decode().lower()}"

    def over(self, source: str, now: datetime) -> int:
        """How many above the limit the next one is; 0 within it."""
        if not self._cap:
            return 0
        with self._lock:
            self._turn(now)
            here = self._counts[source] + 1 - self._cap
            everywhere = self._counts[ALL] + 1 - self._cap * TOTAL
        return max(0, here, everywhere)

    def note(self, source: str, now: datetime) -> None:
        """One more stop came from there."""
        with self._lock:
            self._turn(now)
            self._counts[source] += 1
            self._counts[ALL] += 1

    def _turn(self, now: datetime) -> None:
        hour = f"{now:%Y%m%d%H}"
        if hour != self._hour:
            self._hour = hour
            self._counts.clear()


def source_of(raw: bytes, peer: str, *, trusted: bool) -> str:
    """The network that a mail came from: the peer, or behind an MTA of ours whom that took it from.

    Only the topmost Received is looked at: it is our own MTA's, the others are anybody's.
    """
    if not trusted and _network(peer, ours=False):
        return _network(peer, ours=False)
    top = next((value for name, value in parse(raw)[0].headers if name == "received"), b"")
    found = _CLIENT.search(header_text(top)[:_HEADER_LIMIT])
    return (_network(found[1], ours=True) if found else "") or peer or "unknown"


def is_local(peer: str) -> bool:
    """Whether it is on a network of ours, or no IP address: what it brings came from elsewhere."""
    return not _network(peer, ours=False)


def _network(spelled: str, *, ours: bool) -> str:
    """Its /24 or /64. A peer on a private network is an MTA of ours, whatever the settings say."""
    try:
        address = ipaddress.ip_address(spelled)
    except ValueError:
        return ""
    if not ours and any(address in network for network in _LOCAL):
        return ""
    bits = 24 if address.version == 4 else 64  # noqa: PLR2004
    return str(ipaddress.ip_network((address, bits), strict=False))
