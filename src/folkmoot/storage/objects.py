"""Objects in a folder, in a bucket or, for tests, in memory."""

from __future__ import annotations

import asyncio
import ctypes
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from folkmoot.errors import Missing, TooLarge, Unavailable
from folkmoot.settings import Settings
from folkmoot.storage.keys import Key, content_type_of, is_key, is_name, key_of

_MB = 1024 * 1024
_DEADLINE_SECONDS = 60
"""No call lasts longer, retries included."""
_UNFINISHED_SECONDS = 3600
"""Age at which an unfinished file in the folder can only be left over from a crash."""
_NAMED = "public/"
"""Below it lies what has a name of ours: static files any server may hand out as they are."""


class Storage:
    """A place for objects. Whatever `put` has answered is safe; trouble with the place is Unavailable."""

    def __init__(self, store: LocalStore | MemoryStore | S3Store, *, largest: int = 64 * _MB) -> None:
        self._store = store
        self.largest = largest

    async def put(self, data: bytes, content_type: str) -> Key:
        """Keep these bytes and say under which key; keeping them twice changes nothing."""
        if len(data) > self.largest:
            raise TooLarge(cause=f"storage: {len(data)} bytes, at most {self.largest}")
        key = key_of(data, content_type)
        async with self._trouble_named(f"write {key}"):
            await self._write(key, data)
        return key

    async def get(self, key: str, range: tuple[int, int] | None = None) -> bytes:
        """The bytes, or those from `range[0]` up to and without `range[1]`. Raises Missing."""
        if not is_key(key):
            raise Missing()
        async with self._trouble_named(f"read {key}"):
            if range is None:
                found = await obstore.get_async(self._store, key)
                return bytes(await found.bytes_async())
            start, end = range
            if not 0 <= start < end:
                return b""
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def size(self, key: str) -> int:
        """How many bytes the object has. Raises Missing."""
        if not is_key(key):
            raise Missing()
        async with self._trouble_named(f"look at {key}"):
            return (await obstore.head_async(self._store, key))["size"]

    async def exists(self, key: str) -> bool:
        """Whether the object is there."""
        try:
            await self.size(key)
        except Missing:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Take the object away; one that is gone already is fine."""
        if not is_key(key):
            return
        with suppress(Missing):
            async with self._trouble_named(f"delete {key}"):
                await obstore.delete_async(self._store, key)

    # Named objects ---------------------------------------------------------------------------------------------------

    async def publish(self, name: str, data: bytes, content_type: str, *, cache: str) -> None:
        """Keep these bytes as the file `name` below public/, in place of what was there; `cache` is its Cache-Control.

        Only for what can be made again from the database: named objects are in no manifest.
        """
        async with self._trouble_named(f"publish {name}"):
            await self._write_named(_named(name), data, {"Content-Type": content_type, "Cache-Control": cache})

    async def published(self, name: str) -> bytes:
        """The file of this name. Raises Missing."""
        async with self._trouble_named(f"read {name}"):
            return bytes(await (await obstore.get_async(self._store, _named(name))).bytes_async())

    async def withdraw(self, name: str) -> None:
        """Take a named file away; one that is gone already is fine."""
        with suppress(Missing):
            async with self._trouble_named(f"withdraw {name}"):
                await obstore.delete_async(self._store, _named(name))

    async def _write_named(self, path: str, data: bytes, attributes: dict[str, str]) -> None:
        await obstore.put_async(self._store, path, data, attributes=attributes)

    async def _write(self, key: Key, data: bytes) -> None:
        await obstore.put_async(
            self._store,
            key,
            data,
            attributes={
                "Content-Type": content_type_of(key),
                "Cache-Control": "public, max-age=31536000, immutable",
            },
        )

    @asynccontextmanager
    async def _trouble_named(self, deed: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                yield
        except FileNotFoundError as error:
            raise Missing(cause=f"storage: {deed}: {error}") from error
        except TimeoutError as error:
            raise Unavailable(cause=f"storage: {deed}: no answer within {_DEADLINE_SECONDS} s") from error
        except (BaseError, OSError, ValueError) as error:
            raise Unavailable(cause=f"storage: {deed}: {type(error).__name__}: {error}") from error


class FolderStorage(Storage):
    """Objects as files below one folder.

    Written by ourselves and not through obstore, which has no word for fsync: a file appears under its name only when
    its bytes and its folder entry are on the disk.
    """

    def __init__(self, folder: Path, *, largest: int = 64 * _MB) -> None:
        self.folder = folder
        self._unfinished = folder / ".unfinished"
        try:
            self._unfinished.mkdir(parents=True, exist_ok=True)
            self._forget_unfinished()
        except OSError as error:
            raise Unavailable(cause=f"storage: the media folder {folder} cannot be used: {error.strerror}") from error
        super().__init__(LocalStore(folder), largest=largest)

    async def _write(self, key: Key, data: bytes) -> None:
        await asyncio.to_thread(self._write_file, self.folder / key, data)

    async def _write_named(self, path: str, data: bytes, attributes: dict[str, str]) -> None:
        await asyncio.to_thread(self._replace_file, self.folder / path, data)

    def _write_file(self, path: Path, data: bytes) -> None:
        with suppress(FileNotFoundError):
            if path.stat().st_size == len(data):
                return
        self._replace_file(path, data)

    def _replace_file(self, path: Path, data: bytes) -> None:
        unfinished = self._unfinished / secrets.token_hex(16)
        try:
            with unfinished.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.replace(path)
        except FileNotFoundError as error:  # which is not "no such object"
            raise Unavailable(cause=f"storage: the media folder {self.folder} was taken away") from error
        finally:
            unfinished.unlink(missing_ok=True)
        for folder in path.parents:
            sync_folder(folder)
            if folder == self.folder:
                break

    def _forget_unfinished(self) -> None:
        for file in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < time.time() - _UNFINISHED_SECONDS:
                    file.unlink()


class MemoryStorage(Storage):
    """Objects in memory, for tests."""

    def __init__(self, *, largest: int = 64 * _MB) -> None:
        super().__init__(MemoryStore(), largest=largest)

    async def keys(self) -> set[str]:
        """Everything kept."""
        return {each["path"] for each in await obstore.list(self._store).collect_async()}


def _named(name: str) -> str:
    if not is_name(name):
        raise Missing(cause=f"storage: {name!r} cannot be the name of a file")
    return _NAMED + name


def open_place(settings: Settings) -> Storage:
    """The one place where media are written. Raises Unavailable when the folder cannot be used."""
    largest = max(64, 2 * settings.upload_mb) * _MB
    if not settings.storage_url:
        return FolderStorage(settings.data / "media", largest=largest)
    return Storage(_bucket(settings), largest=largest)


def open_place_before(settings: Settings) -> Storage | None:
    """Where media lived before, while they are moved. Raises Unavailable when it cannot be used."""
    if not settings.storage_before:
        return None
    address = "" if settings.storage_before == "folder" else settings.storage_before
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    return open_place(
        replace(
            settings,
            storage_url=urlunsplit(parts._replace(query="")),
            storage_endpoint=query.get("endpoint", [""])[0],
            storage_region=query.get("region", [""])[0],
            storage_access_key=settings.storage_before_access_key,
            storage_secret_key=settings.storage_before_secret_key,
        )
    )


def _bucket(settings: Settings) -> S3Store:
    address = urlsplit(settings.storage_url)
    if address.scheme != "s3" or not address.netloc:
        raise Unavailable(cause="storage: storage_url must look like s3://bucket/prefix")
    return open_bucket(
        address.netloc,
        address.path.strip("/"),
        endpoint=settings.storage_endpoint,
        region=settings.storage_region,
        access_key=settings.storage_access_key,
        secret_key=settings.storage_secret_key.reveal(),
        seconds=30,
    )


def open_bucket(
    bucket: str, prefix: str, *, endpoint: str, region: str, access_key: str, secret_key: str, seconds: int
) -> S3Store:
    """A bucket of an S3-compatible provider; `seconds` bounds one request. Raises Unavailable when it cannot be one."""
    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            config={
                "region": region or "us-east-1",
                "virtual_hosted_style_request": not endpoint,
                **({"endpoint": endpoint} if endpoint else {}),
                **({"access_key_id": access_key, "secret_access_key": secret_key} if access_key else {}),
            },
            client_options={
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=seconds),
                "allow_http": endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=45)},
        )
    except (BaseError, ValueError) as error:
        raise Unavailable(cause=f"storage: {type(error).__name__}: {error}") from error


def sync_folder(folder: Path) -> None:
    """Have the folder's entries on the disk, not only in memory."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def begin_writing(handle: int, start: int = 0, length: int = 0) -> None:
    """Have the disk begin with what was written to an open file, without waiting for it: less is left for the end.

    `length` 0 is up to the end of the file.
    """
    os.posix_fadvise(
        handle, start, length, os.POSIX_FADV_DONTNEED
    )  # Linux begins to write what is changed, and drops none of it


def sync_disk(folder: Path) -> None:
    """Have everything on the folder's file system on the disk: cheaper than an fsync for each of a thousand files."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)
