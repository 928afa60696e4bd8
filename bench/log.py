"""The public log: entries a second on the core of a serving network, and proofs out of ten million entries.

    python -m bench.log append URL SECONDS CORE     how many deeds a second enter it, each in a transaction of its own
    python -m bench.log fill URL ENTRIES            put a tree of so many entries there; the places that can be proven

The tree is real: random hashes for leaves, every tile above computed from them. Of the entries themselves only those that
are asked for are there, so the table of entries is small; a look into it is by primary key.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Sequence

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figures import Delay, delay
from bench.network import Network
from folkmoot import clock
from folkmoot.database import Database
from folkmoot.ids import new_id
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.moderation.transparency.log.merkle import HASH_BYTES, leaf_hash
from folkmoot.moderation.transparency.log.notes import Checkpoint, sign
from folkmoot.moderation.transparency.log.tiles import LEVELS, WIDTH, cut, edge_of, perfect, root_of

WRITERS = 16
PROVEN = 200
ENTRIES = 10_000_000
ORIGIN = "bench.example/transparency/log"
BREAK = 0.02
"""Seconds between two readings of a home while entries are written: the serving."""


class Appended(msgspec.Struct):
    """What the writers saw."""

    entries: int
    seconds: float
    cpu: float
    """Seconds the writers themselves took."""


async def append(url: str, seconds: float) -> Appended:
    """Enter deeds, each about a case of its own, in transactions of their own, WRITERS at a time."""
    db = await Database.open(url, connections=WRITERS)
    begun, spent, count = time.perf_counter(), time.process_time(), 0

    async def write() -> None:
        nonlocal count
        while time.perf_counter() - begun < seconds:
            async with db.transaction() as tx:
                facts = {"verdict": "remove", "measure": "remove", "by": "jury", "ballots": 4, "sure": 0.98}
                await enter(tx, Deed.CASE_DECIDED, case=new_id(), account=count % 500, **facts)  # type: ignore[arg-type]  # facts are facts
            count += 1

    try:
        await asyncio.gather(*(write() for _ in range(WRITERS)))
        return Appended(count, time.perf_counter() - begun, time.process_time() - spent)
    finally:
        await db.close()


async def fill(url: str, size: int) -> list[int]:
    """Put a tree of this size in place of what is there, and say which entries can be proven."""
    luck = random.Random(11)
    bodies = {place: b'{"deed":"case.decided","n":%d,"v":1}' % place for place in luck.sample(range(size), PROVEN)}
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("TRUNCATE log_trees, log_queue, log_entries, log_tiles, log_checkpoints")
        tiles, now = await _tiles(connection, size, bodies), clock.now()
        root = root_of(size, tiles)
        text = Checkpoint(ORIGIN, size, root).text
        line = sign(Ed25519PrivateKey.generate(), ORIGIN, text).line
        await connection.execute("INSERT INTO log_trees VALUES ($1, $2, $3, $4)", ORIGIN, size, root, now)
        await connection.execute("INSERT INTO log_checkpoints VALUES ($1, $2, $3, '{}', $4)", size, root, [line], now)
        rows = [(place, new_id(), "case.decided", body, [], now) for place, body in bodies.items()]
        await connection.copy_records_to_table("log_entries", records=rows)
        await connection.execute("ANALYZE log_tiles, log_entries")
    finally:
        await connection.close()
    return sorted(bodies)


async def _tiles(connection: asyncpg.Connection, size: int, bodies: dict[int, bytes]) -> dict[tuple[int, int], bytes]:
    """Write every tile of the tree; those on its edge are kept for the root."""
    edge: dict[tuple[int, int], bytes] = {}
    wanted = edge_of(size)
    row: Sequence[bytes] | None = None
    count = size
    for level in range(LEVELS):
        above, batch = [], []
        for number in range(-(-count // WIDTH)):
            width = min(WIDTH, count - number * WIDTH)
            if row is None:
                hashes = bytearray(os.urandom(width * HASH_BYTES))
                for place in range(number * WIDTH, number * WIDTH + width):
                    if place in bodies:
                        at = place % WIDTH * HASH_BYTES
                        hashes[at : at + HASH_BYTES] = leaf_hash(bodies[place])
                tile = bytes(hashes)
            else:
                tile = b"".join(row[number * WIDTH : number * WIDTH + width])
            if width == WIDTH:
                above.append(perfect(cut(tile)))
            if (level, number) in wanted:
                edge[level, number] = tile
            batch.append((level, number, tile))
            if len(batch) == 1_000:
                await connection.copy_records_to_table("log_tiles", records=batch)
                batch = []
        await connection.copy_records_to_table("log_tiles", records=batch)
        row, count = above, len(above)
        if not above:
            break
    return edge


# Against a running network ------------------------------------------------------------------------------------------


def appends(network: Network, token: str, seconds: float, core: int) -> tuple[Appended, Delay]:
    """Entries written on the server's own core while it serves; and how long a home took meanwhile."""
    command = [sys.executable, "-m", "bench.log", "append", network.settings().database_url, str(seconds), str(core)]
    return asyncio.run(_appends(network, token, command))


async def _appends(network: Network, token: str, command: list[str]) -> tuple[Appended, Delay]:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    answer = asyncio.create_task(process.communicate())
    times: list[float] = []
    asked = 0
    while not answer.done():
        asked += 1
        begun = time.perf_counter()
        if await asyncio.to_thread(network.get, "/api/v1/timelines/home?limit=20", token) is not None:
            times.append((time.perf_counter() - begun) * 1_000)
        await asyncio.sleep(BREAK)
    out, _ = await answer
    return msgspec.json.decode(out, type=Appended), delay("home meanwhile", times, asked)


def proofs(network: Network, places: Sequence[int]) -> Delay:
    """How long the server takes to answer with the proof of an entry."""
    times = []
    for place in places:
        begun = time.perf_counter()
        if network.get(f"/transparency/log/proof/{place}") is not None:
            times.append((time.perf_counter() - begun) * 1_000)
    return delay("log proof", times, len(places))


def filled(network: Network, size: int) -> list[int]:
    """Fill the network's log and say which entries can be proven."""
    return asyncio.run(fill(network.settings().database_url, size))


if __name__ == "__main__":
    if sys.argv[1] == "append":
        os.sched_setaffinity(0, {int(sys.argv[4])})
        print(msgspec.json.encode(asyncio.run(append(sys.argv[2], float(sys.argv[3])))).decode())
    else:
        print(msgspec.json.encode(asyncio.run(fill(sys.argv[2], int(sys.argv[3])))).decode())
