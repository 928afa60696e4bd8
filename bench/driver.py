"""The limit below: the same rows by the bare driver, client and database on the server's core.

Run as a process of its own, `python -m bench.driver URL POSTMASTER SECONDS CORE`; prints CPU seconds per 1,000 by name.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import asyncpg
import msgspec

from bench import figures, machine
from folkmoot import clock
from folkmoot.ids import new_id

CONNECTIONS = 8

_POST = """p.id, p.account_id, p.in_reply_to_id, p.visibility, p.text, p.warning, p.sensitive, p.language, p.created_at,
  p.edited_at, p.replies_count, p.boosts_count, p.favourites_count, a.name, a.display_name, a.avatar_key"""

READS = {
    "home": f"""SELECT {_POST} FROM home_entries h JOIN posts p ON p.id = h.post_id AND p.account_id = h.author_id
        JOIN accounts a ON a.id = p.account_id WHERE h.account_id = $1 ORDER BY h.post_id DESC LIMIT 20""",
    "public": f"""SELECT {_POST} FROM posts p JOIN accounts a ON a.id = p.account_id
        WHERE p.visibility = 'public' AND p.shows_id IS NULL AND p.hidden_at IS NULL AND $1::bigint > 0
          AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id) ORDER BY p.id DESC LIMIT 20""",
    "notifications": f"""SELECT n.id, n.kind, n.created_at, {_POST} FROM notifications n
        JOIN accounts a ON a.id = n.from_account_id LEFT JOIN posts p ON p.id = n.post_id
        WHERE n.account_id = $1 ORDER BY n.id DESC LIMIT 20""",
    "profile": f"""SELECT {_POST} FROM posts p JOIN accounts a ON a.id = p.account_id
        WHERE p.account_id = $1 ORDER BY p.id DESC LIMIT 20""",
    "post": f"""SELECT {_POST} FROM posts p JOIN accounts a ON a.id = p.account_id
        WHERE p.id = (SELECT max(post_id) FROM home_entries WHERE account_id = $1)""",
    "lookup": "SELECT * FROM accounts WHERE id = $1",
}
WRITE = """INSERT INTO posts (id, account_id, thread_id, visibility, text, language, created_at)
    VALUES ($1, $2, $1, 'public', $3, 'en', $4)"""
DELIVER = """INSERT INTO home_entries (account_id, post_id, author_id)
    SELECT account_id, $1::bigint, $2::bigint FROM follows WHERE target_id = $2"""


async def measure(url: str, postmaster: int, seconds: float, core: int) -> dict[str, float]:
    """CPU seconds per 1,000, client and server, at reference, by name."""
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS, server_settings={"jit": "off"})
    try:
        accounts = [row["id"] for row in await pool.fetch("SELECT id FROM accounts")]
        luck = random.Random(5)

        async def read(sql: str, connection: Any) -> None:
            await connection.fetch(sql, luck.choice(accounts))

        async def write(connection: Any) -> None:
            id, author = new_id(), luck.choice(accounts)
            async with connection.transaction():
                await connection.execute(WRITE, id, author, "Nothing but rows. " * 6, clock.now())
                await connection.execute(DELIVER, id, author)

        found = {}
        for name, sql in READS.items():
            found[name] = await _loop(pool, partial(read, sql), postmaster, seconds, core)
        found["publish"] = await _loop(pool, write, postmaster, seconds, core)
        return found
    finally:
        await pool.close()


async def _loop(pool: Any, act: Callable[[Any], Any], postmaster: int, seconds: float, core: int) -> float:
    count = itertools.count()

    async def work() -> None:
        async with pool.acquire() as connection:
            while time.perf_counter() < until:
                await act(connection)
                next(count)

    with machine.CoreSpeed(core) as speed:
        until = time.perf_counter() + seconds
        spent = machine.cpu_seconds(postmaster) + time.process_time()
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        spent = machine.cpu_seconds(postmaster) + time.process_time() - spent
    return figures.at_reference(figures.per_thousand(spent, next(count)), speed.ms)


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[4])})
    with asyncio.Runner() as runner:
        answer = runner.run(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
    print(msgspec.json.encode(answer).decode())
