"""The journal out of the spool into the repository: whole segments, and every few seconds what the newest one grew by."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from folkmoot.hosting.backup.journal import Journal, Part, number_of, read_name
from folkmoot.hosting.backup.receiving import PARTIAL

SLACK = 8192
"""Zeros at the end of a record cannot be told from zeros not yet written: so much is taken for received."""


class Shipper:
    """Ships one spool. What was sent before this process began is found in the repository."""

    def __init__(self, journal: Journal, spool: Path, segment_size: int) -> None:
        self._journal = journal
        self._spool = spool
        self._size = segment_size
        self._parts: dict[str, list[Part]] = {}
        for part in journal.parts():
            self._parts.setdefault(part.file, []).append(part)
        self.reached = 0
        """The byte of the database's journal up to which everything is in the repository."""
        self.complete_at: datetime | None = None
        """The moment up to which everything is in the repository."""

    def ship(self, now: datetime, written: int) -> int:
        """Send what is there; `written` is how far the server was at `now`. Says how many bytes went out.

        A file is taken away only when the repository has all of it.
        """
        sent = 0
        for file in sorted(self._spool.iterdir()):
            part = read_name(file.name)
            if part is not None and not part.end:
                sent += self._ship_whole(file, part, now)
        for file in sorted(self._spool.glob(f"*{PARTIAL}")):
            sent += self._ship_growth(file, now, written)
        return sent

    def _ship_whole(self, file: Path, part: Part, now: datetime) -> int:
        known = self._parts.setdefault(part.file, [])
        if part in known:
            sent = 0
        else:
            sent = self._journal.send(part, file.read_bytes(), now)
        for piece in [each for each in known if each.end]:
            self._journal.delete(piece)
        self._parts[part.file] = [part]
        if not part.is_history:
            file.unlink()
            self.reached = max(self.reached, (number_of(part.file, self._size) + 1) * self._size)
        return sent

    def _ship_growth(self, file: Path, now: datetime, written: int) -> int:
        name = file.name.removesuffix(PARTIAL)
        data = file.read_bytes().rstrip(b"\0")
        known = self._parts.setdefault(name, [])
        begin = max((each.end for each in known), default=0)
        sent = 0
        if len(data) > begin:
            part = Part(name, begin, len(data))
            sent = self._journal.send(part, data[begin:], now)
            known.append(part)
        start = number_of(name, self._size) * self._size
        self.reached = max(self.reached, start + len(data))
        if self.reached + SLACK >= written:
            self.complete_at = now
        return sent


def spooled(spool: Path) -> int:
    """Bytes that wait in a spool."""
    return sum(file.stat().st_blocks * 512 for file in spool.iterdir()) if spool.is_dir() else 0
