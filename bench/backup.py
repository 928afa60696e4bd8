"""`python -m bench.backup`: how fast a backup and a restore are, against a plain copy of the same bytes in the same run.

Everything happens in one temporary folder on one disk; each copy is on the disk when its clock stops. Every way is held
against the plain copy of its own round, since another minute of a shared machine is another machine.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg

from folkmoot.database import migrate
from folkmoot.hosting.backup import Wanted, repository, restore, run
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.settings import Settings
from folkmoot.storage import sync_disk
from folkmoot.vault import open_vault

FORGET_SECONDS = 6
"""After files were deleted. ext4 gives no inode out again for five seconds and passes over each deleted one until then:
making a thousand files after deleting thousands cost a third of a second, whoever came first."""
VOCABULARY = 5000
"""Words of the made-up language; how often each comes follows Zipf's law, as in every language."""


class Figure(msgspec.Struct):
    """One way of copying."""

    name: str
    seconds: float
    cpu_seconds: float
    megabytes: float
    ratio: float = 0.0
    """Throughput against that of the plain copy in the same round: the median."""
    best: float = 0.0
    """The same, best round against best round."""
    cpu_ratio: float = 0.0
    """Processor seconds of the plain copy against these, least against least."""

    @property
    def rate(self) -> float:
        return self.megabytes / self.seconds


def main() -> None:
    """Fill, copy, back up, restore, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.backup", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500, help="of text to put into the database (default: 500)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default: 3)")
    parser.add_argument("--level", type=int, default=1, help="of packing, 0 for none (default: 1)")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-", dir=options.folder) as folder:
        top = Path(folder)
        top.chmod(0o711)
        figures = measure(top, options.megabytes, options.rounds, options.level)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(figures)).decode())
        return
    for each in figures:
        print(
            f"{each.name:<22} {each.megabytes:7.0f} MB {each.seconds:7.1f} s {each.rate:7.0f} MB/s"
            f" {each.cpu_seconds:6.2f} CPU s   x plain copy {each.ratio:.2f}, best {each.best:.2f}, CPU {each.cpu_ratio:.2f}"
        )


def measure(top: Path, megabytes: int, rounds: int, level: int) -> list[Figure]:
    """The median of each way, in turns, so that what else the machine does meets all alike."""
    settings = Settings(data=top / "data", backup_url=str(top / "repo"), backup_level=level)
    server = EmbeddedPostgres(settings)
    server.start()
    found: dict[str, list[Figure]] = {}
    try:
        migrate.upgrade(server.url)
        fill(server, megabytes)
        cluster = server.cluster
        size = sum(path.stat().st_size for path in cluster.rglob("*") if path.is_file() and "pg_wal" not in path.parts)
        for _ in range(rounds):
            objects = repository.objects_at(settings)
            _, pair = repository.make(objects, open_vault(settings.data), repository.Local.of(settings.data).writer)
            ways: dict[str, Callable[[], object]] = {
                "plain copy": lambda: copy(cluster, top / "copy"),
                "backup, full": lambda: run(settings, Wanted(full=True)),
                "backup, incremental": lambda: run(settings, Wanted()),
                "restore": lambda pair=pair, objects=objects: restore(  # type: ignore[misc]
                    repository.open_with_recovery(objects, pair.private), top / "new"
                ),
            }
            for name, way in ways.items():
                sync_disk(top)
                found.setdefault(name, []).append(timed(name, way, size / 1e6, server))
            for each in ("copy", "new", "repo"):
                shutil.rmtree(top / each)
            sync_disk(top)
            time.sleep(FORGET_SECONDS)
    finally:
        server.stop()
    plain = found["plain copy"]
    return [against(each, plain) for each in found.values()]


def against(rounds: list[Figure], plain: list[Figure]) -> Figure:
    """The middle one of the rounds, held against the plain copies of the same rounds."""
    middle = sorted(rounds, key=lambda figure: figure.seconds)[len(rounds) // 2]
    middle.ratio = statistics.median(its.seconds / own.seconds for its, own in zip(plain, rounds, strict=True))
    middle.best = min(each.seconds for each in plain) / min(each.seconds for each in rounds)
    middle.cpu_ratio = min(each.cpu_seconds for each in plain) / min(each.cpu_seconds for each in rounds)
    return middle


def timed(name: str, way: Callable[[], object], megabytes: float, server: EmbeddedPostgres) -> Figure:
    """Wall time, and the CPU time of ourselves, our children and the server."""
    before, begun = cpu(server), time.monotonic()
    way()
    return Figure(name, time.monotonic() - begun, cpu(server) - before, megabytes)


def cpu(server: EmbeddedPostgres) -> float:
    """Seconds spent so far."""
    spent = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        spent += used.ru_utime + used.ru_stime
    running = server.find_postmaster()
    if running is not None:
        parts = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()
        spent += sum(map(int, parts[11:15])) / os.sysconf("SC_CLK_TCK")
    return spent


def copy(cluster: Path, target: Path) -> None:
    """The plain copy everything is held against."""
    subprocess.run(["cp", "-a", cluster, target], check=False, stderr=subprocess.DEVNULL)  # files may go meanwhile
    sync_disk(target)


def fill(server: EmbeddedPostgres, megabytes: int) -> None:
    """Text as people write it, more or less."""
    chance = random.Random(7)
    letters = "eeeeeetttaaaooiinnsshhrrddlcumwfgypbvk"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE spoken (id bigint PRIMARY KEY, words text NOT NULL)")
        with connection.cursor().copy("COPY spoken FROM STDIN") as rows:
            for number in range(megabytes * 1000 * 1000 // 260):
                said = " ".join(chance.choices(words, cum_weights=weights, k=40))
                rows.write_row((number << 16 | chance.getrandbits(16), said))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM (FREEZE, ANALYZE) spoken")


if __name__ == "__main__":
    main()
