"""Whether the pause of a move grows with the network: `python -m bench.move [ROWS] [ROWS]`, by default 20,000 and 2,000,000.

Two real hosts, members at it; posts are made by the database itself until there are as many, then the network moves. Prints how
long posting was held, and each step of it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from folkmoot.hosting.drill import scenes
from folkmoot.hosting.drill.hosts import Host
from folkmoot.hosting.drill.stage import set_up

SIZES = (20_000, 2_000_000)
READY_SECONDS = 900
FILL = """
INSERT INTO posts (id, account_id, thread_id, visibility, text, created_at)
SELECT id, account_id, id, 'unlisted', 'Filled ' || n || ' ' || md5(n::text), to_timestamp((id >> 16) / 1000.0)
FROM (SELECT (SELECT min(id) FROM accounts) AS account_id, n,
             ((extract(epoch FROM now() - interval '300 days')::bigint * 1000 + n * 10) << 16) + 1 AS id
      FROM generate_series(%s::bigint, %s::bigint) n) rows
"""


def fill(host: Host, already: int, wanted: int) -> float:
    """Have the database write posts until there are as many; seconds it took."""
    begun = time.monotonic()
    with host.connected() as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute(FILL, (already + 1, wanted))
    return time.monotonic() - begun


async def measure(folder: Path, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """One move at each size, there and back."""
    found = []
    stage = await set_up(folder, print, 3.0, secrets.token_urlsafe(12))
    pair = stage.pair
    try:
        already = 0
        for size in sizes:
            took = await asyncio.to_thread(fill, pair.carrier, already, size)
            already = size
            print(f"{size} posts, written in {took:.0f} s")
            await asyncio.to_thread(pair.wait_ready, READY_SECONDS)
            outcome = await scenes.planned(stage)
            found.append({"posts": size, **{name: outcome[name] for name in (
                "write_pause_ms", "members_waited_ms", "read_pause_ms", "failed_reads", "acknowledged", "lost_posts",
                "moved", "why", "steps_ms",
            )}})  # fmt: skip
            print(json.dumps(found[-1]))
    finally:
        await asyncio.to_thread(pair.close)
    return found


def main() -> None:
    """Measure in a folder that is thrown away."""
    sizes = tuple(int(each) for each in sys.argv[1:]) or SIZES
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-bench-"))
    folder.chmod(0o711)  # the database's user passes through
    try:
        asyncio.run(measure(folder, sizes))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
