"""What processes cost, from /proc; and how fast the server's core is at the moment."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import IO

from bench import figures

_TICKS = os.sysconf("SC_CLK_TCK")

_FIXED_WORK = """
import hashlib, time
def work():
    begun, kept = time.process_time(), {}
    for n in range(60000):
        kept[n % 997] = str(n) + "x" * 20
    hashlib.sha256(b"x" * 4_000_000).digest()
    return (time.process_time() - begun) * 1000
work()
while True:
    time.sleep(0.4)
    print(f"{work():.2f}", flush=True)
"""


def cores() -> tuple[int, int]:
    """The core the server runs on and the one the load comes from; the same when there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (stat := _stat(int(name))):
            children.setdefault(int(stat[1]), []).append(int(name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of the family so far, with its members that have ended."""
    return sum(sum(map(int, stat[11:15])) for pid in family(root) if (stat := _stat(pid))) / _TICKS


def memory_mib(root: int) -> float:
    """Proportional set size of the family: what several share is counted once."""
    total = 0
    for pid in family(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as lines:
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except OSError:  # it has just ended
            continue
    return total / 1_024


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on, or None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as source:
            return source.read().rpartition(")")[2].split()
    except OSError:
        return None


class CoreSpeed:
    """Does a fixed piece of work on a core a few times a second while the block runs; `ms` is its median afterwards.

    A second of a shared virtual core is worth once to twice the work, as its neighbours allow.
    """

    def __init__(self, core: int) -> None:
        self._core = core
        self._notes: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed in __exit__
        self._process: subprocess.Popen[str] | None = None
        self.ms = figures.REFERENCE_MS

    def __enter__(self) -> CoreSpeed:
        self._process = subprocess.Popen([sys.executable, "-c", _FIXED_WORK], stdout=self._notes, text=True)
        os.sched_setaffinity(self._process.pid, {self._core})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._notes.seek(0)
        if taken := [float(line) for line in self._notes.read().split()]:
            self.ms = figures.median(taken)
        self._notes.close()
