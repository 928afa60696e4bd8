"""Where requests wait while the network changes hosts: one page of memory shared by the web processes and the agent.

A file in DATA/run, mapped into each process. Asking costs a few loads and no call into the kernel, needs no database, and
works at the very moment the database is down, which is when it is needed (docs/decisions/move.md).
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

SIZE = 4096
_HEAD = struct.Struct("=8sII")
"""Magic, state, how often the state changed."""
_MAGIC = b"FMBAR\0\0\1"
_SLOT = struct.Struct("=IiiI")
"""Process, writes under way, requests under way, the last change it has taken note of."""
_FIRST_SLOT = 64
SLOTS = (SIZE - _FIRST_SLOT) // _SLOT.size


class State(IntEnum):
    """What happens to a request."""

    OPEN = 0
    """Everything passes."""
    HELD = 1
    """Writes wait; reads are answered here."""
    AWAY = 2
    """Writes wait; reads are answered by the other side, since our database is about to stop."""
    RELAY = 3
    """Everything is answered by the other side."""
    STANDBY = 4
    """This side follows: reads are answered, writes are not ours to take."""
    FENCED = 5
    """The network lives elsewhere and this side must never take a write again."""


class Barrier:
    """The page of one data folder. Making this object makes the file, open, when there is none."""

    def __init__(self, data: Path) -> None:
        path = file_of(data)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with self._alone():
            if os.fstat(self._handle).st_size != SIZE:
                os.ftruncate(self._handle, SIZE)
            self._page = mmap.mmap(self._handle, SIZE)
            if self._page[:8] != _MAGIC:
                _HEAD.pack_into(self._page, 0, _MAGIC, State.OPEN, 0)

    def close(self) -> None:
        """Let go of the page; the state stays."""
        self._page.close()
        os.close(self._handle)

    @property
    def state(self) -> State:
        """What happens to a request that comes now."""
        number: int = _HEAD.unpack_from(self._page)[1]
        return State(number)

    @property
    def is_open(self) -> bool:
        """Whether everything passes: the question of every request."""
        return self._page[8:12] == b"\0\0\0\0"

    @property
    def changes(self) -> int:
        """How often the state was set."""
        number: int = _HEAD.unpack_from(self._page)[2]
        return number

    def set(self, state: State) -> None:
        """From now on, for every process; setting the same state again counts as a change, too."""
        with self._alone():
            _HEAD.pack_into(self._page, 0, _MAGIC, state, (self.changes + 1) % 2**32)

    def join(self) -> Slot:
        """A place for this process's counts. Raises OSError when more than SLOTS processes want one."""
        with self._alone():
            for number in range(SLOTS):
                at = _FIRST_SLOT + number * _SLOT.size
                pid = _SLOT.unpack_from(self._page, at)[0]
                if pid in (0, os.getpid()) or not Path(f"/proc/{pid}").exists():
                    _SLOT.pack_into(self._page, at, os.getpid(), 0, 0, self.changes)
                    return Slot(self._page, at)
        raise OSError("more web processes than the barrier has places")

    def under_way(self) -> tuple[int, int]:
        """Writes and requests in general that living processes are answering."""
        counts = [(writes, requests) for _, writes, requests, _ in self._living()]
        return sum(writes for writes, _ in counts), sum(requests for _, requests in counts)

    def is_noted(self) -> bool:
        """Whether every living process has taken note of the last change."""
        changes = self.changes
        return all(noted == changes for _, _, _, noted in self._living())

    def processes(self) -> int:
        """How many living processes have a place here."""
        return sum(1 for _ in self._living())

    def _living(self) -> Iterator[tuple[int, int, int, int]]:
        for number in range(SLOTS):
            slot = _SLOT.unpack_from(self._page, _FIRST_SLOT + number * _SLOT.size)
            if slot[0] and Path(f"/proc/{slot[0]}").exists():
                yield slot

    @contextmanager
    def _alone(self) -> Iterator[None]:
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)


class Slot:
    """One process's place on the page: it alone writes there.

    A request counts itself first and looks at the state afterwards; whoever changes the state looks at the counts
    afterwards. So none slips through between the two.
    """

    def __init__(self, page: mmap.mmap, at: int) -> None:
        self._page = page
        self._at = at
        self._writes = 0
        self._requests = 0

    def enter(self, is_write: bool) -> None:
        """A request begins."""
        self._requests += 1
        self._writes += is_write
        struct.pack_into("=ii", self._page, self._at + 4, self._writes, self._requests)

    def leave(self, is_write: bool) -> None:
        """It is answered, or waits."""
        self._requests -= 1
        self._writes -= is_write
        struct.pack_into("=ii", self._page, self._at + 4, self._writes, self._requests)

    def note(self, changes: int) -> None:
        """This process has taken note of the change with this number."""
        struct.pack_into("=I", self._page, self._at + 12, changes)


def file_of(data: Path) -> Path:
    """Where the page of a data folder is."""
    return data / "run" / "barrier"
