"""`python -m bench.standby`: how fast a standby is copied, against a plain copy of the same bytes, and what following costs.

Both hosts are on this machine and share its cores and its disk, which is the worst case for both figures.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psycopg

from bench.backup import copy, fill
from bench.line import SlowLine
from folkmoot.database import migrate
from folkmoot.errors import FolkmootError
from folkmoot.hosting.link import local, make_code
from folkmoot.hosting.link.database import connect
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.standby.status import read
from folkmoot.settings import Settings

WRITERS = 4
CORES = sorted(os.sched_getaffinity(0))
ROW = "x" * 600


class Figures(msgspec.Struct):
    """What was found; medians."""

    megabytes: float
    plain_copy_s: float
    standby_copy_s: float
    copy_ratio: float
    """Throughput of the copy through the link, with its check, against that of the plain copy."""
    commits_alone: float
    """A second, with nobody following."""
    commits_async: float
    commits_sync: float
    async_cost: float
    """Share of the commits that following costs the first host."""
    sync_p50_ms: float
    alone_p50_ms: float


class OverLine(msgspec.Struct):
    """A copy over a slow line."""

    megabytes: float
    line_mb_s: float
    seconds: float
    crossed_megabytes: float
    """What went over the line, both ways."""
    gain: float
    """Megabytes copied a second against what the line carries."""


class Host:
    """A data folder, its server in this process's care, its agent a process of its own."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        self.settings = Settings(data=data, link_port=port, link_host="127.0.0.1")
        self.server = EmbeddedPostgres(self.settings)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")}
        self.environment = kept | {
            "FOLKMOOT_DATA": str(data),
            "FOLKMOOT_LINK_PORT": str(port),
            "FOLKMOOT_LINK_HOST": "127.0.0.1",
            "FOLKMOOT_LOG_LEVEL": "error",
        }

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "folkmoot.cli", *command], env=self.environment, stdout=subprocess.PIPE, text=True
        )

    @contextlib.contextmanager
    def linked(self, core: int | None = None) -> Iterator[None]:
        with on_core(core) if core is not None else contextlib.nullcontext():
            agent = self.start("agent")
        try:
            until(lambda: bool(local.ask(self.settings.data, "facts")))
            yield
        finally:
            agent.terminate()
            agent.communicate(timeout=20)


def main() -> None:
    """Fill, copy, follow, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.standby", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=400, help="of text to put into the database (default: 400)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default: 3)")
    parser.add_argument("--seconds", type=float, default=4, help="of writing for each figure and round (default: 4)")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--line", type=float, help="only copy, once, over a line of so many megabytes a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-", dir=options.folder) as folder:
        Path(folder).chmod(0o711)
        found: Figures | OverLine
        if options.line:
            found = measure_line(Path(folder), options.megabytes, options.line)
        else:
            found = measure(Path(folder), options.megabytes, options.rounds, options.seconds)
    print(msgspec.json.format(msgspec.json.encode(found)).decode())


def measure(top: Path, megabytes: int, rounds: int, seconds: float) -> Figures:
    """Everything, in turns, so that what else the machine does meets all alike."""
    first, standby = Host(top / "first"), Host(top / "standby")
    first.server.start()
    try:
        size = filled(first, megabytes)
        code = make_code(first.settings.data, time.time()).word
        plain, linked = [], []
        with first.linked():
            for number in range(rounds):
                plain.append(copy_plainly(first.server.cluster, top / "copy"))
                way = ["--again"] if number else [f"127.0.0.1:{first.settings.link_port}", "--code", code]
                linked.append(copy_linked(standby, way))
        first.server.stop()
        with on_core(0):
            first.server.start()
            with first.linked():
                alone, follows, waits = write_in_turns(first, standby, rounds, seconds)
    finally:
        first.server.stop("immediate")
    plain_s, linked_s = statistics.median(plain), statistics.median(linked)
    rate = [statistics.median(each[0] for each in rounds_) for rounds_ in (alone, follows, waits)]
    return Figures(
        megabytes=round(size / 1e6),
        plain_copy_s=round(plain_s, 2),
        standby_copy_s=round(linked_s, 2),
        copy_ratio=round(plain_s / linked_s, 2),
        commits_alone=round(rate[0]),
        commits_async=round(rate[1]),
        commits_sync=round(rate[2]),
        async_cost=round(1 - rate[1] / rate[0], 3),
        sync_p50_ms=round(statistics.median(each[1] for each in waits), 2),
        alone_p50_ms=round(statistics.median(each[1] for each in alone), 2),
    )


def measure_line(top: Path, megabytes: int, rate: float) -> OverLine:
    """One copy, its check included, over a line of `rate` megabytes a second."""
    first, standby = Host(top / "first"), Host(top / "standby")
    first.server.start()
    try:
        size = filled(first, megabytes)
        line = SlowLine(first.settings.link_port, rate)
        code = make_code(first.settings.data, time.time()).word
        with first.linked():
            taken = copy_linked(standby, [f"127.0.0.1:{line.port}", "--code", code])
        line.close()
    finally:
        first.server.stop("immediate")
    return OverLine(
        megabytes=round(size / 1e6),
        line_mb_s=rate,
        seconds=round(taken, 1),
        crossed_megabytes=round(line.crossed / 1e6, 1),
        gain=round(size / 1e6 / taken / rate, 2),
    )


@contextlib.contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started meanwhile, threads and processes, keeps to one core; on a machine with one, nothing changes."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORES[number % len(CORES)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def filled(host: Host, megabytes: int) -> int:
    """Bytes of a running server's folder, journal left out, with so much text in it."""
    migrate.upgrade(host.server.url)
    fill(host.server, megabytes)
    return sum(p.stat().st_size for p in host.server.cluster.rglob("*") if p.is_file() and "pg_wal" not in p.parts)


