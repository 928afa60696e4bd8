"""Objects under names of the caller's choosing, in a folder or in a bucket that is not that of media: backups.

Synchronous and safe to use from many threads; from a coroutine call it through `asyncio.to_thread`. What `put` has
answered is safe, unless it was told to hurry: then it is safe once `settle` has answered.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from folkmoot.errors import Missing, Unavailable
from folkmoot.storage.objects import begin_writing, open_bucket, sync_disk, sync_folder

_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)
_UNFINISHED = ".unfinished"
_SECONDS = 300
"""No request lasts longer: a chunk of some megabytes over a thin line."""


class StorageFull(Unavailable):
    """There is no room left where objects are to be written."""

    sentence = "{place} is full: make room there and start again; nothing that was written before is lost."


class StorageTrouble(Unavailable):
    """The place answers with an error, or not at all."""

    sentence = "{place} cannot be used: {reason}."


@dataclass(frozen=True, slots=True)
class Named:
    """An object as the place lists it."""

    name: str
    size: int
    changed_at: datetime


class NamedObjects:
    """A place for objects with names. Trouble with it is StorageTrouble or StorageFull, in words for an operator."""

    place: str
    """Where this is, in words fit for a screen."""

    def put(self, name: str, data: bytes | bytearray, *, hurry: bool = False) -> None:
        """Write an object whole, over one of the same name."""
        raise NotImplementedError

    def get(self, name: str) -> bytes:
        """The object's bytes. Raises Missing."""
        raise NotImplementedError

    def size(self, name: str) -> int:
        """How many bytes the object has. Raises Missing."""
        raise NotImplementedError

    def delete(self, name: str) -> None:
        """Take the object away; one that is gone already is fine."""
        raise NotImplementedError

    def list(self, prefix: str = "") -> Iterator[Named]:
        """Every object whose name begins with the folder `prefix` (all of them when it is empty), in no order."""
        raise NotImplementedError

    def settle(self) -> None:
        """Return when everything written in a hurry is as safe as the rest."""


class NamedFolder(NamedObjects):
    """Objects as files below one folder; a file appears under its name whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = f"The folder {folder}"
        with self._trouble():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, name: str, data: bytes | bytearray, *, hurry: bool = False) -> None:
        path = self.folder / _checked(name)
        unfinished = self.folder / _UNFINISHED / secrets.token_hex(16)
        with self._trouble():
            try:
                try:
                    file = unfinished.open("xb", buffering=0)
                except FileNotFoundError:
                    unfinished.parent.mkdir(mode=0o700, exist_ok=True)
                    file = unfinished.open("xb", buffering=0)
                with file:
                    written = memoryview(data)
                    while written:
                        written = written[file.write(written) :]
                    if hurry:
                        begin_writing(file.fileno())
                    else:
                        os.fsync(file.fileno())
                try:
                    unfinished.replace(path)
                except FileNotFoundError:
                    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    unfinished.replace(path)
                if not hurry:
                    for above in [path.parent, *path.parent.parents]:
                        sync_folder(above)
                        if above == self.folder:
                            break
            finally:
                with suppress(OSError):
                    unfinished.unlink(missing_ok=True)

    def get(self, name: str) -> bytes:
        with self._trouble(name):
            return (self.folder / _checked(name)).read_bytes()

    def size(self, name: str) -> int:
        with self._trouble(name):
            return (self.folder / _checked(name)).stat().st_size

    def delete(self, name: str) -> None:
        with suppress(Missing), self._trouble(name):
            (self.folder / _checked(name)).unlink()

    def list(self, prefix: str = "") -> Iterator[Named]:
        top = self.folder / _checked(prefix) if prefix else self.folder
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(folder))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise self._named(error) from error
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != _UNFINISHED:
                        waiting.append(Path(entry.path))
                    continue
                with suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    name = str(Path(entry.path).relative_to(self.folder))
                    yield Named(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def settle(self) -> None:
        with self._trouble():
            sync_disk(self.folder)

    @contextmanager
    def _trouble(self, wanted: str = "") -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            if wanted:
                raise Missing(cause=f"{self.place} has no {wanted}") from error
            raise self._named(error) from error
        except OSError as error:
            raise self._named(error) from error

    def _named(self, error: OSError) -> Unavailable:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StorageFull(place=self.place)
        return StorageTrouble(place=self.place, reason=error.strerror or error)


class NamedBucket(NamedObjects):
    """Objects in an S3-compatible bucket, below a prefix."""

    def __init__(self, store: S3Store, place: str) -> None:
        self._store = store
        self.place = place

    def put(self, name: str, data: bytes | bytearray, *, hurry: bool = False) -> None:
        with self._trouble():
            obstore.put(self._store, _checked(name), data, use_multipart=False)

    def get(self, name: str) -> bytes:
        with self._trouble(name):
            return bytes(obstore.get(self._store, _checked(name)).bytes())

    def size(self, name: str) -> int:
        with self._trouble(name):
            return obstore.head(self._store, _checked(name))["size"]

    def delete(self, name: str) -> None:
        with suppress(Missing), self._trouble(name):
            obstore.delete(self._store, _checked(name))

    def list(self, prefix: str = "") -> Iterator[Named]:
        with self._trouble():
            for batch in obstore.list(self._store, prefix=_checked(prefix) if prefix else None, chunk_size=1000):
                for each in batch:
                    yield Named(each["path"], each["size"], each["last_modified"])

    @contextmanager
    def _trouble(self, wanted: str = "") -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if wanted:
                raise Missing(cause=f"{self.place} has no {wanted}") from error
            raise StorageTrouble(place=self.place, reason="there is no such bucket", cause=str(error)) from error
        except (BaseError, OSError, ValueError) as error:
            raise StorageTrouble(place=self.place, reason=_reason(error), cause=str(error)) from error


def open_named(
    address: str, *, access_key: str = "", secret_key: str = "", region: str = "", folder: Path | None = None
) -> NamedObjects:
    """The place of an address: a folder (a relative one below `folder`), or s3://bucket/prefix?endpoint=https://...

    Raises StorageTrouble when the address is none or the folder cannot be made.
    """
    if "://" not in address:
        return NamedFolder(((folder or Path.cwd()) / Path(address).expanduser()).absolute())
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    if parts.scheme != "s3" or not parts.netloc or set(query) - {"endpoint", "region"}:
        raise StorageTrouble(
            place=address, reason="an address is a folder or looks like s3://bucket/prefix?endpoint=https://host"
        )
    store = open_bucket(
        parts.netloc,
        parts.path.strip("/"),
        endpoint=query.get("endpoint", [""])[0],
        region=query.get("region", [region])[0],
        access_key=access_key,
        secret_key=secret_key,
        seconds=_SECONDS,
    )
    return NamedBucket(store, f"The bucket {parts.scheme}://{parts.netloc}{parts.path}")


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise Missing(cause=f"storage: {name!r} is no name of an object")
    return name


def _reason(error: Exception) -> str:
    """The one line of an S3 error that helps: the status and what the provider calls it."""
    text = str(error)
    code = re.search(r"<Code>(\w+)</Code>", text)
    if code:
        return f"the provider says {code[1]}"
    status = re.search(r"status code: (\d+)|with status (\d+)|\b(4\d\d|5\d\d) [A-Z]", text)
    if status:
        return f"the provider answers with status {next(each for each in status.groups() if each)}"
    if "kind: Connect" in text:
        return "nobody answers at its address"
    if "timed out" in text or "kind: Timeout" in text:
        return "it does not answer in time"
    return "it cannot be reached or refuses: " + (text.splitlines() or [type(error).__name__])[0][:160].rstrip(".")
