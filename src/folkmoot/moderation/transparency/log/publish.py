"""Write the log as static files into storage, for anybody and for any other host to hand out (C2SP tlog-tiles).

The database is the log; these files are made from it, and made again where they are missing: what the checkpoint in
storage says is what is there, and it is written last. So it does not matter when somebody is killed here, or how many
do it at the same time: a tile of a given width has the same bytes whoever writes it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog

from folkmoot.database import Database, Row
from folkmoot.errors import Missing
from folkmoot.moderation.transparency.log import queries
from folkmoot.moderation.transparency.log.merkle import HASH_BYTES
from folkmoot.moderation.transparency.log.notes import BadNote, Checkpoint, Note, Signature
from folkmoot.moderation.transparency.log.register import Register
from folkmoot.moderation.transparency.log.tiles import ENTRIES, HEIGHT, LEVELS, WIDTH, Tile, bundle, tiles_at, unbundle
from folkmoot.storage import Storage

FOLDER = "log/"
CHECKPOINT, KEYS = "checkpoint", "keys"
FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=2"
BYTES, TEXT = "application/octet-stream", "text/plain; charset=utf-8"
STEP = 65_536
"""Entries after which a checkpoint is published on the way, when much is missing."""

log = structlog.get_logger(__name__)


async def publish(db: Database, storage: Storage) -> int:
    """Bring the files up to the newest checkpoint; how many entries are new in them. May run twice, and at once.

    Raises Unavailable when storage cannot be written; the next time goes on from where it stopped.
    """
    newest = await queries.newest_checkpoint(db)
    if newest is None:
        return 0
    begun = size = await _published(storage, newest)
    if size > newest["size"]:
        log.error("the published log is longer than the one in the database", published=size, known=newest["size"])
        return 0
    while size < newest["size"]:
        row = await queries.next_checkpoint(db, size, STEP)
        assert row is not None, "the newest is further"
        async for path, data in tile_files(db, row["size"], since=size):
            await storage.publish(FOLDER + path, data, BYTES, cache=FOR_EVER)
        await _publish_heads(db, storage, row)
        await _withdraw_partial(db, storage, size, row["size"])
        size = row["size"]
    if begun == size and await storage.published(FOLDER + CHECKPOINT) != str(note_of(newest)).encode():
        await _publish_heads(db, storage, newest)  # witnesses signed
    return size - begun


def note_of(row: Row) -> Note:
    """A checkpoint's row as the note it is published as."""
    text = Checkpoint(row["origin"], row["size"], row["root"]).text
    return Note(text, tuple(Signature.parse(line) for line in [*row["signatures"], *row["cosignatures"]]))


async def tile_files(db: Database, size: int, *, since: int = 0) -> AsyncIterator[tuple[str, bytes]]:
    """Path and bytes of every tile and bundle of the tree at this size that was not full at size `since`."""
    for tile in tiles_at(size, since=since):
        yield tile.path, await tile_bytes(db, tile)


async def tile_bytes(db: Database, tile: Tile) -> bytes:
    """A tile or bundle from the database. Raises Missing when the log is not so long."""
    if tile.level == ENTRIES:
        first = tile.number * WIDTH
        entries = await queries.bodies(db, first, first + tile.width)
        if len(entries) < tile.width:
            raise Missing
        return bundle(entries)
    hashes = (await queries.tiles(db, [tile.place])).get(tile.place, b"")[: tile.width * HASH_BYTES]
    if len(hashes) < tile.width * HASH_BYTES:
        raise Missing
    return hashes


async def published_tile(storage: Storage, tile: Tile) -> bytes:
    """A tile or bundle as it was published; one that is full by now is cut from the full one. Raises Missing."""
    try:
        return await storage.published(FOLDER + tile.path)
    except Missing:
        if tile.width == WIDTH:
            raise
    full = await storage.published(FOLDER + Tile(tile.level, tile.number).path)
    return bundle(unbundle(full)[: tile.width]) if tile.level == ENTRIES else full[: tile.width * HASH_BYTES]


async def keys_file(db: Database, size: int) -> bytes:
    """The file of keys that belongs to the log at this size."""
    return Register.read(await queries.own_bodies(db, size)).file


async def _publish_heads(db: Database, storage: Storage, row: Row) -> None:
    if await _published(storage, row) > row["size"]:
        return  # somebody else was quicker
    await storage.publish(FOLDER + KEYS, await keys_file(db, row["size"]), TEXT, cache=FOR_NOW)
    await storage.publish(FOLDER + CHECKPOINT, str(note_of(row)).encode(), TEXT, cache=FOR_NOW)


async def _published(storage: Storage, ours: Row) -> int:
    """The size up to which storage has this log; 0 when there is none, or another one."""
    try:
        found = Checkpoint.parse(Note.parse(await storage.published(FOLDER + CHECKPOINT)).text)
    except (Missing, BadNote):
        return 0
    return found.size if found.origin == ours["origin"] else 0


async def _withdraw_partial(db: Database, storage: Storage, old: int, new: int) -> None:
    """Take away the partial tiles of what is full by now."""
    for level in (ENTRIES, *range(LEVELS)):
        shift = HEIGHT * max(level, 0)
        number = (old >> shift) // WIDTH
        if number == (new >> shift) // WIDTH:
            continue
        start = number * WIDTH << shift
        widths = {(size >> shift) % WIDTH for size in await queries.sizes_between(db, start, start + (WIDTH << shift))}
        for width in sorted(widths - {0}):
            await storage.withdraw(FOLDER + Tile(level, number, width).path)
