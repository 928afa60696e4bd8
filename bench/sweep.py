"""`python -m bench.sweep`: what reading everything that is already there costs, in a database of its own, on all cores.

The texts are the repository's own ordinary writing and the demo's posts, each varied, with one in a hundred that is violent.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from bench import machine
from folkmoot import clock, demo
from folkmoot.database import Database, migrate
from folkmoot.hosting.postgres import available
from folkmoot.hosting.postgres.places import find_cluster
from folkmoot.moderation.screening.score import score
from folkmoot.moderation.sweep import Options, Progress, sweep
from folkmoot.settings import Settings
from training import data

VIOLENT = 0.01
AUTHORS = 500
COMPARED = 5_000
"""Of the same texts that `folkmoot screen score` is asked about."""
HUNDRED_MILLION = 100_000_000
BASE = 1 << 56

_ACCOUNTS = """
  INSERT INTO accounts (id, name, created_at, approved_at, active_at)
    SELECT $1::bigint + n, 'made_up_' || n, $3::timestamptz, $3, $3 FROM generate_series(1, $2::int) AS n"""
_POSTS = """
  INSERT INTO posts (id, account_id, thread_id, visibility, text, language, created_at)
    SELECT $1::bigint + n, $1::bigint + 1 + n % $2::int, $1::bigint + n, 'public', text, language, $3::timestamptz
    FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS t (text, language, n)"""


def texts(number: int) -> Iterator[tuple[str, str]]:
    """So many posts and their languages; the same every time."""
    dice = random.Random(7)
    written = data.writing()  # the harmless twins of violent texts are left out: few posts are as hard to judge
    ordinary = [(one.text, one.language) for one in written if one.kind == "harmless ordinary"]
    ordinary += [(post.text, post.lang) for post in demo.load().posts if post.text]
    violent = [(one.text, one.language) for one in written if one.violence]
    for n in range(number):
        text, language = dice.choice(violent if dice.random() < VIOLENT else ordinary)
        yield f"{text} {dice.choice(('', f'#{n}', f'({n})', f'@made_up_{n % AUTHORS}'))}".strip(), language


async def fill(url: str, said: list[tuple[str, str]]) -> None:
    """Write the posts down as if they had been published before there was a screening."""
    now = clock.now()
    db = await Database.open(url, connections=1)
    try:
        async with db.transaction() as tx:
            await tx.execute(_ACCOUNTS, BASE, AUTHORS, now)
            await tx.execute(_POSTS, BASE, AUTHORS, now, [text for text, _ in said], [language for _, language in said])
    finally:
        await db.close()


async def read_all(url: str, settings: Settings) -> tuple[Progress, float]:
    """Sweep: how it went, and the seconds it took with its start."""
    db = await Database.open(url, connections=2)

    def show(progress: Progress) -> None:
        print(f"\r{progress.screened} of {progress.total}", end="", file=sys.stderr, flush=True)

    try:
        begun = time.monotonic()
        return await sweep(db, settings, Options(), show), time.monotonic() - begun
    finally:
        await db.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweep", description=__doc__)
    parser.add_argument("--posts", type=int, default=30_000, help="to read (default: 30000)")
    number = parser.parse_args().posts
    said = list(texts(number))
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        Path(folder).chmod(0o711)
        settings = Settings(data=Path(folder) / "data")
        with available(settings) as url:
            migrate.upgrade(url)
            postmaster = int((find_cluster(settings.data) / "postmaster.pid").read_text().split()[0])
            asyncio.run(fill(url, said))
            database, ours = machine.cpu_seconds(postmaster), _cpu()
            done, seconds = asyncio.run(read_all(url, settings))
            database, ours = machine.cpu_seconds(postmaster) - database, _cpu() - ours
    lines = b"".join(json.dumps({"text": t, "lang": code}).encode() + b"\n" for t, code in said[:COMPARED])
    begun = time.monotonic()
    score(io.BytesIO(lines), io.BytesIO())
    compared = min(COMPARED, number) / (time.monotonic() - begun)
    hours = (database + ours) / number * HUNDRED_MILLION / 3600
    print(
        f"\n{done.screened} posts on {cores} cores in {seconds:.0f} s, start included: {number / seconds:.0f} a second"
    )
    print(
        f"CPU a post: {ours / number * 1000:.2f} ms of readers and writer, {database / number * 1000:.2f} ms of PostgreSQL"
    )
    print(
        f"100 million posts: {hours:.0f} CPU hours, {HUNDRED_MILLION * seconds / number / 3600:.0f} hours on this machine"
    )
    print(f"screen score, same texts, {COMPARED}: {compared:.0f} a second, start included")
    print(f"{done.holds} held, {done.cases} doubted")


def _cpu() -> float:
    """Of this process and those it has waited for."""
    return sum(use.ru_utime + use.ru_stime for use in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


if __name__ == "__main__":
    main()
