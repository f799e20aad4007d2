"""Tokens that name a person and a list in a link or a mailbox, and that nobody else can make.

A token is 50 lower-case letters and digits, so that it survives whoever lower-cases addresses and,
behind `unsubscribe+`, stays within the 64 octets of a local part (RFC 5321 4.5.3.1.1). It holds the
address's keyed look-up hash and a mark of the list, never the address. It has no end: people
unsubscribe from old mail. A token whose purpose ends (undo, lift ...) carries when it was made,
and is 7 signs longer.
"""

from __future__ import annotations

import hmac
from base64 import b32decode, b32encode
from binascii import Error as NoBase32
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

HASH_BYTES = 16
LIST_BYTES = 4
MAC_BYTES = 10
_VERSION = 1
_TIME_BYTES = 4
_LONGEST = 80
_MINUTE = 60


class Purpose(StrEnum):
    """What a token is good for; one made for another purpose does not open here."""

    MAILTO = "mailto"
    HTTPS = "https"
    VERP = "verp"
    MESSAGE_ID = "message-id"
    UNDO = "undo"
    LIFT = "lift"
    REASON = "reason"  # why; the name is the entry of the stop
    DECIDE = "decide"  # a review; the name is the review's


LIFETIMES = {
    Purpose.UNDO: timedelta(hours=24),
    Purpose.LIFT: timedelta(minutes=30),
    Purpose.REASON: timedelta(days=30),
    Purpose.DECIDE: timedelta(days=3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a valid token says. `made_at` only where the purpose ends."""

    purpose: Purpose
    addr: bytes
    list_mark: bytes
    made_at: datetime | None = None


def list_mark(name: str) -> bytes:
    """Four bytes that stand for a topic or program; the empty name for all of the channel."""
    return blake2b(name.encode(), digest_size=LIST_BYTES, person=b"heed-list").digest()


def list_named(mark: bytes, names: Iterable[str]) -> str | None:
    """Which of the names has this mark; None where the list no longer exists."""
    return next((name for name in names if list_mark(name) == mark), None)


def make(key: bytes, purpose: Purpose, addr: bytes, list_name: str, now: datetime) -> str:
    """A token for the address with this look-up hash (16 bytes)."""
    body = bytes([_VERSION]) + addr + list_mark(list_name)
    if purpose in LIFETIMES:
        body += int(now.timestamp() // _MINUTE).to_bytes(_TIME_BYTES, "big")
    return b32encode(body + _mac(key, purpose, body)).decode().rstrip("=").lower()


def read(
    keys: Sequence[bytes], text: str, purposes: Sequence[Purpose], now: datetime
) -> Token | None:
    """What a token says, if one of the keys made it for one of the purposes and it still holds."""
    raw = _bytes(text)
    found: Token | None = None
    for purpose in purposes:
        size = 1 + HASH_BYTES + LIST_BYTES + (_TIME_BYTES if purpose in LIFETIMES else 0)
        if len(raw) != size + MAC_BYTES or raw[0] != _VERSION:
            continue
        body, mac = raw[:size], raw[size:]
        if any([hmac.compare_digest(mac, _mac(key, purpose, body)) for key in keys]):  # noqa: C419 - every key, whichever fits: the time tells nothing
            found = _token(purpose, body)
    if found is None or found.made_at is None:
        return found
    age = now - found.made_at
    return found if timedelta(minutes=-1) <= age <= LIFETIMES[found.purpose] else None


def _token(purpose: Purpose, body: bytes) -> Token:
    ends = 1 + HASH_BYTES
    made = body[ends + LIST_BYTES :]
    minutes = int.from_bytes(made, "big")
    return Token(
        purpose=purpose,
        addr=body[1:ends],
        list_mark=body[ends : ends + LIST_BYTES],
        made_at=datetime.fromtimestamp(minutes * _MINUTE, UTC) if made else None,
    )


def _bytes(text: str) -> bytes:
    """The decoded token; nothing where it is none."""
    if not text.isascii() or len(text) > _LONGEST:
        return b""
    signs = text.strip().upper()
    try:
        raw = b32decode(signs + "=" * (-len(signs) % 8))
    except NoBase32:
        return b""
    # base32 leaves bits unused at the end: only the one canonical spelling counts
    return raw if b32encode(raw).decode().rstrip("=") == signs else b""


def _mac(key: bytes, purpose: Purpose, body: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + body, "sha256")[:MAC_BYTES]
