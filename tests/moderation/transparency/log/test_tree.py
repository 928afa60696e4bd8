"""The tree against the definitions of RFC 6962 written down naively, known values, and its cutting into tiles."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.moderation.transparency.log import merkle, tiles
from folkmoot.moderation.transparency.log.merkle import Hash, Node, is_consistent, is_included, leaf_hash
from folkmoot.moderation.transparency.log.tiles import ENTRIES, Place, Tile, parse_path, tiles_at

LEAVES = tuple(leaf_hash(b"entry %d" % number) for number in range(1100))


def naive_root(leaves: Sequence[Hash]) -> Hash:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = max(1 << bit for bit in range(20) if 1 << bit < len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: Sequence[Hash]) -> list[Hash]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = max(1 << bit for bit in range(20) if 1 << bit < len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: Sequence[Hash], whole: bool) -> list[Hash]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = max(1 << bit for bit in range(20) if 1 << bit < len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


@cache
def grown(size: int) -> dict[Place, bytes]:
    """All tiles of a tree that grew in steps."""
    found: dict[Place, bytes] = {}
    at = 0
    for step in (1, 2, 255, 3, 300, 256, 1, 500):
        leaves = LEAVES[at : min(at + step, size)]
        found |= tiles.grow(at, found, leaves)
        at += len(leaves)
    return found


def lookup(size: int) -> merkle.Lookup:
    return tiles.lookup_in(grown(size))


def test_hashes_are_those_of_the_rfc() -> None:
    # The test vectors of certificate transparency's own tests (certificate-transparency-go, merkletree).
    entries = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ]
    leaves = [leaf_hash(entry) for entry in entries]
    roots = [
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
    for size, root in enumerate(roots):
        assert tiles.root_of(size, tiles.grow(0, {}, leaves[:size])).hex() == root


@given(st.integers(0, len(LEAVES)))
def test_the_root_is_what_the_rfc_says(size: int) -> None:
    assert tiles.root_of(size, grown(size)) == naive_root(LEAVES[:size])


@given(st.data())
def test_a_tree_can_be_asked_for_every_root_it_had(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(LEAVES)))
    assert merkle.root(size, lookup(len(LEAVES))) == naive_root(LEAVES[:size])


@given(st.data())
def test_proofs_of_being_in_the_tree_are_those_of_the_rfc_and_hold(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.prove_inclusion(index, size, lookup(len(LEAVES)))
    root = naive_root(LEAVES[:size])
    assert proof == naive_path(index, LEAVES[:size])
    assert is_included(LEAVES[index], index, size, proof, root)
    assert not is_included(LEAVES[index - 1], index, size, proof, root) or size == 1
    wrong = data.draw(st.integers(0, size).filter(lambda other: other != index))
    assert not is_included(LEAVES[index], wrong, size, proof, root)
    assert not is_included(LEAVES[index], index, size, [*proof, root], root)
    if proof:
        assert not is_included(LEAVES[index], index, size, proof[:-1], root)


@given(st.data())
def test_proofs_of_having_only_grown_are_those_of_the_rfc_and_hold(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(LEAVES)))
    old = data.draw(st.integers(1, new))
    proof = merkle.prove_consistency(old, new, lookup(len(LEAVES)))
    old_root, new_root = naive_root(LEAVES[:old]), naive_root(LEAVES[:new])
    assert proof == naive_subproof(old, LEAVES[:new], True)
    assert is_consistent(old, new, proof, old_root, new_root)
    assert not is_consistent(old, new, proof, leaf_hash(b"x"), new_root)
    assert not is_consistent(old, new, proof, old_root, leaf_hash(b"x"))
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not is_consistent(old, new, [*proof[:at], leaf_hash(b"x"), *proof[at + 1 :]], old_root, new_root)
        assert not is_consistent(old, new, proof[:-1], old_root, new_root)
    other = naive_root((*LEAVES[: old - 1], leaf_hash(b"changed")))
    assert not is_consistent(old, new, proof, other, new_root)


def test_a_node_that_no_tile_holds_is_an_error() -> None:
    with pytest.raises(IndexError):
        tiles.hash_in(Node(1, 5), b"x" * 32 * 11)


# Tiles --------------------------------------------------------------------------------------------------------------


def test_the_tiles_of_seventy_thousand_entries_are_those_of_the_specification() -> None:
    found = list(tiles_at(70_000))
    hashes = [tile for tile in found if tile.level != ENTRIES]
    assert len([tile for tile in hashes if tile.level == 0 and tile.width == 256]) == 273
    assert [tile for tile in hashes if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert [tile for tile in hashes if tile.level == 1 and tile.width == 256] == [Tile(1, 0)]
    assert [tile for tile in tiles_at(256) if tile.level != ENTRIES] == [Tile(0, 0), Tile(1, 0, 1)]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(ENTRIES, 999, 8), "tile/entries/999.p/8"),
        (Tile(63, 1000, 255), "tile/63/x001/000.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000",
        "tile/00/000",
        "tile/0/x000/001",
        "tile/0/1",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/../000",
        "tile/0/000/",
        "checkpoint",
        "tile/0/x1/000",
        "tile/0/\u0660\u0660\u0660",
    ],
)
def test_what_is_no_path_of_a_tile_is_none(path: str) -> None:
    assert parse_path(path) is None


@given(st.integers(-1, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_every_tile_is_found_by_its_path(level: int, number: int, width: int) -> None:
    assert parse_path(Tile(level, number, width).path) == Tile(level, number, width)


@given(st.data())
def test_growing_changes_what_was_not_full_and_nothing_else(data: st.DataObject) -> None:
    new = data.draw(st.integers(0, 10**7))
    old = data.draw(st.integers(0, new).filter(lambda old: new - old < 5000))
    fresh = set(tiles_at(new, since=old))
    assert fresh >= set(tiles.partial_at(new))
    if new < 10**5:
        assert fresh == set(tiles_at(new)) - {tile for tile in tiles_at(old) if tile.width == 256}


@given(st.lists(st.binary(max_size=600), max_size=20))
@settings(max_examples=40)
def test_bundles_give_back_their_entries(entries: list[bytes]) -> None:
    data = tiles.bundle(entries)
    assert tiles.unbundle(data) == entries
    if data:
        with pytest.raises(ValueError, match="middle of an entry"):
            tiles.unbundle(data + b"\x00")
