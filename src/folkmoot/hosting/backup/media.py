"""Media on their way into the repository and out again: by set difference, each sealed under a name that tells nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from folkmoot.errors import Missing
from folkmoot.hosting.backup import errors
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.backup.repository import Repository
from folkmoot.hosting.backup.sealing import NotOpened
from folkmoot.hosting.backup.throttle import Throttle
from folkmoot.storage import Storage, content_type_of, key_of

AT_ONCE = 8
Medium = tuple[str, int]
"""Key and bytes."""


def place_of(repository: Repository, key: str) -> str:
    """Where a medium lies in the repository."""
    name = repository.seal.name_of("media", key.encode())
    return f"media/{name[:2]}/{name}"


async def send(
    repository: Repository,
    storage: Storage,
    media: Iterable[Medium],
    there: set[str],
    throttle: Throttle,
    progress: Progress,
) -> list[str]:
    """Send what is not `there` yet (places); says which keys lie nowhere in our own storage.

    A medium whose bytes are not what its key says is Damaged: better to stop than to back up something broken over a
    whole copy elsewhere.
    """
    absent: list[str] = []

    async def one(medium: Medium) -> None:
        key, size = medium
        place = place_of(repository, key)
        if place not in there:
            try:
                data = await storage.get(key)
            except Missing:
                absent.append(key)
                return
            if key_of(data, content_type_of(key)) != key:
                raise errors.BackupError(
                    "The medium {key} in our own storage is not what it was when it came in: look after the disk first.",
                    key=key,
                )
            await asyncio.to_thread(throttle.wait, len(data))
            await asyncio.to_thread(repository.put, place, data, hurry=True)
            there.add(place)
        progress.advance(size)

    await _side_by_side(media, one)
    return sorted(absent)


async def fetch(
    repository: Repository, storage: Storage, media: Sequence[Medium], progress: Progress
) -> tuple[list[str], list[str]]:
    """Bring media into our storage; says which the repository lacks and which are damaged there. What is here already stays."""
    lacking: list[str] = []
    damaged: list[str] = []

    async def one(medium: Medium) -> None:
        key, size = medium
        try:
            if await storage.size(key) == size:
                progress.advance(size)
                return
        except Missing:
            pass
        try:
            data = await asyncio.to_thread(read, repository, key)
        except errors.Lost:
            lacking.append(key)
        except errors.Damaged:
            damaged.append(key)
        else:
            await storage.put(data, content_type_of(key))
        progress.advance(size)

    await _side_by_side(media, one)
    return sorted(lacking), sorted(damaged)


async def check(repository: Repository, media: Sequence[Medium], progress: Progress) -> tuple[list[str], list[str]]:
    """Read media and compare them with their keys; says which the repository lacks and which are damaged there."""
    lacking: list[str] = []
    damaged: list[str] = []

    async def one(medium: Medium) -> None:
        try:
            await asyncio.to_thread(read, repository, medium[0])
        except errors.Lost:
            lacking.append(medium[0])
        except errors.Damaged:
            damaged.append(medium[0])
        progress.advance(medium[1])

    await _side_by_side(media, one)
    return sorted(lacking), sorted(damaged)


def read(repository: Repository, key: str) -> bytes:
    """A medium out of the repository, checked against its key. Raises Lost and Damaged."""
    place = place_of(repository, key)
    data = repository.get(place)
    if key_of(data, content_type_of(key)) != key:
        raise repository.damaged(place, NotOpened("its bytes are not those of its name"))
    return data


async def _side_by_side(media: Iterable[Medium], one: Callable[[Medium], Awaitable[None]]) -> None:
    """A few at a time; the first trouble stops the rest."""
    waiting = iter(media)

    async def work() -> None:
        for medium in waiting:  # one iterator, drawn from by all
            await one(medium)

    workers = [asyncio.create_task(work()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