def copy_plainly(cluster: Path, target: Path) -> float:
    begun = time.monotonic()
    copy(cluster, target)
    taken = time.monotonic() - begun
    shutil.rmtree(target, ignore_errors=True)
    return taken


def copy_linked(standby: Host, way: list[str]) -> float:
    """Seconds from asking for the database, its checkpoint included, to the end of the check of the copy."""
    begun = ended = 0.0
    joining = standby.start("standby", "join", *way, "--copy-only")
    assert joining.stdout is not None
    for line in joining.stdout:
        if line.startswith("waiting for the other host"):
            begun = begun or time.monotonic()
        if line.startswith("fetching keys"):
            ended = time.monotonic()
    if joining.wait() or not begun:
        raise SystemExit("the copy failed")
    return ended - begun


def write_in_turns(
    first: Host, standby: Host, rounds: int, seconds: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]], list[tuple[float, float]]]:
    """Commits a second and the middle time of one: with nobody following, followed, waited for."""
    with connect(first.settings) as connection:
        connection.execute("CREATE TABLE bench (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), words text)")
    alone, follows, waits = [], [], []
    for _ in range(rounds):
        alone.append(write(first, seconds))
        with on_core(1):
            standby.server.start()
        try:
            with standby.linked(core=1):
                until(lambda: read(first.settings.data).is_fresh)
                follows.append(write(first, seconds))
                local.ask(first.settings.data, "standby.sync", timeout=60, on=True)
                waits.append(write(first, seconds))
                local.ask(first.settings.data, "standby.sync", timeout=60, on=False)
        finally:
            standby.server.stop()
    return alone, follows, waits


def write(host: Host, seconds: float) -> tuple[float, float]:
    """Several writers, one small commit after the other."""
    taken: list[float] = []
    until_then = time.monotonic() + seconds

    def writer() -> None:
        with psycopg.connect(EmbeddedPostgres(host.settings).url, autocommit=True) as connection:
            while time.monotonic() < until_then:
                begun = time.monotonic()
                connection.execute("INSERT INTO bench (words) VALUES (%s)", (ROW,))
                taken.append(time.monotonic() - begun)

    with connect(host.settings) as connection:
        connection.execute("GRANT ALL ON bench TO folkmoot")
    writers = [threading.Thread(target=writer) for _ in range(WRITERS)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    return len(taken) / seconds, statistics.median(taken) * 1000


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(FolkmootError, OSError):
            if true():
                return
        time.sleep(0.1)
    raise SystemExit("the other host did not come")


if __name__ == "__main__":
    main()
