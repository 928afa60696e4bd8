"""Puts the files of a base copy back on the disk; killed in the middle, it goes on where it was."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from io import FileIO
from pathlib import Path, PurePosixPath

from folkmoot.hosting.backup import chunks
from folkmoot.hosting.backup.cutting import BLOCK, LARGE, Header, NotATar, padded, read_header
from folkmoot.hosting.backup.manifest import Manifest
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.backup.repository import Repository
from folkmoot.hosting.backup.sealing import NotOpened
from folkmoot.hosting.postgres.places import Owner
from folkmoot.storage import begin_writing, sync_disk

WRITERS = 2
"""Threads that write one large file: making pages for it is most of the work, and another thread's as well as ours."""
NOTE_EVERY = 256 * 2**20
"""Bytes after which what was unpacked is made safe and noted."""


def unpack(
    repository: Repository, backup: Manifest, folder: Path, owner: Owner, note: Path, progress: Progress
) -> None:
    """Write the files of one backup into the folder, which belongs to `owner` afterwards.

    Raises Lost, Damaged, OSError (a full disk). `note` remembers how many chunks need not be read again.
    """
    done = _noted(note)
    progress.advance(sum(each.size for each in backup.stream[:done]))
    with ThreadPoolExecutor(WRITERS, thread_name_prefix="unpack") as writers:
        Unpacker(folder, owner, writers).take(_noting(repository, backup, done, note, progress), repository, backup)
    note.write_text(str(len(backup.stream)))


def _noting(repository: Repository, backup: Manifest, done: int, note: Path, progress: Progress) -> Iterator[bytes]:
    since = 0
    for number, data in enumerate(chunks.fetch(repository, backup.stream[done:]), done):
        # A new one is asked for when the one before is written: at a header, all before it is whole.
        if since > NOTE_EVERY and backup.stream[number].at_header:
            sync_disk(note.parent)
            note.write_text(str(number))
            since = 0
        since += len(data)
        yield data
        progress.advance(len(data))


class Unpacker:
    """Reads a tar of plain files and folders, and writes it below one folder; parts of large files side by side."""

    def __init__(self, folder: Path, owner: Owner, writers: Executor) -> None:
        self._folder = folder
        self._owner = owner
        self._writers = writers
        self._is_root = os.geteuid() == 0
        self._made: set[Path] = set()

    def take(self, stream: Iterator[bytes], repository: Repository, backup: Manifest) -> None:
        """Write everything that comes."""
        self._make_folder(self._folder)
        source = _Source(stream)
        try:
            while block := source.take(BLOCK, may_end=True):
                header = read_header(block)
                if header is not None:
                    self._write(header, source)
        except NotATar as error:
            raise repository.damaged(f"backups/{backup.name}", NotOpened(str(error))) from error

    def _write(self, header: Header, source: _Source) -> None:
        path = PurePosixPath(header.name)
        if path.is_absolute() or ".." in path.parts or "\0" in header.name:
            raise NotATar("a file wants to lie outside")
        target = self._folder / path
        if header.kind == "5":
            self._make_folder(target)
            return
        if header.kind not in "0\0":
            raise NotATar("it holds something that is neither file nor folder")
        self._make_folder(target.parent)
        with open(target, "wb", buffering=0, opener=private) as file:
            if self._is_root:
                os.fchown(file.fileno(), self._owner.uid, self._owner.gid)
            if header.size < LARGE:
                source.copy(header.size, file.write)
            else:
                with _Spread(file, header.size, self._writers) as spread:
                    source.copy(header.size, spread.write)
        source.take(padded(header.size) - header.size)

    def _make_folder(self, folder: Path) -> None:
        if folder in self._made:
            return
        if folder != self._folder:
            self._make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._is_root:
            os.chown(folder, self._owner.uid, self._owner.gid)
        self._made.add(folder)


class _Source:
    """Bytes taken in other lengths than they come in."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream = stream
        self._now = memoryview(b"")

    def take(self, size: int, *, may_end: bool = False) -> bytes:
        taken = bytearray()
        while len(taken) < size:
            if not self._now and not self._more():
                if may_end and not taken:
                    return b""
                raise NotATar("it ends inside a file")
            part = self._now[: size - len(taken)]
            taken += part
            self._now = self._now[len(part) :]
        return bytes(taken)

    def copy(self, size: int, write: Callable[[memoryview], int]) -> None:
        while size:
            if not self._now and not self._more():
                raise NotATar("it ends inside a file")
            part = self._now[:size]
            written = write(part)
            self._now = self._now[written:]
            size -= written

    def _more(self) -> bool:
        self._now = memoryview(next(self._stream, b""))
        return bool(self._now)


class _Spread:
    """A large file whose parts are written by several threads; when the block ends, all of it is written."""

    def __init__(self, file: FileIO, size: int, writers: Executor) -> None:
        self._handle = file.fileno()
        self._writers = writers
        self._at = 0
        self._writing: deque[Future[None]] = deque()
        os.truncate(self._handle, size)

    def __enter__(self) -> _Spread:
        return self

    def write(self, part: memoryview) -> int:
        """Have a part written, and the disk begin with it at once; says how much of it that is: all."""
        self._writing.append(self._writers.submit(self._put, part, self._at))
        self._at += len(part)
        while len(self._writing) > WRITERS + 1:  # what waits is in memory
            self._writing.popleft().result()
        return len(part)

    def _put(self, part: memoryview, at: int) -> None:
        done = 0
        while done < len(part):
            done += os.pwrite(self._handle, part[done:], at + done)
        begin_writing(self._handle, at, len(part))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        wait(self._writing)  # the file is closed next, whatever happened
        if kind is None:
            for each in self._writing:
                each.result()


def give(folder: Path, owner: Owner) -> None:
    """Make everything below a folder its owner's, when we are root and made it."""
    if os.geteuid() != 0:
        return
    for above, folders, files in os.walk(folder):
        for path in [above, *(os.path.join(above, name) for name in [*folders, *files])]:
            os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _noted(note: Path) -> int:
    try:
        return int(note.read_text())
    except (FileNotFoundError, ValueError):
        return 0
