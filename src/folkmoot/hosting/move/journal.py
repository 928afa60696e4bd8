"""What a move did, written down before and after each step: DATA/move/journal.jsonl, on the disk when a line is written.

Both hosts keep one. Whoever comes back after a crash reads it and knows how to go on (rules.py). Lines are only added.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from folkmoot import clock

What = Literal["begun", "done", "undone", "failed", "burned", "ended", "finished"]
"""Of a step: begun, done, undone, failed. Of a whole move: burned (its order must never be followed), ended, finished."""
LONGEST = 16 * 2**20
"""A journal beyond this is put aside at the next move."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: of which move, which side wrote it, the step ("" for the move itself), and what of it."""

    move: str
    side: Literal["giver", "taker"]
    step: str
    what: What
    at: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """The journal of one data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "move"
        self.file = self._folder / "journal.jsonl"
        self._ordered_end = data / "run" / "end-at"

    def add(self, entry: Entry) -> Entry:
        """Write a line; when this returns it is on the disk."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamped = Entry(entry.move, entry.side, entry.step, entry.what, entry.at or _now(), entry.detail)
        line = json.dumps({name: getattr(stamped, name) for name in Entry.__slots__}, default=str)
        is_new = not self.file.exists()
        handle = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"  # a line cut off by a crash stays apart
            os.write(handle, (b"\n" if torn else b"") + line.encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        self._end_as_ordered(stamped)
        return stamped

    def entries(self) -> list[Entry]:
        """Every line that is whole, the oldest first."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
                with contextlib.suppress(ValueError, TypeError):
                    found.append(Entry(**json.loads(line)))
        return found

    def of_last_move(self, side: Literal["giver", "taker"]) -> list[Entry]:
        """The lines this side wrote about the move it took part in last; none when there was none."""
        ours = [entry for entry in self.entries() if entry.side == side]
        return [entry for entry in ours if entry.move == ours[-1].move] if ours else []

    def put_aside(self) -> None:
        """Keep a very long journal under another name."""
        with contextlib.suppress(FileNotFoundError):
            if self.file.stat().st_size > LONGEST:
                self.file.replace(self.file.with_suffix(".old.jsonl"))

    def _end_as_ordered(self, entry: Entry) -> None:
        """A drill orders this process to die right after a line (DATA/run/end-at), once: what a real crash would do."""
        with contextlib.suppress(OSError):
            if self._ordered_end.read_text().strip() == f"{entry.side}:{entry.step}:{entry.what}":
                self._ordered_end.unlink()
                os.kill(os.getpid(), signal.SIGKILL)


def _now() -> str:
    return clock.now().isoformat(timespec="milliseconds")
