"""Find what does not fit in a log's files: entries against tiles, tiles against one another, all against what was signed.

Whichever of them leads to the signed root is right, and what differs from it is named. Plain functions over bytes; where
they come from is in `sources`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from folkmoot.moderation.transparency.log.merkle import HASH_BYTES, Hash, leaf_hash
from folkmoot.moderation.transparency.log.notes import Checkpoint
from folkmoot.moderation.transparency.log.register import Register
from folkmoot.moderation.transparency.log.tiles import (
    ENTRIES,
    LEVELS,
    WIDTH,
    Place,
    Tile,
    cut,
    perfect,
    root_of,
    tiles_at,
    unbundle,
)

ENOUGH = 50
"""Problems after which looking for more tells nothing new."""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, and in which file."""

    where: str
    what: str


class Audit:
    """Takes in a log's files, leaves first, and says what is wrong with them. `olds` are sizes it had before."""

    def __init__(self, checkpoint: Checkpoint, olds: Iterable[int] = ()) -> None:
        self._checkpoint = checkpoint
        self.problems: list[Problem] = []
        self.register = Register()
        self.deeds: dict[str, int] = {}
        self._by_entries: list[list[Hash]] = [[] for _ in range(LEVELS + 1)]
        self._by_tiles: list[list[Hash]] = [[] for _ in range(LEVELS + 1)]
        self._edge: dict[Place, bytes] = {}
        self._published_edge: dict[Place, bytes] = {}
        self._old_edges: dict[int, dict[Place, bytes]] = {old: {} for old in olds}
        self._doubts: list[tuple[Tile, list[int], Hash, Hash]] = []
        self._upper: dict[Place, list[Hash]] = {}

    def say(self, where: str, what: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(where, what))

    @property
    def has_enough(self) -> bool:
        return len(self.problems) + len(self._doubts) >= ENOUGH

    # Leaves ----------------------------------------------------------------------------------------------------------

    def take_entries(self, bundle: Tile, data: bytes | None, hashes: bytes | None) -> None:
        """The next bundle, and the tile that has the hashes of its entries; None for what is missing."""
        tile = Tile(0, bundle.number, bundle.width)
        told = self._entries(bundle, data)
        there = self._hashes(tile, hashes)
        by_entries = told or there or [bytes(HASH_BYTES)] * tile.width
        by_tile = there or by_entries
        if told and there and told != there:
            differing = [at for at in range(tile.width) if told[at] != there[at]]
            self._doubts.append((tile, differing, _whole(told), _whole(there)))
        self._put(tile, by_entries, by_tile)

    def _entries(self, bundle: Tile, data: bytes | None) -> list[Hash] | None:
        if data is None:
            self.say(bundle.path, "is missing")
            return None
        try:
            entries = unbundle(data)
        except ValueError as error:
            self.say(bundle.path, str(error))
            return None
        if len(entries) != bundle.width:
            self.say(bundle.path, f"has {len(entries)} entries instead of {bundle.width}")
            return None
        for entry in entries:
            deed = self.register.hear(entry)
            self.deeds[deed] = self.deeds.get(deed, 0) + 1
        return [leaf_hash(entry) for entry in entries]

    def _hashes(self, tile: Tile, data: bytes | None) -> list[Hash] | None:
        if data is None:
            self.say(tile.path, "is missing")
        elif len(data) != tile.width * HASH_BYTES:
            self.say(tile.path, f"has {len(data)} bytes instead of {tile.width * HASH_BYTES}")
        else:
            return cut(data)
        return None

    def _put(self, tile: Tile, right: list[Hash], published: list[Hash]) -> None:
        if tile.width == WIDTH:
            self._by_entries[tile.level + 1].append(perfect(right))
            self._by_tiles[tile.level + 1].append(perfect(published))
        else:
            self._edge[tile.place] = b"".join(right)
            self._published_edge[tile.place] = b"".join(published)
        for old, edge in self._old_edges.items():
            last = (old >> 8 * tile.level) // WIDTH
            if tile.number == last:
                edge[tile.place] = b"".join(right[: (old >> 8 * tile.level) % WIDTH])

    # Tiles above -----------------------------------------------------------------------------------------------------

    def tiles_above(self) -> list[Tile]:
        """The tiles to take in after all entries, in this order."""
        return [tile for tile in tiles_at(self._checkpoint.size) if tile.level > 0]

    def take_tile(self, tile: Tile, data: bytes | None) -> None:
        """The next tile above the leaves."""
        start = tile.number * WIDTH
        right = self._by_entries[tile.level][start : start + tile.width]
        published = self._hashes(tile, data)
        if published is not None:
            self._upper[tile.place] = published
        self._put(tile, right, published or right)

    # What it comes to ------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Weigh everything against the root that was signed, and name what is wrong."""
        size, root = self._checkpoint.size, self._checkpoint.root
        entries_are_right = root_of(size, self._edge) == root
        edges_are_right = root_of(size, self._published_edge) == root
        for tile, differing, told, there in self._doubts:
            above = self._above(tile)
            by_tile = above == there or (tile.width < WIDTH and edges_are_right)
            if entries_are_right or (above == told and above is not None):
                self._blame_tile(tile, differing)
            elif by_tile:
                self._blame_entries(tile, differing)
            else:
                self._blame_tile(tile, differing)
                self._blame_entries(tile, differing)
        for (level, number), published in self._upper.items():
            start = number * WIDTH
            below = self._by_entries[level] if entries_are_right else self._by_tiles[level]
            differing = [at for at, hash in enumerate(published) if hash != below[start + at]]
            if differing:
                tile = Tile(level, number, len(published))
                self.say(tile.path, f"hash {differing[0]} is not that of {Tile(level - 1, start + differing[0]).path}")
        if not entries_are_right and not self.problems:
            self.say("checkpoint", "what it signs is not what the entries and tiles come to")

    def give_up(self) -> None:
        """Name what did not fit so far, without saying which side is wrong: so much is, that more tells nothing."""
        for tile, _, _, _ in self._doubts:
            self.say(tile.path, f"does not fit {Tile(ENTRIES, tile.number, tile.width).path}")

    def _above(self, tile: Tile) -> Hash | None:
        """What the tile above says this tile's hash is."""
        row = self._upper.get((tile.level + 1, tile.number // WIDTH))
        at = tile.number % WIDTH
        return row[at] if tile.width == WIDTH and row is not None and at < len(row) else None

    def _blame_tile(self, tile: Tile, differing: list[int]) -> None:
        first = tile.number * WIDTH + differing[0]
        self.say(tile.path, f"hash {differing[0]} is not that of entry {first}{_more(differing)}")

    def _blame_entries(self, tile: Tile, differing: list[int]) -> None:
        first = tile.number * WIDTH + differing[0]
        self.say(
            Tile(ENTRIES, tile.number, tile.width).path,
            f"entry {first} is not the one that was signed{_more(differing)}",
        )

    def root_at(self, old: int) -> Hash:
        """The root the entries had at one of the sizes asked for."""
        edge = self._old_edges[old]
        return root_of(old, {place: hashes for place, hashes in edge.items() if hashes})


def _whole(hashes: list[Hash]) -> Hash:
    """The hash over a full tile; nothing above knows one that is not."""
    return perfect(hashes) if len(hashes) == WIDTH else b""


def _more(differing: list[int]) -> str:
    return f", nor are {len(differing) - 1} after it" if len(differing) > 1 else ""
