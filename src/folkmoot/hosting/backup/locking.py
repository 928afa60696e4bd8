"""One at a time where two would be in each other's way: locks of the kernel, so that a killed process leaves none."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from folkmoot.hosting.backup import errors


@contextlib.contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Be the only one who adds to or takes from the repository. Raises Busy."""
    with _held(folder / "lock", fcntl.LOCK_EX, what):
        yield


@contextlib.contextmanager
def beside_readers(folder: Path, what: str) -> Iterator[None]:
    """Read while nobody takes anything away. Raises Busy."""
    with _held(folder / "lock", fcntl.LOCK_SH, what):
        yield


@contextlib.contextmanager
def receiving(folder: Path) -> Iterator[None]:
    """Be the one who receives the journal. Raises Busy."""
    with _held(folder / "receiving.lock", fcntl.LOCK_EX, "backup follow"):
        yield


@contextlib.contextmanager
def _held(file: Path, kind: int, what: str) -> Iterator[None]:
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+") as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise errors.Busy(what=lock.read().strip() or "another command") from None
        if kind == fcntl.LOCK_EX:
            lock.truncate(0)
            lock.write(f"{what}, process {os.getpid()}")
            lock.flush()
        yield
