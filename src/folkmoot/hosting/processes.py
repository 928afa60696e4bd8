"""What the kernel knows about processes, and how ours are tied to the one that started them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
MARK = "FOLKMOOT_SUPERVISED"
"""Variable every supervised process carries, with the data folder it works for."""


def tied_to_us(on_death: signal.Signals) -> Callable[[], None]:
    """What a new child runs first, so that the kernel ends it with `on_death` when this process is gone."""
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def tie() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(on_death), 0, 0, 0)
            if os.getppid() != parent:  # gone between our birth and this line
                os._exit(1)

    return tie


def is_alive(pid: int) -> bool:
    """Whether a process runs under this number; one that ended and waits for its parent does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def working_folder(pid: int) -> Path | None:
    """Where the process stands, None when it is gone or not ours to ask."""
    with contextlib.suppress(OSError):
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    return None


def anyone_in(folder: Path) -> bool:
    """Whether any process we may ask about stands in this folder."""
    return any(working_folder(pid) == folder for pid, _ in _groups())


def wait_for_end(pid: int, seconds: float) -> bool:
    """Wait until the process is gone; False when it still lives after `seconds`."""
    until = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def group_members(group: int) -> list[int]:
    """Every living process of a process group."""
    return [pid for pid, its_group in _groups() if its_group == group]


def end_leftovers(group: int, data: Path) -> None:
    """Kill what a killed supervisor left behind in a process group, if it carries the mark of this data folder."""
    mark = f"{MARK}={data}".encode()
    for pid in group_members(group):
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
                wait_for_end(pid, 5)


def _groups() -> list[tuple[int, int]]:
    """Every living process and its group."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                state, _, group = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[:3]
                if state != "Z":
                    found.append((int(name), int(group)))
    return found
