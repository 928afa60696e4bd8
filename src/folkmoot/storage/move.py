"""Media from the place they had to the one they have, by the manifest, each compared with its name on both sides."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from folkmoot.database import Database
from folkmoot.errors import Conflict, Missing, Unavailable
from folkmoot.storage import queries
from folkmoot.storage.between import BetweenPlaces
from folkmoot.storage.keys import content_type_of, key_of

AT_ONCE = 8
PAGE = 1000

Advance = Callable[[int], None]
Medium = tuple[str, int]


class NotAllThere(Conflict):
    """Something of the manifest is not at the new place."""

    sentence = (
        "{number} media are not at the new place yet (one is {key}): run `folkmoot storage move` again before --finish. "
        "Nothing was taken away."
    )


class SamePlace(Conflict):
    """Both addresses lead to the same place, and emptying it would lose everything."""

    sentence = (
        "storage_before and storage_url lead to the same place: set storage_url to the new one. Nothing was touched."
    )


@dataclass
class Moved:
    """What came of a round."""

    copied: int = 0
    size: int = 0
    there: int = 0
    """Already at the new place."""
    absent: list[str] = field(default_factory=list)
    """In the manifest and at neither place: being uploaded this moment, or lost before."""
    damaged: list[str] = field(default_factory=list)
    """Not what their names say at the old place: left there, and not copied."""


async def total(db: Database) -> int:
    """Bytes of everything in the manifest."""
    return await queries.total(db)


async def move(db: Database, between: BetweenPlaces, advance: Advance = lambda size: None) -> Moved:
    """Copy what the new place lacks, and read it back there. May be broken off and run again, as often as one likes.

    Raises SamePlace; Unavailable when the new place does not give back what it was given.
    """
    await _check_different(between)
    moved = Moved()

    async def one(medium: Medium) -> None:
        key, size = medium
        if await _size(between.new.size, key) == size:
            moved.there += 1
        else:
            await _copy(between, key, moved)
        advance(size)

    await _each(db, one)
    return moved


async def finish(db: Database, between: BetweenPlaces, advance: Advance = lambda size: None) -> int:
    """Take everything away from the old place, once all of the manifest is at the new one; says how many were there.

    Raises SamePlace and NotAllThere, and then nothing was taken away.
    """
    await _check_different(between)
    missing: list[str] = []

    async def look(medium: Medium) -> None:
        key, size = medium
        if await _size(between.new.size, key) != size and await _size(between.before.size, key) is not None:
            missing.append(key)

    await _each(db, look)
    if missing:
        raise NotAllThere(number=len(missing), key=min(missing))
    taken = 0

    async def take(medium: Medium) -> None:
        nonlocal taken
        key, size = medium
        # Asked again: what came in while we looked must not go either.
        if await _size(between.before.size, key) is not None and await _size(between.new.size, key) == size:
            await between.before.delete(key)
            taken += 1
        advance(size)

    await _each(db, take)
    return taken


async def _check_different(between: BetweenPlaces) -> None:
    """Addresses may differ and mean the same: what is written to the new place must not turn up at the old one."""
    name = f"moving-{secrets.token_hex(8)}"
    await between.new.publish(name, b"where are you", "text/plain", cache="no-store")
    try:
        await between.before.published(name)
    except Missing:
        return
    finally:
        await between.new.withdraw(name)
    raise SamePlace()


async def _copy(between: BetweenPlaces, key: str, moved: Moved) -> None:
    try:
        data = await between.before.get(key)
    except Missing:
        moved.absent.append(key)
        return
    if key_of(data, content_type_of(key)) != key:
        moved.damaged.append(key)
        return
    await between.new.put(data, content_type_of(key))
    if await between.new.get(key) != data:
        raise Unavailable("The new place of media gives back something else than it was given ({key}).", key=key)
    moved.copied += 1
    moved.size += len(data)


async def _size(ask: Callable[[str], Awaitable[int]], key: str) -> int | None:
    try:
        return await ask(key)
    except Missing:
        return None


async def _each(db: Database, act: Callable[[Medium], Awaitable[None]]) -> None:
    """A few at a time; the first trouble stops the rest."""
    waiting = _listed(db)
    lock = asyncio.Lock()

    async def work() -> None:
        while True:
            async with lock:
                medium = await anext(waiting, None)
            if medium is None:
                return
            await act(medium)

    workers = [asyncio.create_task(work()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _listed(db: Database) -> AsyncIterator[Medium]:
    last = ""
    while rows := await queries.listed(db, last, PAGE):
        for row in rows:
            yield row["key"], row["size"]
        last = rows[-1]["key"]
