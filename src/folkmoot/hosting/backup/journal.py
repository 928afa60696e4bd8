"""The database's journal (WAL) in the repository: whole segments, and for the newest one the bytes so far.

Segments are `wal/EPOCH/SEGMENT`; parts of one that still grows are `wal/EPOCH/SEGMENT.FROM-TO` and go once the whole one
is there. Segments are put together by number, so a missing one is found before a server is started.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.backup.repository import Repository
from folkmoot.hosting.backup.sealing import NotOpened, squeeze, unsqueeze

_NAME = re.compile(
    r"(?P<segment>[0-9A-F]{24})(\.(?P<begin>\d+)-(?P<end>\d+))?|(?P<history>[0-9A-F]{8}\.history)", re.ASCII
)
_STAMP = struct.Struct(">q")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Something of the journal that lies in the repository. `end` is 0 for a whole segment or a history file."""

    file: str
    begin: int = 0
    end: int = 0

    @property
    def name(self) -> str:
        return f"{self.file}.{self.begin}-{self.end}" if self.end else self.file

    @property
    def timeline(self) -> int:
        return int(self.file[:8], 16)

    @property
    def is_history(self) -> bool:
        return self.file.endswith(".history")


@dataclass(frozen=True, slots=True)
class Plan:
    """What of the journal a restore needs, in order, without a gap."""

    files: dict[str, list[Part]] = field(default_factory=dict)
    gap: str = ""
    """The segment that is missing although later ones are there."""


def read_name(name: str) -> Part | None:
    """The part an object of this name is; None when it is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    if found["history"]:
        return Part(found["history"])
    begin, end = int(found["begin"] or 0), int(found["end"] or 0)
    return None if found["begin"] and end <= begin else Part(found["segment"], begin, end)


def position(lsn: str) -> int:
    """The byte of a position such as `0/3000028`."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def number_of(file: str, size: int) -> int:
    """The number of a segment, counted over all timelines alike."""
    return int(file[8:16], 16) * (2**32 // size) + int(file[16:24], 16)


def file_of(timeline: int, number: int, size: int) -> str:
    """What the segment of this number is called."""
    high, low = divmod(number, 2**32 // size)
    return f"{timeline:08X}{high:08X}{low:08X}"


def plan(parts: Iterable[Part], start: str, stop: str, size: int) -> Plan:
    """What follows a base copy whose own journal goes from `start` to `stop`, as far as it goes without a gap."""
    files: dict[str, list[Part]] = {}
    for part in parts:
        files.setdefault(part.file, []).append(part)
    chosen: dict[str, list[Part]] = {}
    numbers: dict[int, list[str]] = {}
    for file, found in files.items():
        if file.endswith(".history"):
            chosen[file] = found
        else:
            numbers.setdefault(number_of(file, size), []).append(file)
    first, inside = position(start) // size, (position(stop) - 1) // size
    number = first
    while number <= inside or number in numbers:
        joined = {file: join(files[file]) for file in numbers.get(number, [])}
        chosen.update({file: parts for file, parts in joined.items() if parts})
        is_whole = any(parts and not parts[-1].end for parts in joined.values())
        if number > inside and not is_whole:
            break
        number += 1
    is_torn = any(each > number for each in numbers)
    return Plan(chosen, file_of(1, number, size)[8:] if is_torn else "")


def join(parts: Sequence[Part]) -> list[Part]:
    """The whole file when it is there, else the parts that lead from its beginning as far as possible."""
    for part in parts:
        if not part.end:
            return [part]
    reached, chosen = 0, []
    for part in sorted(parts, key=lambda each: (each.begin, -each.end)):
        if part.begin == reached:
            chosen.append(part)
            reached = part.end
    return chosen


class Journal:
    """The journal of one epoch in a repository."""

    def __init__(self, repository: Repository, epoch: int) -> None:
        self._repository = repository
        self.folder = f"wal/{epoch:04}"

    def parts(self) -> list[Part]:
        """Everything that lies there."""
        listed = (read_name(each.name.rpartition("/")[2]) for each in self._repository.objects.list(self.folder))
        return sorted(part for part in listed if part is not None)

    def send(self, part: Part, data: bytes, at: datetime) -> int:
        """Seal and write one part, as it was at a moment."""
        stamp = _STAMP.pack(int(at.timestamp() * 1e6))
        return self._repository.put(f"{self.folder}/{part.name}", stamp + squeeze(data))

    def read(self, part: Part) -> tuple[datetime, bytes]:
        """A part and the moment it was sent. Raises Lost and Damaged."""
        place = f"{self.folder}/{part.name}"
        opened = self._repository.get(place)
        try:
            (stamp,) = _STAMP.unpack_from(opened)
            data = unsqueeze(opened[_STAMP.size :])
            if part.end and len(data) != part.end - part.begin:
                raise NotOpened("it has another length than its name says")
        except struct.error as error:
            raise self._repository.damaged(place, NotOpened("it is cut short")) from error
        except NotOpened as error:
            raise self._repository.damaged(place, error) from error
        return datetime.fromtimestamp(stamp / 1e6, UTC), data

    def delete(self, part: Part) -> None:
        """Take a part away."""
        self._repository.objects.delete(f"{self.folder}/{part.name}")

    def newest(self, planned: Plan) -> datetime | None:
        """When the last part of a plan was sent: so far a restore can go."""
        if not planned.files:
            return None
        segments = [parts for file, parts in sorted(planned.files.items()) if not file.endswith(".history")]
        return self.read(segments[-1][-1])[0] if segments else None

    def fetch(self, planned: Plan, folder: Path, size: int, progress: Progress) -> None:
        """Write the files of a plan into a folder; what is there already stays."""
        progress.begin("Fetching the journal", len(planned.files) * size)

        def one(file: str, parts: list[Part]) -> None:
            target = folder / file
            if not target.exists():
                data = b"".join(self.read(part)[1] for part in parts)
                if parts[-1].end:
                    data += bytes(size - len(data))
                making = target.with_suffix(".making")
                making.write_bytes(data)
                making.rename(target)
            progress.advance(size)

        with ThreadPoolExecutor(4, thread_name_prefix="journal") as pool:
            for done in [pool.submit(one, file, parts) for file, parts in sorted(planned.files.items())]:
                done.result()
