"""Storage while media move from one place to another: written to the new one, read from both, until nothing is left behind.

So the switch is one setting, made first: from then on nothing new comes to the old place, and what has not been copied
yet is still found there.
"""

from __future__ import annotations

from folkmoot.errors import Missing
from folkmoot.settings import Settings
from folkmoot.storage.keys import Key
from folkmoot.storage.objects import Storage, open_place, open_place_before


class BetweenPlaces(Storage):
    """Two places that look like one. What is deleted is deleted in both."""

    def __init__(self, new: Storage, before: Storage) -> None:
        self.new = new
        self.before = before
        self.largest = new.largest

    async def put(self, data: bytes, content_type: str) -> Key:
        return await self.new.put(data, content_type)

    async def get(self, key: str, range: tuple[int, int] | None = None) -> bytes:
        try:
            return await self.new.get(key, range)
        except Missing:
            return await self.before.get(key, range)

    async def size(self, key: str) -> int:
        try:
            return await self.new.size(key)
        except Missing:
            return await self.before.size(key)

    async def delete(self, key: str) -> None:
        await self.before.delete(key)
        await self.new.delete(key)

    async def publish(self, name: str, data: bytes, content_type: str, *, cache: str) -> None:
        await self.new.publish(name, data, content_type, cache=cache)

    async def published(self, name: str) -> bytes:
        try:
            return await self.new.published(name)
        except Missing:
            return await self.before.published(name)

    async def withdraw(self, name: str) -> None:
        await self.before.withdraw(name)
        await self.new.withdraw(name)


def open_storage(settings: Settings) -> Storage:
    """The storage the settings name: DATA/media, or a bucket; both places while media move.

    Raises Unavailable when a folder cannot be used.
    """
    new, before = open_place(settings), open_place_before(settings)
    return new if before is None else BetweenPlaces(new, before)
