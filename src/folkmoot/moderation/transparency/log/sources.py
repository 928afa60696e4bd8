"""Where somebody has a log from: a folder, or any server that hands out its files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

from folkmoot.errors import Unavailable
from folkmoot.moderation.transparency.log.names import PREFIX

SECONDS = 30
TRIES = 3
MOST_BYTES = 256 * (2 + 65_535)
"""No file of a log is larger."""


class Source(Protocol):
    """A log's files by their paths."""

    async def fetch(self, path: str) -> bytes | None:
        """The bytes, None when there is no such file. Raises Unavailable."""

    def names(self) -> set[str] | None:
        """Every file there is, None where one cannot know."""


class Folder:
    """Files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def fetch(self, path: str) -> bytes | None:
        file = self._folder / path
        try:
            return file.read_bytes() if file.stat().st_size <= MOST_BYTES else b""
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise Unavailable("{file} cannot be read.", file=str(file), cause=str(error)) from error

    def names(self) -> set[str] | None:
        return {str(file.relative_to(self._folder)) for file in self._folder.rglob("*") if file.is_file()}


class Site:
    """Files a server hands out."""

    def __init__(self, session: aiohttp.ClientSession, prefix: str) -> None:
        self._session = session
        self._prefix = prefix.rstrip("/")

    async def fetch(self, path: str) -> bytes | None:
        for wait in range(1, TRIES + 1):
            try:
                async with self._session.get(f"{self._prefix}/{path}") as answer:
                    if answer.status in (404, 410):
                        return None
                    if answer.status == 200:
                        data = await answer.content.read(MOST_BYTES + 1)
                        while len(data) <= MOST_BYTES and (more := await answer.content.read(MOST_BYTES)):
                            data += more
                        return data[: MOST_BYTES + 1]
                    trouble = f"it answers {answer.status}"
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                trouble = str(error) or type(error).__name__
            if wait < TRIES:
                await asyncio.sleep(wait)
        raise Unavailable("{url} cannot be fetched: {why}", url=f"{self._prefix}/{path}", why=trouble)

    def names(self) -> set[str] | None:
        return None


@asynccontextmanager
async def open_source(place: str) -> AsyncIterator[Source]:
    """The log at an address (of a site, or of the log's own prefix) or in a folder. Raises Unavailable."""
    if not place.startswith(("http://", "https://")):
        folder = Path(place)
        if not folder.is_dir():
            raise Unavailable("{place} is neither a folder nor an address.", place=place)
        yield Folder(folder)
        return
    prefix = place if urlsplit(place).path.strip("/") else place.rstrip("/") + PREFIX
    timeout = aiohttp.ClientTimeout(total=SECONDS, sock_connect=10)
    async with aiohttp.ClientSession(timeout=timeout, headers={"user-agent": "folkmoot log verify"}) as session:
        yield Site(session, prefix)
