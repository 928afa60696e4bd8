"""How the tree is cut into files: 256 hashes a tile, 256 entries a bundle (C2SP tlog-tiles). Plain functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from folkmoot.moderation.transparency.log.merkle import HASH_BYTES, Hash, Node, combine, node_hash, nodes_of

HEIGHT = 8
WIDTH = 1 << HEIGHT
LEVELS = 8
"""Levels of tiles a tree of 2^63 leaves has."""
ENTRIES = -1
"""The level at which we file bundles of entries; in paths it is called `entries`."""
Place: TypeAlias = tuple[int, int]
"""Level and number of a tile."""
_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


class Tile(msgspec.Struct, frozen=True, order=True):
    """A tile or a bundle at one size of the tree."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the log's prefix."""
        digits = f"{self.number:0{-(-len(str(self.number)) // 3) * 3}d}"
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @property
    def place(self) -> Place:
        return self.level, self.number


def parse_path(path: str) -> Tile | None:
    """The tile a path names, None for what is no such path or not written the one right way."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level, groups, last, width = found.groups()
    number = int(groups.replace("x", "").replace("/", "") + last)
    tile = Tile(ENTRIES if level == "entries" else int(level), number, int(width or WIDTH))
    return tile if tile.path == path and tile.width <= WIDTH else None


def tiles_at(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Every tile and bundle of a tree of this size, those left out that were full already in a tree of size `since`."""
    for level in (ENTRIES, *range(LEVELS)):
        shift = HEIGHT * max(level, 0)
        full, width = divmod(size >> shift, WIDTH)
        for number in range((since >> shift) // WIDTH, full):
            yield Tile(level, number)
        if width:
            yield Tile(level, full, width)


def partial_at(size: int) -> list[Tile]:
    """The tiles and bundles of a tree of this size that are not full."""
    return [tile for tile in tiles_at(size, since=size) if tile.width < WIDTH]


def cut(hashes: bytes) -> list[Hash]:
    """The hashes of a tile."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def perfect(hashes: Sequence[Hash]) -> Hash:
    """The hash over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def tile_of(node: Node) -> Place:
    """The tile that a subtree's hash is made from."""
    level, below = divmod(node.level, HEIGHT)
    return level, (node.number << below) >> HEIGHT


def hash_in(node: Node, hashes: bytes) -> Hash:
    """A subtree's hash, from the tile `tile_of` named. Raises IndexError when the tile is not wide enough."""
    below = node.level % HEIGHT
    first = (node.number << below) % WIDTH
    found = cut(hashes[first * HASH_BYTES : (first + (1 << below)) * HASH_BYTES])
    if len(found) < 1 << below or len(found[-1]) < HASH_BYTES:
        raise IndexError(f"no hash for {node} in a tile of {len(hashes) // HASH_BYTES}")
    return perfect(found)


def lookup_in(tiles: Mapping[Place, bytes]) -> Callable[[Node], Hash]:
    """A lookup for proofs, in tiles that were fetched before."""
    return lambda node: hash_in(node, tiles[tile_of(node)])


def tiles_for(runs: Iterable[tuple[int, int]]) -> set[Place]:
    """The tiles to fetch for these runs of leaves."""
    return {tile_of(node) for start, end in runs for node in nodes_of(start, end)}


def edge_of(size: int) -> set[Place]:
    """The tiles to fetch for the root of a tree of this size, and to let it grow."""
    return {(tile.level, tile.number) for tile in partial_at(size) if tile.level != ENTRIES}


def grow(size: int, edge: Mapping[Place, bytes], leaves: Sequence[Hash]) -> dict[Place, bytes]:
    """The tiles that change when leaves are added to a tree of this size, each as it is then."""
    changed: dict[Place, bytes] = {}
    coming = list(leaves)
    for level in range(LEVELS):
        if not coming:
            break
        number = (size >> HEIGHT * level) // WIDTH
        row = cut(edge.get((level, number), b"")) + coming
        coming = []
        for at in range(0, len(row), WIDTH):
            tile = row[at : at + WIDTH]
            changed[level, number] = b"".join(tile)
            if len(tile) == WIDTH:
                coming.append(perfect(tile))
            number += 1
    return changed


def root_of(size: int, tiles: Mapping[Place, bytes]) -> Hash:
    """The root, from the tiles `edge_of` named."""
    lookup = lookup_in(tiles)
    return combine([lookup(node) for node in nodes_of(0, size)])


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as they are published: each after its length in two bytes."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises ValueError for one that ends in the middle of an entry."""
    found, at = [], 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start])
        if start > len(data) or at > len(data):
            raise ValueError("the bundle ends in the middle of an entry")
        found.append(data[start:at])
    return found
