"""Give entries their places in the tree and sign it: one at a time, all or nothing, as often as one likes.

Deeds only queue their entries. Whoever holds the tree's row here takes what waits, in order, lets the tree grow, signs,
and commits it all at once; a process that is killed meanwhile leaves everything as it was.
"""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Unavailable
from folkmoot.moderation.transparency.log import keys, queries, tiles
from folkmoot.moderation.transparency.log.merkle import leaf_hash
from folkmoot.moderation.transparency.log.notes import Checkpoint
from folkmoot.vault import Vault

AT_ONCE = 2_048
"""Entries that get their places in one transaction."""


async def sequence(db: Database, vault: Vault, origin: str) -> int:
    """Give every waiting entry a place, and sign; how many. A second one at the same time finds nothing to do.

    `origin` names the log, until it has its first entry; then its name stays. Raises Unavailable when the master key is
    not the one the log's key was sealed with, or the tree is not what was signed last.
    """
    if not await queries.waiting(db):
        return 0
    if not await queries.is_open(db):
        await keys.open_log(db, vault, origin)
    done = 0
    while True:
        async with db.transaction() as tx:
            taken = await _take(tx, vault)
        done += taken
        if taken < AT_ONCE:
            return done


async def _take(tx: Transaction, vault: Vault) -> int:
    tree = await queries.hold_tree(tx)
    if tree is None:
        return 0
    entries = await queries.next_in_queue(tx, AT_ONCE)
    if entries:
        await _grow(tx, vault, tree, entries)
    return len(entries)


async def _grow(tx: Transaction, vault: Vault, tree: Row, entries: list[Row]) -> None:
    size, now = tree["size"], clock.now()
    edge = await queries.tiles(tx, tiles.edge_of(size))
    if not tiles.edge_of(size) <= edge.keys() or tiles.root_of(size, edge) != tree["root"]:
        raise Unavailable(cause="log: the tree is not the one that was signed; nothing is added to it")
    changed = tiles.grow(size, edge, [leaf_hash(entry["body"]) for entry in entries])
    checkpoint = Checkpoint(
        tree["origin"], size + len(entries), tiles.root_of(size + len(entries), {**edge, **changed})
    )
    await queries.give_places(tx, size, [entry["id"] for entry in entries])
    await queries.keep_tiles(tx, changed)
    await queries.keep_tree(tx, checkpoint.size, checkpoint.root, now)
    signed = await keys.signatures(tx, vault, checkpoint.text, now)
    await queries.keep_checkpoint(tx, checkpoint.size, checkpoint.root, [each.line for each in signed], now)
    tx.announce("log.grown", size=checkpoint.size)
