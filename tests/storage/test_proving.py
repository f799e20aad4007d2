"""A proof for one address stands alone: whatever is changed in it, or left out of it, shows."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.model import Address, Channel
from bot.proof import Findings, Proof, check
from bot.proof_json import proof_document, read_proof, read_seal, seal_document
from bot.seal import Seal, public_key, signed
from bot.strict_json import Malformed
from storage import Store, StoreError
from storage.proving import assemble, past_anchor
from storage.sealer import Sealer
from tests.storage.conftest import MASTER, NOW, Place
from tests.storage.people import ANN, BOB, WORDS, stop, stop_entry


def others(count: int) -> Iterator[Address]:
    for number in range(count):
        yield Address(channel=Channel.EMAIL, value=f"p{number}@example.com")


def filled(store: Store) -> list[Seal]:
    """Ann speaks in seals 1, 3 and 6, once more after the last; others are in all seven."""
    sealer = Sealer(store, lambda: NOW)
    for round_, other in enumerate(others(7), start=1):
        store.write(partial(stop, name=f"o{round_}", who=other))
        if round_ in (1, 3, 6):
            store.write(partial(stop, name=f"a{round_}"))
        sealer.step()
    store.write(partial(stop, name="a8"))
    return store.read(lambda s: s.seals_after(0, 99))


def proof_of(store: Store, who: Address = ANN, published: Seal | None = None) -> Proof:
    anchor = past_anchor(store, published, lambda _: None) if published else None
    addr = store.address_hash(who)
    return store.read(lambda s: assemble(s, addr, anchor=anchor, notes={"made": "today"}))


def checked(proof: Proof, store: Store, published: Seal | None = None) -> Findings:
    """Through its JSON, as whoever receives it does."""
    document = json.loads(json.dumps(proof_document(proof)))
    read = read_proof(document)
    assert read == proof
    return check(read, key=public_key(store.seal_key), published=published)


def test_a_proof_shows_what_was_said_and_that_nothing_was_left_out(store: Store) -> None:
    seals = filled(store)
    proof = proof_of(store)
    findings = checked(proof, store)
    assert findings == Findings(
        faults=(), complete_to=seals[-1], later=(4,), unread=(), tardy=(), bound=True
    )
    assert [entry.reads.words.decode() for entry in proof.entries if entry.reads] == [WORDS] * 4
    assert [entry.sealed.seal for entry in proof.entries if entry.sealed] == [1, 3, 6]
    assert json.loads(json.dumps(proof_document(proof)))["not_proved"] == {"made": "today"}


def test_a_proof_can_be_anchored_in_the_seal_that_somebody_kept(store: Store) -> None:
    seals = filled(store)
    for published in seals:
        kept = read_seal(json.loads(json.dumps(seal_document(published))))
        findings = checked(proof_of(store, published=kept), store, kept)
        assert findings.faults == ()
        assert findings.complete_to == published
        until = [n for n, seal in enumerate((1, 3, 6, 99), start=1) if seal <= published.number]
        assert findings.later == tuple(n for n in range(1, 5) if n not in until)


def test_a_proof_anchored_elsewhere_than_in_the_kept_seal_is_refused(store: Store) -> None:
    seals = filled(store)
    [fault] = checked(proof_of(store), store, seals[3]).faults
    assert fault == (
        "it is anchored in seal 7, not in the published seal 4: ask for a proof made with that seal"
    )
    resigned = signed(replace(seals[-1], sealed_at=1), store.seal_key)
    assert checked(proof_of(store), store, resigned).faults == (
        "seal 7 is not the one that was published",
    )
    with pytest.raises(StoreError, match="does not have that seal"):
        past_anchor(store, resigned, lambda _: None)


def test_another_key_is_refused(store: Store) -> None:
    filled(store)
    findings = check(proof_of(store), key=b"k" * 32)
    assert "seal 7 is signed by another key" in findings.faults
    assert findings.complete_to is None


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_an_entry_left_out_shows(store: Store, gone: int) -> None:
    """Also the last ones, with all that comes after them: what a company might like to forget."""
    filled(store)
    proof = proof_of(store)
    cut = replace(proof, entries=proof.entries[:gone])
    assert f"entry {gone + 1} is sealed as another one, or left out" in checked(cut, store).faults
    ann = [item for item in proof.shelf if item.addr == proof.addr]
    hidden = replace(cut, shelf=tuple(item for item in proof.shelf if item not in ann[gone:]))
    assert "its shelf is not that of the register in seal 7" in checked(hidden, store).faults


def test_the_entries_of_somebody_else_do_not_pass_for_anns(store: Store) -> None:
    filled(store)
    bob = next(others(1))
    proof = replace(
        proof_of(store, bob), address=Address(channel=Channel.EMAIL, value="x@example.com")
    )
    assert checked(proof, store).faults == (
        "entry 1 does not read so: the address, words or facts are others",
    )


def test_what_is_not_sealed_at_all_proves_nothing(store: Store) -> None:
    store.write(lambda s: stop(s, "a"))
    assert checked(proof_of(store), store).faults == ("nothing in it is sealed",)


def test_who_was_erased_still_has_a_proof_without_words(store: Store) -> None:
    filled(store)
    store.write(lambda s: s.erase(s.hash_of(ANN)))
    proof = proof_of(store)
    findings = checked(proof, store)
    assert (findings.faults, findings.unread, findings.bound) == ((), (1, 2, 3, 4), False)
    assert proof.address is None
    assert WORDS not in json.dumps(proof_document(proof))


def test_forgotten_words_are_not_shown_and_the_rest_holds(store: Store) -> None:
    filled(store)
    store.write(lambda s: s.forget_words(s.hash_of(ANN), "e-a3"))
    findings = checked(proof_of(store), store)
    assert (findings.faults, findings.unread, findings.bound) == ((), (2,), True)


@pytest.mark.parametrize(
    "words", ["", "退订 别再发了", "half \ud83d a pair", "nul \0 and \u2028", "é" * 5000]
)
def test_any_words_come_through_unaltered(store: Store, words: str) -> None:
    def said(session: Any) -> None:
        addr = session.touch(BOB, NOW)
        session.append(addr, stop_entry(words), id="e", message_id="m", recorded_at=NOW)

    store.write(said)
    Sealer(store, lambda: NOW).step()
    proof = proof_of(store, BOB)
    assert checked(proof, store).faults == ()
    assert proof.entries[0].reads is not None
    assert proof.entries[0].reads.words.decode("utf-8", "surrogatepass") == words


def test_an_entry_that_claims_to_be_older_than_its_seal_allows_is_named(store: Store) -> None:
    """Somebody with the database could append an entry and date it back; its seal tells."""
    store.write(lambda s: stop(s, "a"))
    Sealer(store, lambda: NOW + timedelta(seconds=59)).step()
    store.write(lambda s: stop(s, "b"))
    Sealer(store, lambda: NOW + timedelta(days=700)).step()
    findings = checked(proof_of(store), store)
    assert (findings.faults, findings.tardy) == ((), (2,))


# --- tampering with every field ------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for name in value:
            if name != "not_proved":
                yield from places(value[name], (*path, name))
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from places(one, (*path, number))


def others_than(value: Any) -> Iterator[Any]:
    """Values of the same form, and some of another."""
    if isinstance(value, bool) or value is None:
        yield from (not value, "channel", 0)
    elif isinstance(value, int | float):
        yield from (value + 1, -1, 1 << 70, str(value), None)
    elif isinstance(value, str):
        at = len(value) - 2  # before the Z of a time, before the padding of base64
        flip = "1" if value[at : at + 1] != "1" else "2"
        yield from (value[:at] + flip + value[at + 1 :], value + "x", value + "0", 7)
        yield "" if value else "x"
    elif isinstance(value, list):
        yield from ([*value, *value[:1]] if value else [{}], {})
        if value:
            yield value[1:]
        if len(value) > 1:
            yield [value[1], value[0], *value[2:]]
    else:
        yield from ({**value, "more": 1}, [])
        for name in value:
            yield {key: one for key, one in value.items() if key != name}


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(document)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return made


def stands(document: Any, key: bytes) -> bool:
    try:
        return not check(read_proof(document), key=key).faults
    except Malformed:
        return False


def test_a_change_of_any_field_shows(sqlite_place: Place) -> None:
    store = sqlite_place.open(MASTER)
    filled(store)
    key = public_key(store.seal_key)
    document = proof_document(proof_of(store))
    assert stands(document, key)
    tried = 0
    for path in places(document):
        value: Any = document
        for step in path:
            value = value[step]
        for other in others_than(value):
            if other == value or (path == ("entries",) and other == value[:-1]):
                continue
            assert not stands(replaced(document, path, other), key), (path, other)
            tried += 1
    assert tried > 1000


@pytest.mark.parametrize("text", ["null", "[]", "{}", '"x"', '{"format": "heed-proof-2"}', "1e999"])
def test_what_is_no_proof_is_said_so(text: str) -> None:
    with pytest.raises(Malformed):
        read_proof(json.loads(text))
    with pytest.raises(Malformed):
        read_seal(json.loads(text))
