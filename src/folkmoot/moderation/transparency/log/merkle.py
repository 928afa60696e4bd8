"""The tree of RFC 6962: hashes, and the two proofs, that something is in it and that it only grew. Plain functions.

What a proof needs are hashes of runs of leaves; every run splits into whole subtrees, and `Node` names one of those.
Where the hashes come from (tiles in a table, files, a list) is up to the caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

Hash: TypeAlias = bytes
HASH_BYTES = 32
EMPTY_ROOT: Hash = hashlib.sha256().digest()
MOST_HASHES = 63
"""No proof is longer: a tree has fewer than 2^63 leaves."""


class Node(NamedTuple):
    """A whole subtree of `2 ** level` leaves, the `number`-th of its level."""

    level: int
    number: int


Lookup: TypeAlias = Callable[[Node], Hash]


def leaf_hash(entry: bytes) -> Hash:
    """The hash of an entry (RFC 6962, 2.1: a zero byte before it, so that no inner node looks like an entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def nodes_of(start: int, end: int) -> list[Node]:
    """The whole subtrees that a run of leaves splits into, from left to right.

    The run must be one of the tree's own: its start is a multiple of the largest power of two within it.
    """
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append(Node(level, start >> level))
        start += 1 << level
    return found


def combine(hashes: Sequence[Hash]) -> Hash:
    """The hash over subtrees that get smaller from left to right; of nothing, the root of the empty tree."""
    if not hashes:
        return EMPTY_ROOT
    right = hashes[-1]
    for left in reversed(hashes[:-1]):
        right = node_hash(left, right)
    return right


def _run(lookup: Lookup, start: int, end: int) -> Hash:
    return combine([lookup(node) for node in nodes_of(start, end)])


def root(size: int, lookup: Lookup) -> Hash:
    """The root of the first `size` leaves."""
    return _run(lookup, 0, size)


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_runs(index: int, size: int) -> list[tuple[int, int]]:
    """The runs of leaves whose hashes prove that a leaf is in the tree, its neighbour's first (RFC 6962, 2.1.1)."""
    start, end, runs = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            runs.append((middle, end))
            end = middle
        else:
            runs.append((start, middle))
            start = middle
    return runs[::-1]


def consistency_runs(old: int, new: int) -> list[tuple[int, int]]:
    """The runs whose hashes prove that a tree begins with an older one (RFC 6962, 2.1.2)."""
    if old in (0, new):
        return []
    start, end, runs, whole = 0, new, [], True
    while True:
        if old == end:
            if not whole:
                runs.append((start, end))
            return runs[::-1]
        middle = start + _split(end - start)
        if old <= middle:
            runs.append((middle, end))
            end = middle
        else:
            runs.append((start, middle))
            start, whole = middle, False


def prove_inclusion(index: int, size: int, lookup: Lookup) -> list[Hash]:
    """The proof that the leaf is in the tree of this size."""
    return [_run(lookup, start, end) for start, end in inclusion_runs(index, size)]


def prove_consistency(old: int, new: int, lookup: Lookup) -> list[Hash]:
    """The proof that the tree of size `new` begins with that of size `old`."""
    return [_run(lookup, start, end) for start, end in consistency_runs(old, new)]


def is_included(leaf: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for hash in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(hash, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, hash)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, new: int, proof: Sequence[Hash], old_root: Hash, new_root: Hash) -> bool:
    """Whether the proof shows that the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    was = now = path[0]
    for hash in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            was, now = node_hash(hash, was), node_hash(hash, now)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            now = node_hash(now, hash)
        here, last = here >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root
