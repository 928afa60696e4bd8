"""A folder or a zip file, written in one go and read by name; whoever reads it takes no path from it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from folkmoot.hosting.export import errors
from folkmoot.hosting.export.rules import MANIFEST, UNFINISHED
from folkmoot.storage import sync_disk

PIECE = 1 << 20
"""Bytes read or written at once."""
LONGEST_LINE = 512 << 20
"""Bytes one row may have; a letter with its attachments stays far below."""


class Out:
    """A file that is being written: it knows its size and its sum."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sum = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._sum.update(data)
        self.size += len(data)
        return len(data)

    @property
    def sha256(self) -> str:
        return self._sum.hexdigest()


class Writer(Protocol):
    """Where an export goes. Nothing counts before `finish`."""

    place: Path

    def file(self, name: str, *, packed: bool = True) -> contextlib.AbstractContextManager[Out]:
        """A new file of this name; one at a time."""

    def has(self, name: str, size: int) -> bool:
        """Whether an earlier attempt left this file here, whole as far as its size tells."""

    def finish(self) -> None: ...

    def give_up(self) -> None: ...


class FolderWriter:
    """Files below a new folder; an attempt that was broken off is gone on with, its media stay."""

    def __init__(self, place: Path) -> None:
        self.place = place
        if place.exists() and any(place.iterdir()) and not (place / UNFINISHED).exists():
            raise errors.TargetNotEmpty(place=place, advice="name a new folder")
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        (place / UNFINISHED).touch()

    @contextlib.contextmanager
    def file(self, name: str, *, packed: bool = True) -> Iterator[Out]:
        path = self.place / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with open(part, "wb", opener=lambda at, flags: os.open(at, flags, 0o600)) as file:
            yield Out(file)
        part.replace(path)

    def has(self, name: str, size: int) -> bool:
        path = self.place / name
        return path.is_file() and path.stat().st_size == size

    def finish(self) -> None:
        sync_disk(self.place)
        (self.place / UNFINISHED).unlink()

    def give_up(self) -> None:
        """What is there stays for the next attempt."""


class ZipWriter:
    """One zip file; it gets its name when it is whole."""

    def __init__(self, place: Path) -> None:
        self.place = place
        if place.exists():
            raise errors.TargetNotEmpty(place=place, advice="name a new file")
        self._part = place.with_name(f"{place.name}.part")
        place.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", allowZip64=True)

    @contextlib.contextmanager
    def file(self, name: str, *, packed: bool = True) -> Iterator[Out]:
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        entry.external_attr = 0o600 << 16
        with self._zip.open(entry, "w", force_zip64=True) as file:
            yield Out(file)

    def has(self, name: str, size: int) -> bool:
        return False

    def finish(self) -> None:
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.place)

    def give_up(self) -> None:
        with contextlib.suppress(Exception):
            self._zip.close()
        self._file.close()
        self._part.unlink(missing_ok=True)


def write_to(place: Path) -> Writer:
    """A zip file when the name ends so, else a folder."""
    return ZipWriter(place) if place.suffix.lower() == ".zip" else FolderWriter(place)


class Reader:
    """What an export holds, by name."""

    place: Path

    def size(self, name: str) -> int | None:
        """Bytes of a file; None when there is none."""
        raise NotImplementedError

    def open(self, name: str) -> IO[bytes]:
        """The file, to be read once from its beginning."""
        raise NotImplementedError

    def close(self) -> None: ...

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file bit by bit. Raises DamagedExport when it is missing or cannot be unpacked."""
        try:
            with self.open(name) as file:
                while piece := file.read(PIECE):
                    yield piece
        except (KeyError, FileNotFoundError) as error:
            raise errors.DamagedExport(place=self.place, what=f"{name} is missing") from error
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
            raise errors.DamagedExport(place=self.place, what=f"{name} cannot be read", cause=str(error)) from error

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file, without their ends."""
        rest = b""
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > LONGEST_LINE:
                raise errors.DamagedExport(place=self.place, what=f"{name} has a line without end")
        if rest:
            yield rest

    def text(self, name: str, longest: int = 64 << 20) -> bytes:
        """A small file whole."""
        if (self.size(name) or 0) > longest:
            raise errors.DamagedExport(place=self.place, what=f"{name} is far too large")
        return b"".join(self.pieces(name))


class FolderReader(Reader):
    def __init__(self, place: Path) -> None:
        self.place = place
        if (place / UNFINISHED).exists():
            raise errors.DamagedExport(place=place, what="the export was never finished")

    def size(self, name: str) -> int | None:
        path = self.place / name
        return path.stat().st_size if path.is_file() and not path.is_symlink() else None

    def open(self, name: str) -> IO[bytes]:
        return open(self.place / name, "rb")


class ZipReader(Reader):
    def __init__(self, place: Path) -> None:
        self.place = place
        try:
            self._zip = zipfile.ZipFile(place)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise errors.DamagedExport(place=place, what="it is no whole zip file, perhaps cut short") from error

    def size(self, name: str) -> int | None:
        try:
            return self._zip.getinfo(name).file_size
        except KeyError:
            return None

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def close(self) -> None:
        self._zip.close()


def read_from(place: Path) -> Reader:
    """The export at this place. Raises NoExport and DamagedExport."""
    if not place.exists():
        raise errors.NoExport(place=place, file=MANIFEST)
    reader: Reader = FolderReader(place) if place.is_dir() else ZipReader(place)
    if reader.size(MANIFEST) is None:
        reader.close()
        raise errors.NoExport(place=place, file=MANIFEST)
    return reader


@contextlib.contextmanager
def room_on(place: Path) -> Iterator[None]:
    """Trouble with a full disk in words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise errors.DiskFull(place=place) from error
        raise


def check_room(place: Path, needed: int) -> None:
    """Refuse at once what cannot fit. Raises DiskFull."""
    above = next(each for each in (place, *place.absolute().parents) if each.exists())
    if shutil.disk_usage(above).free < needed:
        raise errors.ExportError(
            "The disk of {place} has {free} MB free, and this needs about {needed} MB: make room or choose another.",
            place=place,
            free=shutil.disk_usage(above).free // 2**20,
            needed=needed // 2**20 + 1,
        )
