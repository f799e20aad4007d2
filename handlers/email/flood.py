"""How many unproved stops may come from one source before somebody looks.

A From that nobody vouches for may suppress, for stopping is the safe error; but whoever forges one
mail can forge a list of them. Stops of one source and hour share a batch, which an admin can take
back as a whole; above the limit they are only held (docs/email.md).
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b32encode
from datetime import datetime
from hashlib import blake2b
from typing import Final

from bot.model import Over
from handlers.email.decoding import header_text
from handlers.email.mime import parse
from storage import Session, Store
from storage.hourly import Counted

_ALL: Final = "*"
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
    """Counts by the hour, for all processes. `cap` 0: no limit.

    Several mails at once see the same count: about so many pass.
    """

    def __init__(self, cap: int, store: Store) -> None:
        self._cap = cap
        self._store = store

    def batch(self, source: str, now: datetime) -> str:
        """The name that the stops of this source and hour share; nobody else can guess it."""
        hour = f"{now:%Y%m%d%H}"
        key = self._store.token_key
        mark = blake2b(f"{hour} {source}".encode(), key=key, digest_size=5).digest()
        return f"{hour}-{b32encode(mark).decode().lower()}"

    def over(self, source: str, now: datetime) -> Over:
        """Whether the next one is above the limit, and whether people know that already.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        if not self._cap:
            return Over.NO

        def look(session: Session) -> Over:
            here, everywhere = session.times(Counted.UNPROVED_STOP, source, now)
            if here < self._cap and everywhere < self._cap * TOTAL:
                return Over.NO
            by = source if here >= self._cap else _ALL
            told = session.times(Counted.FLOOD_TOLD, by, now).one
            return Over.TOLD if told else Over.NEWS

        return self._store.read(look)

    def note(self, source: str, now: datetime, over: Over) -> None:
        """One more stop came from there; with `Over.NEWS` it was the one that told.

        Raises:
            StoreUnavailable: it is not counted.
        """
        if not self._cap:
            return

        def count(session: Session) -> None:
            if over is Over.NEWS:
                here = session.times(Counted.UNPROVED_STOP, source, now).one
                by = source if here >= self._cap else _ALL
                session.count(Counted.FLOOD_TOLD, by, now)
            session.count(Counted.UNPROVED_STOP, source, now)

        self._store.write(count)


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
