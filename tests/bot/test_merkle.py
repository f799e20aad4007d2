"""Merkle trees as RFC 6962 and RFC 9162 define them, by the inputs that CT's own tests publish."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import merkle

INPUTS = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
leaves = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    assert merkle.root(INPUTS[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_the_published_inclusion_proofs(index: int, size: int, path: list[str]) -> None:
    proof = [bytes.fromhex(one) for one in path]
    assert list(merkle.path(merkle.levels(INPUTS[:size]), index)) == proof
    found = merkle.root_of(INPUTS[index], index, size, proof)
    assert found is not None
    assert found.hex() == ROOTS[size]


def by_the_book(entries: list[bytes]) -> bytes:
    """The definition of RFC 9162, 2.1.1, word for word: split at the largest power of two."""
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    left, right = by_the_book(entries[:split]), by_the_book(entries[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


@given(leaves)
def test_level_by_level_is_the_tree_of_the_definition(entries: list[bytes]) -> None:
    assert merkle.root(entries) == by_the_book(entries)


@given(leaves, st.data())
def test_every_leaf_is_proved_at_its_own_place_only(
    entries: list[bytes], data: st.DataObject
) -> None:
    size = len(entries)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.path(merkle.levels(entries), index)
    root = merkle.root(entries)
    assert merkle.root_of(entries[index], index, size, proof) == root
    other = data.draw(st.integers(-2, size + 2).filter(lambda one: one != index))
    if not (0 <= other < size and entries[other] == entries[index]):
        assert merkle.root_of(entries[index], other, size, proof) != root
    assert merkle.root_of(entries[index] + b"x", index, size, proof) != root
    assert merkle.root_of(entries[index], index, size, [*proof, b"x" * 32]) != root
    if proof:
        assert merkle.root_of(entries[index], index, size, proof[:-1]) != root


@given(leaves, st.data())
def test_replaced_leaves_make_the_tree_that_one_would_build_anew(
    entries: list[bytes], data: st.DataObject
) -> None:
    places = st.integers(0, len(entries) - 1)
    new = data.draw(st.dictionaries(places, st.binary(max_size=40)))
    tree = merkle.levels(entries)
    merkle.replace(tree, new)
    assert tree == merkle.levels([new.get(n, entry) for n, entry in enumerate(entries)])
