"""Seals and proofs as JSON documents, there and back. `docs/proof.md` explains the fields."""

from __future__ import annotations

import base64
import json

from bot.leaf import NONCE_BYTES, Disclosure, LeafFields, facts_json
from bot.model import Address, Channel, Json
from bot.proof import Inclusion, Proof, ProofEntry
from bot.seal import HASH_BYTES, KEY_BYTES, SIGNATURE_BYTES, Item, Seal
from bot.strict_json import Fields, Malformed, spelt_moment

SEAL_FORMAT, PROOF_FORMAT = "heed-seal-1", "heed-proof-1"
ADDR_BYTES = 16


def seal_document(seal: Seal) -> dict[str, Json]:
    return {"format": SEAL_FORMAT, **_seal(seal)}


def read_seal(document: Json) -> Seal:
    """The seal that `seal_document` spelt.

    Raises:
        Malformed: it is none.
    """
    fields = _of_format(document, "the seal", SEAL_FORMAT)
    return _read_seal(fields)


def proof_document(proof: Proof) -> dict[str, Json]:
    address = proof.address
    return {
        "format": PROOF_FORMAT,
        "address": (
            None if address is None else {"channel": str(address.channel), "value": address.value}
        ),
        "address_hash": proof.addr.hex(),
        "entries": [_entry(entry) for entry in proof.entries],
        "anchor": proof.anchor,
        "seals": [_seal(seal) for seal in proof.seals],
        "shelf": {
            "items": [_item(item) for item in proof.shelf],
            "path": [one.hex() for one in proof.shelf_path],
        },
        "not_proved": dict(proof.notes),
    }


def read_proof(document: Json) -> Proof:
    """The proof that `proof_document` spelt; nothing in it is checked yet.

    Raises:
        Malformed: it is none.
    """
    fields = _of_format(document, "the proof", PROOF_FORMAT)
    addr = fields.octets("address_hash", ADDR_BYTES)
    shelf = Fields(fields.take("shelf"), "shelf")
    proof = Proof(
        address=_read_address(fields.part("address")),
        addr=addr,
        entries=tuple(_read_entry(one, addr) for one in fields.parts("entries")),
        anchor=fields.whole("anchor"),
        seals=tuple(_read_seal(one) for one in fields.parts("seals")),
        shelf=tuple(_read_item(one) for one in shelf.parts("items")),
        shelf_path=shelf.octets_list("path", HASH_BYTES),
        notes=fields.object("not_proved"),
    )
    shelf.done()
    fields.done()
    return proof


def _of_format(document: Json, where: str, expected: str) -> Fields:
    fields = Fields(document, where)
    if fields.text("format") != expected:
        raise Malformed(f"{where} is not of the format {expected}")
    return fields


# --- seals ---------------------------------------------------------------------------------------


def _seal(seal: Seal) -> dict[str, Json]:
    return {
        "number": seal.number,
        "sealed_at": spelt_moment(seal.sealed_at),
        "size": seal.size,
        "total": seal.total,
        "root": seal.root.hex(),
        "register": seal.register.hex(),
        "prev": seal.prev.hex(),
        "back": seal.back.hex(),
        "key": seal.key.hex(),
        "signature": seal.signature.hex(),
    }


def _read_seal(fields: Fields) -> Seal:
    seal = Seal(
        number=fields.whole("number"),
        sealed_at=fields.moment("sealed_at"),
        size=fields.whole("size"),
        total=fields.whole("total"),
        root=fields.octets("root", HASH_BYTES),
        register=fields.octets("register", HASH_BYTES),
        prev=fields.octets("prev", HASH_BYTES),
        back=fields.octets("back", HASH_BYTES),
        key=fields.octets("key", KEY_BYTES),
        signature=fields.octets("signature", SIGNATURE_BYTES),
    )
    fields.done()
    return seal


# --- entries -------------------------------------------------------------------------------------


def _entry(entry: ProofEntry) -> dict[str, Json]:
    fields, reads, sealed = entry.fields, entry.reads, entry.sealed
    return {
        "number": fields.number,
        "id": fields.id,
        "kind": fields.kind,
        "channel": fields.channel,
        "message_id": fields.message_id,
        "scope": fields.scope,
        "recorded_at": spelt_moment(fields.recorded_at),
        "effective_at": spelt_moment(fields.effective_at),
        "reads": None
        if reads is None
        else {
            "words": reads.words.decode("utf-8", "surrogatepass"),
            "facts": json.loads(reads.facts),
            "nonce": reads.nonce.hex(),
        },
        "stored": {
            "facts": base64.b64encode(fields.facts_ct).decode(),
            "words": base64.b64encode(fields.words_ct).decode(),
            "commitment": fields.commitment.hex(),
            "prev_leaf": fields.prev_leaf.hex(),
            "leaf": entry.leaf.hex(),
        },
        "sealed": None
        if sealed is None
        else {
            "seal": sealed.seal,
            "position": sealed.position,
            "path": [one.hex() for one in sealed.path],
        },
    }


def _read_entry(fields: Fields, addr: bytes) -> ProofEntry:
    scope = fields.take("scope")
    if scope is not None and not (isinstance(scope, str) and scope.isprintable()):
        raise Malformed("a scope is neither text nor null")
    stored = Fields(fields.take("stored"), "stored")
    entry = ProofEntry(
        fields=LeafFields(
            addr=addr,
            number=fields.whole("number"),
            id=fields.text("id"),
            kind=fields.text("kind"),
            channel=fields.text("channel"),
            message_id=fields.text("message_id"),
            scope=scope,
            recorded_at=fields.moment("recorded_at"),
            effective_at=fields.moment("effective_at"),
            facts_ct=stored.sealed("facts"),
            words_ct=stored.sealed("words"),
            commitment=stored.octets("commitment", HASH_BYTES),
            prev_leaf=stored.octets("prev_leaf", 0, HASH_BYTES),
        ),
        leaf=stored.octets("leaf", HASH_BYTES),
        reads=_read_disclosure(fields.part("reads")),
        sealed=_read_inclusion(fields.part("sealed")),
    )
    stored.done()
    fields.done()
    return entry


def _read_disclosure(fields: Fields | None) -> Disclosure | None:
    if fields is None:
        return None
    found = Disclosure(
        nonce=fields.octets("nonce", NONCE_BYTES),
        facts=facts_json(fields.object("facts")),
        words=fields.any_text("words").encode("utf-8", "surrogatepass"),
    )
    fields.done()
    return found


def _read_inclusion(fields: Fields | None) -> Inclusion | None:
    if fields is None:
        return None
    found = Inclusion(
        seal=fields.whole("seal"),
        position=fields.whole("position"),
        path=fields.octets_list("path", HASH_BYTES),
    )
    fields.done()
    return found


def _read_address(fields: Fields | None) -> Address | None:
    if fields is None:
        return None
    channel = fields.text("channel")
    if channel not in set(Channel):
        raise Malformed("the address is of an unknown channel")
    found = Address(channel=Channel(channel), value=fields.any_text("value"))
    fields.done()
    return found


def _item(item: Item) -> dict[str, Json]:
    return {"address_hash": item.addr.hex(), "number": item.number, "leaf": item.leaf.hex()}


def _read_item(fields: Fields) -> Item:
    item = Item(
        addr=fields.octets("address_hash", ADDR_BYTES),
        number=fields.whole("number"),
        leaf=fields.octets("leaf", HASH_BYTES),
    )
    fields.done()
    return item
