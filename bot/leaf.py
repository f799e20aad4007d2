"""What a ledger entry's leaf is made of, so that it can be checked without the database.

    commitment = HMAC-SHA-256(nonce, plaintext)      nonce: 32 random bytes of this entry alone
    leaf       = SHA-256(fields)                     over the encrypted form and the leaf before

The plaintext is the address, the facts and the words. The commitment is stored, the nonce is not:
it lies encrypted with the words. Whoever holds the database but no keys cannot test a guess at the
words; once the key is destroyed nobody can, and the leaf still verifies. A proof discloses the
nonce (`docs/decisions/0004-the-nonce-is-hidden.md`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.model import Address, Json

NONCE_BYTES = 32
_SPELL = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_LEAF = b"heed-leaf-1"
_PLAINTEXT = b"heed-plaintext-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafFields:
    """All that a leaf covers, as stored. `prev_leaf` is empty for the first entry of an address.

    `addr` is the address's keyed hash; times are microseconds since 1970, UTC.
    """

    addr: bytes
    number: int
    id: str
    kind: str
    channel: str
    message_id: str
    scope: str | None
    recorded_at: int
    effective_at: int
    facts_ct: bytes
    words_ct: bytes
    commitment: bytes
    prev_leaf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The plaintext of an entry; with the nonce it can be checked against the commitment."""

    nonce: bytes
    facts: bytes
    words: bytes


def facts_json(facts: Mapping[str, Json]) -> bytes:
    """The one spelling of facts: sorted keys, ASCII, no spaces."""
    return _SPELL(facts).encode()


def commitment(nonce: bytes, address: Address, facts: bytes, words: bytes) -> bytes:
    """Binds the plaintext, and whose it is, without telling either."""
    return hmac.digest(
        nonce,
        joined(
            _PLAINTEXT,
            address.channel.encode(),
            address.value.encode("utf-8", "surrogatepass"),
            facts,
            words,
        ),
        "sha256",
    )


def leaf(fields: LeafFields) -> bytes:
    """The 32 bytes that stand for the entry in the next leaf and in a seal."""
    scope = b"" if fields.scope is None else b"=" + fields.scope.encode()
    return hashlib.sha256(
        joined(
            _LEAF,
            fields.addr,
            integer(fields.number),
            fields.id.encode(),
            fields.kind.encode(),
            fields.channel.encode(),
            fields.message_id.encode(),
            scope,
            integer(fields.recorded_at),
            integer(fields.effective_at),
            fields.facts_ct,
            fields.words_ct,
            fields.commitment,
            fields.prev_leaf,
        )
    ).digest()


def joined(*parts: bytes) -> bytes:
    """Each part with its length before it: no two lists of parts spell the same."""
    pieces: list[bytes] = []
    for part in parts:
        pieces += (len(part).to_bytes(4, "big"), part)
    return b"".join(pieces)


def integer(value: int) -> bytes:
    """Eight bytes, big-endian, signed."""
    return value.to_bytes(8, "big", signed=True)
