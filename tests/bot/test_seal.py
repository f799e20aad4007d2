"""Seals and the register: what a signature covers, and how one seal leads to every earlier one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import register
from bot.leaf import joined
from bot.register import Register
from bot.seal import (
    NOTHING,
    Item,
    Seal,
    back_of,
    broken_links,
    is_signed,
    public_key,
    signed,
    way_back,
)

KEY = b"k" * 32
BLANK = Seal(
    number=1,
    sealed_at=0,
    size=0,
    total=0,
    root=NOTHING,
    register=NOTHING,
    prev=NOTHING,
    back=NOTHING,
    key=b"",
)


def chain(length: int) -> list[Seal]:
    hashes = {0: NOTHING}
    seals = []
    for number in range(1, length + 1):
        one = replace(BLANK, number=number, prev=hashes[number - 1], back=hashes[back_of(number)])
        seals.append(signed(one, KEY))
        hashes[number] = seals[-1].hash
    return seals


def test_the_public_key_is_that_of_rfc_8032() -> None:
    """Section 7.1, test 1."""
    secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert public_key(bytes.fromhex(secret)).hex() == public


@pytest.mark.parametrize("name", Seal.__slots__)
def test_the_signature_covers_every_field(name: str) -> None:
    seal = signed(BLANK, KEY)
    assert is_signed(seal)
    value = getattr(seal, name)
    other = value + 1 if isinstance(value, int) else value[:-1] + bytes([value[-1] ^ 1])
    changed = replace(seal, **{name: other})  # type: ignore[arg-type]
    assert not is_signed(changed)
    assert changed.hash != seal.hash


@pytest.mark.parametrize("key", [b"", b"short", b"\xff" * 32])
def test_what_is_no_key_has_signed_nothing(key: bytes) -> None:
    assert not is_signed(replace(signed(BLANK, KEY), key=key))
    assert not is_signed(replace(signed(BLANK, KEY), signature=b""))


@given(st.integers(1, 1 << 40), st.data())
def test_the_way_back_is_short_and_follows_the_links(start: int, data: st.DataObject) -> None:
    to = data.draw(st.integers(1, start))
    way = way_back(start, to)
    assert (way[0], way[-1]) == (start, to)
    assert all(b in (a - 1, back_of(a)) for a, b in pairwise(way))
    assert len(way) <= start.bit_length() ** 2 + 2


@given(st.integers(1, 40), st.data())
def test_every_earlier_seal_is_tied_to_a_later_one(length: int, data: st.DataObject) -> None:
    seals = chain(length)
    to = data.draw(st.integers(1, length))
    way = [seals[number - 1] for number in way_back(length, to)]
    assert broken_links(way, seals[-1]) == []
    broken = data.draw(st.sampled_from(way))
    other = signed(replace(broken, sealed_at=1), KEY)
    made = [other if one is broken else one for one in way]
    anchor = other if broken is seals[-1] else seals[-1]
    assert (broken_links(made, anchor) == []) == (broken is seals[-1])


def test_two_histories_under_one_seal_show() -> None:
    """`back` and the way by `prev` must lead to the same seal."""
    seals = chain(3)
    other = signed(replace(seals[1], sealed_at=1), KEY)
    third = signed(replace(seals[2], prev=other.hash, back=seals[1].hash), KEY)
    assert broken_links([third], third) == [3]


@given(st.binary(min_size=16, max_size=16))
def test_the_bounds_of_a_shelf_hold_its_addresses(addr: bytes) -> None:
    shelf = register.shelf_of(addr)
    assert 0 <= shelf < register.SHELVES
    first, after = register.bounds(shelf)
    assert first <= addr < after
    if shelf:
        assert register.bounds(shelf - 1)[1] == first


items = st.lists(
    st.builds(
        Item,
        addr=st.sampled_from(
            [b"\0" * 16, b"\0\x0f" + b"x" * 14, b"\0\x10" + b"x" * 14, b"\xff" * 16]
        ),
        number=st.integers(1, 9),
        leaf=st.binary(min_size=32, max_size=32),
    ),
    max_size=20,
)


@given(items, st.integers(0, 20))
def test_the_register_is_the_same_in_whatever_batches_it_grew(given_: list[Item], cut: int) -> None:
    at_once, in_two = Register({}), Register({})
    at_once.add(given_)
    in_two.add(given_[:cut])
    in_two.add(given_[cut:])
    again = Register(in_two.shelves)
    assert at_once.root == in_two.root == again.root


@given(items, st.data())
def test_a_shelf_is_shown_whole_or_not_at_all(given_: list[Item], data: st.DataObject) -> None:
    whole = Register({})
    whole.add(given_)
    shelf = data.draw(st.sampled_from([0, 1, register.SHELVES - 1]))
    kept = [item for item in given_ if register.shelf_of(item.addr) == shelf]
    path = whole.path(shelf)
    assert register.leads_to(whole.root, shelf, kept, path)
    assert not register.leads_to(whole.root, shelf, [*kept, Item(b"x" * 16, 1, NOTHING)], path)
    if kept:
        assert not register.leads_to(whole.root, shelf, kept[:-1], path)
        assert not register.leads_to(whole.root, shelf ^ 1, kept, path)


def test_the_hash_of_a_seal_is_as_documented() -> None:
    seal = signed(BLANK, KEY)
    statement = joined(
        b"heed-seal-1",
        *(
            getattr(seal, name).to_bytes(8, "big")
            for name in ("number", "sealed_at", "size", "total")
        ),
        *(getattr(seal, name) for name in ("root", "register", "prev", "back", "key")),
    )
    assert seal.hash == hashlib.sha256(joined(statement, seal.signature)).digest()
